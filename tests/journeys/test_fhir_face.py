"""Path 3, FHIR: a target reads whom its launch is about, as any FHIR client does."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from fhirclient.auth import FHIRAuth
from fhirclient.models.capabilitystatement import CapabilityStatement
from fhirclient.models.patient import Patient
from fhirclient.models.practitioner import Practitioner
from support.bodies import answered
from support.fhir_reader import (
    FHIR,
    HPR,
    NUMBER,
    SCOPE,
    audited,
    clinician,
    get,
    is_refused,
    launched,
    of_patient,
    read,
)
from support.helseid import ANNA

from portal.domain import jose
from portal.store import known_people

if TYPE_CHECKING:
    from support.fhir_reader import Anna
    from support.world import World

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

BOTH = pytest.mark.parametrize("profile", ["strict", "classic"])
CLASSIC = pytest.mark.parametrize("profile", ["classic"])


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
