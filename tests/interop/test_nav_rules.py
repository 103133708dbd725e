"""What Nav's own SMART library enforces: facts/launch, implications 4, 7 and 8, one rule a test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import pytest
import requests
from support.bodies import LINE
from support.databases import copied
from support.helseid import ANNA
from support.nav_app import Method, NavApp
from support.staging import living
from support.third_party import offer

from portal.demo.browser import Browser, Hop
from portal.domain import jose
from portal.domain.oids import FNR, HPR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from portal.demo.browser import Page
    from portal.domain.catalogue import Service

pytestmark = pytest.mark.interop

FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
PROFILE = "http://hl7.no/fhir/StructureDefinition/no-basis-"


@pytest.fixture(scope="module", params=["private_key_jwt", "client_secret_basic"])
def nav(
    request: pytest.FixtureRequest, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NavApp]:
    """It lives through all of these tests, as it does not mind the ones before."""
    folder = tmp_path_factory.mktemp("nav")
    url = copied(migrated_sqlite, folder)
    method = cast("Method", request.param)
    with living(url, folder, environment="test" if method == "private_key_jwt" else "sandbox") as world:
        app = NavApp(world, method)
        app.register()
        yield app


@pytest.fixture(scope="module")
def anna(nav: NavApp) -> tuple[Browser, Page]:
    """Anna with a patient and a consultation open."""
    browser = nav.world.browser()
    return browser, opened(nav, browser, encounter="consultation-1")


@pytest.fixture(scope="module")
def tokens(nav: NavApp, anna: tuple[Browser, Page]) -> dict[str, Any]:
    answer = nav.launch(*anna)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def opened(nav: NavApp, browser: Browser, **changes: Any) -> Page:
    page = nav.world.start(browser, nav.world.open_session(nav.world.epj_token(ANNA), **changes))
    is_login = page.url.startswith(nav.world.provider.issuer)
    return browser.submit(page, page.form(), person=ANNA.sub) if is_login else page


def claims(nav: NavApp, token: str) -> dict[str, Any]:
    """Of a token that holds by the keys that we publish."""
    published = requests.get(configuration(nav)["jwks_uri"], timeout=10).json()["keys"]
    return dict(jose.verify(token, published, algorithms=("RS256",), types=("JWT", "at+jwt")).claims)


def configuration(nav: NavApp) -> dict[str, Any]:
    return nav.configuration(nav.world.settings.fhir_issuer)


def test_the_smart_configuration_says_where_everything_is(nav: NavApp) -> None:
    said = configuration(nav)
    endpoints = {"jwks_uri", "introspection_endpoint", "authorization_endpoint", "token_endpoint"}
    assert said["issuer"] == nav.world.origin
    assert {said[name].startswith(f"{nav.world.origin}/") for name in endpoints} == {True}
    assert nav.method in said["token_endpoint_auth_methods_supported"]
    assert {"authorization_code", "refresh_token"} <= set(said["grant_types_supported"])
    assert said["code_challenge_methods_supported"] == ["S256"]


def test_the_capabilities_are_those_of_clinician_access_for_ehr_launch(nav: NavApp) -> None:
    clinician = {"launch-ehr", "context-ehr-patient", "context-ehr-encounter", "permission-user", "permission-patient"}
    assert clinician | {"sso-openid-connect", "permission-v2"} <= set(configuration(nav)["capabilities"])


def test_an_aud_that_is_not_ours_is_refused(nav: NavApp, anna: tuple[Browser, Page]) -> None:
    answer, _ = nav.authorize(*anna, aud="https://ehr.example/fhir")
    assert (answer["error"], "code" in answer) == ("invalid_request", False)


def test_the_token_response_has_every_field_of_its_schema(tokens: dict[str, Any]) -> None:
    demanded = {"access_token", "id_token", "refresh_token", "patient", "encounter"}
    assert {name: type(tokens.get(name)) for name in demanded} == dict.fromkeys(demanded, str)
    assert "practitioner" not in tokens


def test_the_token_type_is_bearer_to_the_letter_and_nobody_stores_it(nav: NavApp, anna: tuple[Browser, Page]) -> None:
    answer = nav.launch(*anna)
    assert answer.json()["token_type"] == "Bearer"
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")


def test_the_patient_is_a_fhir_id_and_so_is_the_encounter(tokens: dict[str, Any]) -> None:
    assert FHIR_ID.fullmatch(tokens["patient"])
    assert not re.search(r"\d{11}", tokens["patient"])
    assert tokens["encounter"] == "consultation-1"


def test_fhir_user_is_relative_so_that_what_follows_the_slash_is_the_id(nav: NavApp, tokens: dict[str, Any]) -> None:
    kind, resource_id = claims(nav, tokens["id_token"])["fhirUser"].split("/")
    assert kind == "Practitioner"
    assert FHIR_ID.fullmatch(resource_id)


def test_fhir_user_is_absolute_for_whom_has_registered_so(nav: NavApp, anna: tuple[Browser, Page]) -> None:
    nav.register(fhir_user="absolute")
    absolute = claims(nav, nav.launch(*anna).json()["id_token"])["fhirUser"]
    nav.register()
    assert absolute.startswith(f"{nav.world.settings.fhir_issuer}/Practitioner/")


def test_the_access_token_is_a_jwt_that_holds_by_our_keys_and_in_our_name(nav: NavApp, tokens: dict[str, Any]) -> None:
    said = claims(nav, tokens["access_token"])
    assert said["iss"] == configuration(nav)["issuer"]
    assert 0 < said["exp"] - said["iat"] <= 300
    assert not said.keys() & {"patient", "fhirContext", "hpr_number"}
    assert LINE["number"] not in str(said)


def test_introspection_knows_the_same_token(nav: NavApp, tokens: dict[str, Any]) -> None:
    said = nav.post({"token": tokens["access_token"]}, "introspection_endpoint").json()
    assert (said["active"], said["patient"], said["encounter"]) == (True, tokens["patient"], "consultation-1")


def test_a_refresh_gives_every_token_anew(nav: NavApp, anna: tuple[Browser, Page]) -> None:
    first = nav.launch(*anna).json()
    answer = nav.refresh(first)
    assert answer.status_code == 200, answer.text
    renewed = answer.json()
    for name in ("access_token", "id_token", "refresh_token"):
        assert renewed[name] != first[name]
    before, after = (claims(nav, given["id_token"]) for given in (first, renewed))
    assert (after["sub"], after["fhirUser"]) == (before["sub"], before["fhirUser"])
    assert nav.read(f"Patient/{first['patient']}", renewed).status_code == 200


def test_the_patient_is_read_by_the_id_of_the_token_response_alone(nav: NavApp, tokens: dict[str, Any]) -> None:
    read = nav.read(f"Patient/{tokens['patient']}", tokens).json()
    assert read["meta"]["profile"] == [f"{PROFILE}Patient"]
    assert [(one["system"], one["value"]) for one in read["identifier"]] == [(FNR, LINE["number"])]
    assert (read["name"][0]["family"], read["name"][0]["given"]) == (LINE["family"], [LINE["given"]])


def test_the_clinician_is_read_by_the_id_of_fhir_user_alone(nav: NavApp, tokens: dict[str, Any]) -> None:
    answer = nav.read(claims(nav, tokens["id_token"])["fhirUser"], tokens)
    assert answer.status_code == 200, answer.text
    read = answer.json()
    assert read["meta"]["profile"] == [f"{PROFILE}Practitioner"]
    assert [(one["system"], one["value"]) for one in read["identifier"]] == [(HPR, ANNA.hpr_number)]


def test_without_an_encounter_the_service_is_shown_with_the_reason_and_stays_closed(nav: NavApp) -> None:
    def needs_an_encounter(service: Service) -> Service:
        wanted = service.context.model_copy(update={"requires": ("patient_id", "encounter_id")})
        return service.model_copy(update={"context": wanted}) if service.id == "demo-melding" else service

    offer(nav.world, change=needs_an_encounter)
    browser = nav.world.browser()
    without = opened(nav, browser)
    refused = browser.step(Hop("POST", f"{without.url}open/demo-melding", {}, nav.world.origin))
    assert "Åpne konsultasjonen i journalen først." in without.text
    assert not [link for link in without.links() if link.endswith("/open/demo-melding")]
    assert refused.status == 403
    answer = nav.launch(browser, opened(nav, browser, encounter="consultation-2"))
    assert answer.json()["encounter"] == "consultation-2"
