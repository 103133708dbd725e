"""What the portal's door B is tried against keeps SMART App Launch 2.2 itself, so that a refusal of it is a defect."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest
from support.helseid import ANNA
from support.keys import ec
from support.loopback import Asked, Says, http_server
from support.smart_app import KEY, RSA_KEY, SCOPE, App
from support.smart_counterpart import AT_OFFICE, CLIENT_ID, OFFICE, SECRET, SmartEpj

from portal.domain import jose
from portal.domain.oids import ENH, HPR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.keys import Pair

pytestmark = pytest.mark.interop

PORTAL = "http://127.0.0.1:9"
WEAK = ec("weak")


@pytest.fixture(scope="module")
def epj() -> Iterator[SmartEpj]:
    with SmartEpj(PORTAL, our_keys=(KEY.public, RSA_KEY.public, WEAK.public)) as running:
        yield running


@pytest.fixture
def app(epj: SmartEpj) -> App:
    return App(epj)


def test_its_configuration_holds_what_is_required_and_where_it_really_stands(app: App) -> None:
    told = app.configuration()
    assert told["issuer"] == app.epj.address
    assert told["authorization_endpoint"] == f"{app.epj.address}/auth"
    assert told["token_endpoint"] == f"{app.epj.address}/token"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt", "client_secret_basic"]
    assert told["token_endpoint_auth_signing_alg_values_supported"] == ["ES384", "RS384"]
    assert {"authorization_code", "refresh_token"} <= set(told["grant_types_supported"])
    assert set(SCOPE.split()) <= set(told["scopes_supported"])
    clinician = {"launch-ehr", "context-ehr-patient", "context-ehr-encounter", "permission-user", "permission-patient"}
    assert clinician | {"sso-openid-connect", "client-confidential-asymmetric"} <= set(told["capabilities"])


def test_whoever_pressed_the_button_is_logged_in_and_nobody_is_asked(app: App) -> None:
    came = app.said(app.epj.press())
    assert came == {"code": came["code"], "state": "the-state", "iss": app.epj.address}


def test_the_context_stands_beside_the_token(app: App) -> None:
    answer = app.redeem(app.code(app.epj.press("line", encounter="consultation")))
    told = answer.json()
    assert (told["patient"], told["encounter"], told["need_patient_banner"]) == ("line", "consultation", True)
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 300, SCOPE)
    assert "." not in told["access_token"]
    assert "refresh_token" not in told
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_an_encounter_there_is_none_and_other_context_stands_there_too(app: App) -> None:
    told = app.launch(app.epj.press(fhirContext=AT_OFFICE))
    assert "encounter" not in told
    assert told["fhirContext"] == AT_OFFICE


def test_without_the_launch_scope_there_is_no_context(app: App) -> None:
    told = app.launch(app.epj.press(), scope="openid fhirUser patient/Patient.r")
    assert not told.keys() & {"patient", "encounter"}


def test_scopes_that_it_does_not_know_are_left_out(app: App) -> None:
    assert app.launch(app.epj.press(), scope="openid launch patient/Observation.c")["scope"] == "openid launch"


@pytest.mark.parametrize("user", ["PractitionerRole/anna", "Practitioner/bo", "absolute"])
def test_the_id_token_says_who_and_answers_this_login(app: App, user: str) -> None:
    user = f"{app.epj.fhir}/Practitioner/anna" if user == "absolute" else user
    claims = app.identify(app.launch(app.epj.press(user=user)))
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (app.epj.address, CLIENT_ID, "the-nonce")
    assert claims["fhirUser"] == user
    assert time.time() < claims["exp"] <= time.time() + 300


def test_the_next_user_of_a_browser_is_another_one(app: App) -> None:
    first = app.code(app.epj.press("line", user="Practitioner/anna"))
    second = app.launch(app.epj.press("ole", user="Practitioner/bo"))
    tokens = app.redeem(first).json()
    assert (tokens["patient"], app.identify(tokens)["fhirUser"]) == ("line", "Practitioner/anna")
    assert (second["patient"], app.identify(second)["fhirUser"]) == ("ole", "Practitioner/bo")
    assert app.read("Patient/line", tokens["access_token"]).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": None},
        {"aud": PORTAL},
        {"launch": None},
        {"launch": "made-up"},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
    ],
)
def test_a_wrong_request_is_refused_to_the_client_s_face(app: App, changes: dict[str, Any]) -> None:
    refused = app.said(app.epj.press(), **changes)
    assert (refused["error"], refused["state"], refused["iss"]) == ("invalid_request", "the-state", app.epj.address)


def test_an_address_that_is_not_registered_hears_nothing(app: App) -> None:
    answer = app.authorize(app.epj.press(), redirect_uri=f"{app.back}/else")
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_a_handle_is_good_once(app: App) -> None:
    launch = app.epj.press()
    assert app.code(launch)
    assert app.said(launch)["error"] == "invalid_request"


def test_a_handle_grows_old() -> None:
    with SmartEpj(PORTAL, our_keys=(KEY.public,), handle_lifetime=1) as epj:
        launch = epj.press()
        time.sleep(1.1)
        assert "launch" in App(epj).said(launch)["error_description"]


def test_a_code_is_good_once_and_its_second_use_takes_the_token_back(app: App) -> None:
    code = app.code(app.epj.press())
    token = app.redeem(code).json()["access_token"]
    assert app.read("Patient/line", token).status_code == 200
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert app.read("Patient/line", token).status_code == 401


@pytest.mark.parametrize("changes", [{"code_verifier": "w" * 43}, {"redirect_uri": PORTAL}])
def test_a_code_is_worth_nothing_with_another_verifier_or_address(app: App, changes: dict[str, str]) -> None:
    answer = app.redeem(app.code(app.epj.press()), **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_both_algorithms_that_smart_asks_for_prove_the_client(app: App) -> None:
    for key in (KEY, RSA_KEY):
        assert app.redeem(app.code(app.epj.press()), client_assertion=app.assertion(key)).status_code == 200


@pytest.mark.parametrize(
    ("key", "header", "claims"),
    [
        pytest.param(WEAK, {}, {}, id="es256"),
        pytest.param(ec("stranger", "P-384", "ES384"), {}, {}, id="unknown key"),
        pytest.param(ec("thief", "P-384", "ES384"), {"kid": "smart"}, {}, id="another key under our name"),
        pytest.param(KEY, {"kid": None}, {}, id="no kid"),
        pytest.param(KEY, {"typ": None}, {}, id="no typ"),
        pytest.param(KEY, {"typ": "client-authentication+jwt"}, {}, id="helseid's typ"),
        pytest.param(KEY, {}, {"aud": "issuer"}, id="issuer as audience"),
        pytest.param(KEY, {}, {"exp": int(time.time()) + 3600}, id="an hour"),
        pytest.param(KEY, {}, {"exp": None}, id="no exp"),
        pytest.param(KEY, {}, {"jti": None}, id="no jti"),
        pytest.param(KEY, {}, {"iss": "another"}, id="another iss"),
    ],
)
def test_an_assertion_that_smart_does_not_allow_is_refused(
    app: App, key: Pair, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    if "aud" in claims:
        claims = {"aud": app.epj.address}
    answer = app.redeem(app.code(app.epj.press()), client_assertion=app.assertion(key, header, **claims))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_an_assertion_is_good_once(app: App) -> None:
    proof = app.assertion()
    assert app.redeem(app.code(app.epj.press()), client_assertion=proof).status_code == 200
    assert app.redeem(app.code(app.epj.press()), client_assertion=proof).json()["error"] == "invalid_client"


def test_our_keys_are_read_where_we_publish_them() -> None:
    asked: list[Asked] = []

    def jwks(request: Asked) -> Says:
        asked.append(request)
        return Says({"keys": [KEY.public]})

    with http_server(jwks) as portal, SmartEpj(portal) as epj:
        assert App(epj).launch(epj.press())["patient"] == "line"
    assert [request.path for request in asked] == ["/.well-known/jwks.json"]


def test_a_secret_is_taken_in_the_header_alone() -> None:
    with SmartEpj(PORTAL, "client_secret_basic") as epj:
        app = App(epj)
        right, wrong = (CLIENT_ID, quote_plus(SECRET)), (CLIENT_ID, "guessed")  # RFC 6749 §2.3.1
        assert app.redeem(app.code(epj.press()), right).json()["patient"] == "line"
        code, in_body = app.code(epj.press()), {"client_id": CLIENT_ID, "client_secret": SECRET}
        unproven = {"client_assertion": None, "client_assertion_type": None}
        for answer in (app.redeem(code, wrong), app.redeem(code, **unproven, **in_body), app.redeem(code)):
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_its_records_are_read_with_the_token(app: App) -> None:
    token = app.launch(app.epj.press("line", encounter="consultation"), scope=f"{SCOPE} user/PractitionerRole.r")
    for path in ("Patient/line", "Encounter/consultation", "PractitionerRole/bo", "Practitioner/bo"):
        answer = app.read(path, token["access_token"])
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/fhir+json")
        assert path == "{resourceType}/{id}".format(**answer.json())


@pytest.mark.parametrize("absolute", [False, True])
def test_from_her_role_the_way_leads_to_her_number_and_her_office(app: App, *, absolute: bool) -> None:
    user = f"{app.epj.fhir}/PractitionerRole/anna" if absolute else "PractitionerRole/anna"
    token = app.launch(app.epj.press(user=user))["access_token"]
    role = app.read("PractitionerRole/anna", token).json()
    person = app.read(role["practitioner"]["reference"], token).json()
    office = app.read(role["organization"]["reference"], token).json()
    parent = app.read(office["partOf"]["reference"], token).json()
    assert {"system": HPR, "value": ANNA.hpr_number} in person["identifier"]
    assert {"system": ENH, "value": OFFICE.child} in office["identifier"]
    assert {"system": ENH, "value": OFFICE.parent} in parent["identifier"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("Patient/ole", 403, id="another patient"),
        pytest.param("Encounter/consultation", 403, id="an encounter that was not given"),
        pytest.param("PractitionerRole/bo", 403, id="no scope for it"),
        pytest.param("Practitioner/nobody", 404, id="nobody"),
        pytest.param("Observation/1", 403, id="another kind"),
    ],
)
def test_what_the_launch_did_not_give_is_not_read(app: App, path: str, status: int) -> None:
    answer = app.read(path, app.launch(app.epj.press("line"))["access_token"])
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")


def test_without_a_token_nothing_is_read(app: App) -> None:
    for token in ("made-up", ""):
        answer = app.read("Patient/line", token)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_refresh_token_is_for_who_asks_for_it_and_keeps_the_context(app: App) -> None:
    first = app.launch(app.epj.press("ole"), scope=f"{SCOPE} online_access")
    refreshed = app.token({"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}).json()
    assert refreshed["patient"] == "ole"
    assert app.read("Patient/ole", refreshed["access_token"]).status_code == 200


def test_a_restart_forgets_everything_and_signs_with_a_new_key() -> None:
    with SmartEpj(PORTAL, our_keys=(KEY.public,)) as epj:
        app = App(epj)
        before, code, launch = app.launch(epj.press()), app.code(epj.press()), epj.press()
        epj.restart()
        assert app.redeem(code).json()["error"] == "invalid_grant"
        assert app.said(launch)["error"] == "invalid_request"
        assert app.read("Patient/line", before["access_token"]).status_code == 401
        after = app.launch(epj.press())
    assert jose.key_id_of(after["id_token"]) != jose.key_id_of(before["id_token"])


def test_it_can_keep_the_key_that_it_signs_with_to_itself() -> None:
    with SmartEpj(PORTAL, our_keys=(KEY.public,)) as epj:
        app = App(epj)
        epj.restart(publish=False)
        with pytest.raises(jose.Unsound):
            app.identify(app.launch(epj.press()))
