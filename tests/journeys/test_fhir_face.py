"""Path 3, FHIR: a target reads whom its launch is about, by its own token, for as long as the context lives."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fhirclient.auth import FHIRAuth
from fhirclient.models.capabilitystatement import CapabilityStatement
from fhirclient.models.operationoutcome import OperationOutcome
from fhirclient.models.patient import Patient
from fhirclient.models.practitioner import Practitioner
from sqlalchemy import select
from support.bodies import LINE, OLE, answered
from support.helseid import ANNA
from support.keys import ec

from portal.domain import jose
from portal.store import known_people
from portal.store.publishing import publish
from portal.store.tables.log import AuditRow

if TYPE_CHECKING:
    from support.world import World

    from portal.adapters.http import Answer
    from portal.demo.browser import Browser, Page

    Anna = tuple[Browser, Page]

SCOPE = "launch patient/Patient.r user/Practitioner.r"
FHIR = "application/fhir+json"
# Patient and Practitioner, by the scope that goes with `launch`.
GRANTED = {
    "": [403, 403],
    "patient/Patient.r": [200, 403],
    "patient/Patient.rs": [200, 403],
    "patient/Patient.read": [200, 403],
    "user/Practitioner.read": [403, 200],
}
# `_format` goes before `Accept`.
ACCEPTABLE = (
    ("", FHIR),
    ("", f"{FHIR}; fhirVersion=4.0"),
    ("", "application/json;q=0.9, text/html;q=0.1"),
    ("", "text/html, */*;q=0.1"),
    ("", ""),
    ("?_format=json", "application/fhir+xml"),
    ("?_format=application/fhir%2Bjson", "*/*"),
    ("?_format=application/fhir+json", "*/*"),
)
NOT_ACCEPTABLE = (
    ("", "application/fhir+xml"),
    ("", f"text/turtle, {FHIR};q=0"),
    ("?_format=xml", FHIR),
    ("?_format=application/fhir%2Bxml", "*/*"),
    ("?_format=", "*/*"),
)
NUMBER, HPR = str(LINE["number"]), str(ANNA.hpr_number)


BOTH = pytest.mark.parametrize("profile", ["strict", "classic"])
CLASSIC = pytest.mark.parametrize("profile", ["classic"])


def launched(
    world: World, anna: Anna, scope: str = SCOPE, client: str = "demo-melding", service: str = ""
) -> dict[str, Any]:
    """The token response of a launch of these scopes."""
    pushed, verifier = world.push(client, world.handle(*anna, service or client), scope=scope)
    arrived = world.authorize(anna[0], client, pushed.json()["request_uri"])
    return dict(world.redeem(client, answered(arrived)["code"], verifier).json())


def clinician(world: World, client: str = "demo-melding") -> str:
    """Anna's id at a client."""
    return str(world.app.extensions["portal"].keyring.practitioner(client, ANNA.sub))


def of_patient(world: World, given: dict[str, Any], **headers: str) -> Answer:
    """The target reads its patient."""
    return read(world, given, f"Patient/{given['patient']}", **headers)


def read(world: World, given: dict[str, Any], what: str, client: str = "demo-melding", **headers: str) -> Answer:
    """A target reads with the access token of its launch, as its scheme is."""
    token, scheme = given["access_token"], given["token_type"]
    return world.call("GET", f"/fhir/{what}", token, key=ec(client).private, scheme=scheme, **headers)


def is_refused(answer: Answer, status: int, issue: str) -> bool:
    """Whether it is an OperationOutcome that nobody stores, and that tells nothing."""
    assert answer.status == status, answer.body
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (FHIR, "no-store")
    assert not any(secret in answer.body.decode() for secret in (NUMBER, HPR, "Danser", "Fastlege"))
    return bool(OperationOutcome(answer.json()).issue[0].code == issue)


def audited(world: World) -> list[AuditRow]:
    with world.database.read() as session:
        return list(session.scalars(select(AuditRow).where(AuditRow.action == "fhir_read").order_by(AuditRow.id)))


@BOTH
def test_a_target_reads_the_patient_of_its_launch(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    answer = of_patient(world, given)
    assert (answer.status, answer.headers["content-type"]) == (200, FHIR)
    assert answer.headers["cache-control"] == "no-store"
    patient = Patient(answer.json())
    assert (patient.id, patient.identifier[0].value, patient.birthDate.isostring) == (
        given["patient"],
        NUMBER,
        "1975-01-31",
    )
    assert (patient.name[0].family, patient.name[0].given) == ("Danser", ["Line"])


@BOTH
def test_a_target_reads_the_clinician_of_its_launch(world: World, anna: Anna) -> None:
    answer = read(world, launched(world, anna), f"Practitioner/{clinician(world)}")
    assert (answer.status, answer.headers["content-type"]) == (200, FHIR)
    anna_there = Practitioner(answer.json())
    assert (anna_there.id, anna_there.identifier[0].value) == (clinician(world), HPR)
    assert (anna_there.name[0].family, anna_there.name[0].given) == ("Fastlege", ["Anna"])


def test_fhir_user_leads_to_the_clinician(world: World, anna: Anna) -> None:
    world.change("demo-melding", sign_on=True)
    given = launched(world, anna, f"{SCOPE} openid fhirUser")
    assert read(world, given, jose.peek(given["id_token"]).claims["fhirUser"]).status == 200


def test_each_read_is_audited_with_client_launch_patient_and_office(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    of_patient(world, given)
    read(world, given, f"Practitioner/{clinician(world)}")
    read(world, given, f"Practitioner/{given['patient']}")
    rows = audited(world)
    assert [(row.outcome, row.actor, row.subject) for row in rows] == [
        (what, "client demo-melding", f"launch {given['trace_id']}") for what in ("patient", "practitioner")
    ]
    assert {(row.organisation, row.basis) for row in rows} == {("999977774/999977775", f"person {ANNA.sub}")}
    ref = world.app.extensions["portal"].keyring.patient_ref("urn:oid:2.16.578.1.12.4.1.4.1", NUMBER)
    assert {row.patient_ref for row in rows} == {ref}


@CLASSIC
def test_a_jwt_opens_what_an_opaque_token_opens(world: World, anna: Anna) -> None:
    world.change("demo-melding", access_token="jwt")
    given = launched(world, anna)
    assert given["access_token"].count(".") == 2
    assert of_patient(world, given).status == 200
    given["access_token"] = f"{given['access_token'].rpartition('.')[0]}.AAAA"
    assert is_refused(of_patient(world, given), 401, "login")


def test_no_other_id_is_there(world: World, anna: Anna) -> None:
    mine, again = launched(world, anna), launched(world, anna)
    other = launched(world, (anna[0], world.open_patient(anna[0], ANNA, OLE)))
    ids = (again["patient"], other["patient"], clinician(world), NUMBER, HPR, "x", "x" * 200)
    for resource_id in ids:
        assert is_refused(read(world, mine, f"Patient/{resource_id}"), 404, "not-found")
    for resource_id in (mine["patient"], clinician(world, "demo-annen"), NUMBER, HPR):
        assert is_refused(read(world, mine, f"Practitioner/{resource_id}"), 404, "not-found")
    assert not audited(world)


@BOTH
def test_another_clients_token_opens_nothing_of_this_one(world: World, anna: Anna) -> None:
    with_two_targets(world)
    both_listed = anna[0], anna[0].open(anna[1].url)
    mine = launched(world, both_listed)
    theirs = launched(world, both_listed, client="demo-annen", service="demo-sso")
    own = f"Patient/{theirs['patient']}", f"Practitioner/{clinician(world, 'demo-annen')}"
    assert [read(world, theirs, what, "demo-annen").status for what in own] == [200, 200]
    for what in (f"Patient/{mine['patient']}", f"Practitioner/{clinician(world)}"):
        assert is_refused(read(world, theirs, what, "demo-annen"), 404, "not-found")


def test_after_logout_nothing_is_read(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    browser, listed = anna
    browser.submit(
        listed, next(one for one in listed.tree.forms if one.action == "/logout" and "switch" not in one.fields)
    )
    assert is_refused(of_patient(world, given), 401, "login")


def test_when_the_epj_has_closed_the_patient_nothing_is_read(world: World) -> None:
    browser, token = world.browser(), world.epj_token(ANNA)
    opened = world.open_session(token)
    page = world.start(browser, opened)
    given = launched(world, (browser, browser.submit(page, page.form(), person=ANNA.sub)))
    assert world.call("POST", "/api/session/end", token, {"sessionId": opened["sessionId"]}).status == 204
    assert is_refused(of_patient(world, given), 401, "login")


def test_a_context_that_ran_out_is_gone_before_its_token(world: World, anna: Anna) -> None:
    world.clock.ahead += timedelta(minutes=28)
    given = launched(world, anna)
    world.clock.ahead += timedelta(minutes=3)
    assert is_refused(of_patient(world, given), 404, "not-found")
    assert is_refused(read(world, given, f"Practitioner/{clinician(world)}"), 404, "not-found")


@BOTH
def test_a_token_that_was_given_back_opens_nothing(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    back = world.clients["demo-melding"].post(f"{world.origin}/oauth/revoke", {"token": given["access_token"]})
    assert back.status == 200
    assert is_refused(of_patient(world, given), 401, "login")


@BOTH
def test_a_token_opens_for_five_minutes(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    world.clock.ahead += timedelta(minutes=4, seconds=50)
    assert of_patient(world, given).status == 200
    world.clock.ahead += timedelta(seconds=11)
    assert is_refused(of_patient(world, given), 401, "login")


@BOTH
def test_a_right_to_write_back_is_none_to_read(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    given["access_token"] = given["writeback_token"]
    assert is_refused(of_patient(world, given), 401, "login")


@BOTH
def test_what_is_read_was_granted(world: World, anna: Anna) -> None:
    for scope, statuses in GRANTED.items():
        given = launched(world, anna, f"launch {scope}")
        answers = of_patient(world, given), read(world, given, f"Practitioner/{clinician(world)}")
        assert [answer.status for answer in answers] == statuses, scope
        for answer in answers:
            assert answer.status == 200 or is_refused(answer, 403, "forbidden")
            challenge = f'{given["token_type"]} error="insufficient_scope"'
            assert answer.status == 200 or answer.headers["www-authenticate"].startswith(challenge)


@BOTH
def test_a_number_that_a_client_may_no_longer_have_is_not_read(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    world.change("demo-melding", release=("organisation",))
    assert is_refused(of_patient(world, given), 403, "forbidden")
    assert is_refused(read(world, given, f"Practitioner/{clinician(world)}"), 403, "forbidden")


@BOTH
def test_a_token_comes_by_its_own_scheme_and_no_other(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    given["token_type"] = {"DPoP": "Bearer", "Bearer": "DPoP"}[given["token_type"]]
    answer = of_patient(world, given)
    assert is_refused(answer, 401, "login")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_bound_token_needs_a_proof_by_its_own_key(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    answer = read(world, given, f"Patient/{given['patient']}", "demo-annen")
    assert is_refused(answer, 401, "login")
    assert answer.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof"')
    bare = get(world, f"/fhir/Patient/{given['patient']}", Authorization=f"DPoP {given['access_token']}")
    assert is_refused(bare, 401, "login")


@CLASSIC
def test_a_token_that_a_classic_client_had_bound_is_no_bearer_token(world: World, anna: Anna) -> None:
    pushed, verifier = world.push("demo-melding", world.handle(*anna), scope=SCOPE)
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    form["redirect_uri"] = "http://127.0.0.1:9/demo-melding/callback"
    given = world.clients["demo-melding"].post_bound(f"{world.origin}/oauth/token", form).json()
    assert of_patient(world, given).status == 200
    assert is_refused(of_patient(world, given | {"token_type": "Bearer"}), 401, "login")


def test_a_token_in_the_address_is_none(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    answer = get(world, f"/fhir/Patient/{given['patient']}?access_token={given['access_token']}")
    assert is_refused(answer, 401, "login")
    assert "www-authenticate" in answer.headers


def test_a_sign_on_without_a_patient_tells_the_number_of_whoever_is_known(world: World, anna: Anna) -> None:
    world.change("demo-annen", sign_on=True)
    pushed, verifier = world.push("demo-annen", "", scope="openid user/Practitioner.r patient/Patient.r")
    arrived = world.authorize(anna[0], "demo-annen", pushed.json()["request_uri"])
    given = world.redeem("demo-annen", answered(arrived)["code"], verifier).json()
    who = f"Practitioner/{clinician(world, 'demo-annen')}"
    assert Practitioner(read(world, given, who, "demo-annen").json()).identifier[0].value == HPR
    assert [(row.outcome, row.patient_ref) for row in audited(world)] == [("practitioner", None)]
    assert is_refused(read(world, given, "Patient/None", "demo-annen"), 404, "not-found")
    with world.database.write() as session:
        known_people.forget(session, [ANNA.sub])
    assert is_refused(read(world, given, who, "demo-annen"), 404, "not-found")


def test_neither_addresses_nor_log_lines_name_anybody(
    world: World, anna: Anna, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    given = launched(world, anna)
    of_patient(world, given)
    read(world, given, f"Practitioner/{clinician(world)}")
    read(world, given, f"Patient/{NUMBER}")
    lines = "\n".join(str(vars(record)) for record in caplog.records if record.name.startswith("portal"))
    assert "page_unknown" in lines
    named = (NUMBER, HPR, "Danser", "Fastlege", given["access_token"], given["patient"])
    assert not [one for one in named if one in lines or one in given["smart_style_url"]]


def test_anyone_may_read_what_the_face_can_do(world: World) -> None:
    answer = get(world, "/fhir/metadata")
    assert (answer.status, answer.headers["content-type"]) == (200, FHIR)
    assert answer.headers["cache-control"] == "public, max-age=300"
    statement = CapabilityStatement(answer.json())
    assert statement.implementation.url == world.settings.fhir_issuer
    told = get(world, "/.well-known/openid-configuration").json()
    found = FHIRAuth.from_capability_security(statement.rest[0].security, {})
    assert (found._authorize_uri, found._token_uri) == (told["authorization_endpoint"], told["token_endpoint"])  # noqa: SLF001  fhirclient has no other
    uris = {one.url: one.valueUri for one in statement.rest[0].security.extension[0].extension}
    assert (uris["introspect"], uris["revoke"]) == (told["introspection_endpoint"], told["revocation_endpoint"])


def test_only_json_is_spoken(world: World) -> None:
    for asked, accept in ACCEPTABLE:
        assert get(world, f"/fhir/metadata{asked}", Accept=accept).status == 200, (asked, accept)
    for asked, accept in NOT_ACCEPTABLE:
        assert is_refused(get(world, f"/fhir/metadata{asked}", Accept=accept), 406, "not-supported"), (asked, accept)


def test_a_patient_is_not_told_in_xml(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    assert is_refused(of_patient(world, given, Accept="application/fhir+xml"), 406, "not-supported")
    assert not audited(world)


def test_what_else_is_asked_for_is_not_there(world: World) -> None:
    for path in ("", "/", "/Patient", "/Patient/", "/Patient/a/_history/1", "/Observation/1", "/x?y=1"):
        assert is_refused(get(world, f"/fhir{path}"), 404, "not-found"), path


def test_nothing_is_written(world: World) -> None:
    for path in ("/metadata", "/Patient/a", "/Practitioner/a"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = world.egress.send(method, f"{world.origin}/fhir{path}", data=b"{}")
            assert is_refused(answer, 405, "not-supported"), (method, path)
            assert "GET" in answer.headers["allow"]


def test_discovery_by_smart_is_plain_json(world: World) -> None:
    answer = get(world, "/fhir/.well-known/smart-configuration", Accept="application/json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    wrong = world.egress.send("POST", f"{world.origin}/fhir/.well-known/smart-configuration", data=b"")
    assert (wrong.status, wrong.headers["content-type"]) == (405, "application/problem+json")


def test_a_launch_tells_where_our_style_is_for_ever(world: World, anna: Anna) -> None:
    address = launched(world, anna)["smart_style_url"]
    assert address.startswith(f"{world.settings.fhir_issuer}/style/")
    answer = get(world, address.removeprefix(world.origin))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["color_highlight"] == "#0062ba"
    assert is_refused(get(world, "/fhir/style/0123456789abcdef.json"), 404, "not-found")


def get(world: World, path: str, **headers: str) -> Answer:
    """A call that brings nothing but these headers."""
    return world.egress.send("GET", f"{world.origin}{path}", headers=headers)


def with_two_targets(world: World) -> None:
    """Let the other target's service take a patient too."""
    stock = world.app.extensions["portal"].shelf.stock()
    (one,) = [service for service in stock.catalogue.services if service.id == "demo-melding"]
    second = one.model_copy(update={"id": "demo-sso"})
    others = tuple(service for service in stock.catalogue.services if service.id != "demo-sso")
    publish(world.settings, stock.catalogue.model_copy(update={"services": (*others, second)}), by="test", based_on=1)
