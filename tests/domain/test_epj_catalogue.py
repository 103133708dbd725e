from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from support import chance
from support.catalogue import DOCTOR, SECRETARY, a_catalogue
from support.chance import NOW, ORGANISATIONS, ZONES

from portal.domain.access import Answer, ContextFacts, decide
from portal.domain.epj_catalogue import EpjCatalogue, EpjService, Reader, epj_catalogue
from portal.domain.identity import Organisation, Person
from portal.domain.stock import Stock

BASE = "https://portal.example"
OFFICE = Organisation(ORGANISATIONS[0], "310000043")
ANNA = Reader(DOCTOR, OFFICE, "epj", NOW)
REPORT = {
    "level": "sso_context",
    "patient": "required",
    "context": {"mechanism": "smart_launch", "requires": ["patient_id", "encounter_id"]},
    "writeback": {"by": "portal", "mechanisms": ["dialogmelding"]},
}
SITUATIONS = (
    ContextFacts(patient=False),
    ContextFacts(patient=True, reply_to=True),
    ContextFacts(patient=True, encounter=True, reply_to=True),
)


def listed(*services: dict[str, Any], reader: Reader = ANNA, later: timedelta = timedelta(0)) -> EpjCatalogue:
    return epj_catalogue(Stock(revision=1, catalogue=a_catalogue(*services)), reader, BASE, NOW + later)


def the_one(service: dict[str, Any], reader: Reader = ANNA) -> EpjService:
    (one,) = listed(service, reader=reader).services
    return one


def opens(service: EpjService, zone: Any, facts: ContextFacts) -> bool:
    """Whether the list says that it opens in such a situation, where the EPJ sends what it is told to."""
    access = service.access[zone]
    there = {"patient": facts.patient, "encounter": facts.encounter}
    if not facts.patient:
        return access.withoutPatient.answer == "open"
    return access.withPatient.answer == "open" and all(there[need] for need in service.needs)


def test_open_in_the_list_is_open_in_the_portal_and_hidden_is_not_in_it() -> None:
    met: set[Answer] = set()
    needed: set[str] = set()

    @chance.tried(chance.N)
    @given(chance.catalogues(), chance.persons)
    def each(drawn: list[dict[str, Any]], person: Person) -> None:
        found = {one.id: one for one in listed(*drawn, reader=ANNA._replace(person=person)).services}
        needed.update(*(one.needs for one in found.values()))
        for service in a_catalogue(*drawn).services:
            for zone in ZONES:
                for facts in SITUATIONS:
                    answer = decide(person, OFFICE, zone, facts, service, NOW).answer
                    met.add(answer)
                    assert (service.id in found) is (answer is not Answer.HIDDEN)
                    assert service.id not in found or opens(found[service.id], zone, facts) is (answer is Answer.OPEN)

    each()
    assert (met, needed) == (set(Answer), {"patient", "encounter"})


def test_it_says_whose_list_it_is_for_how_long_and_how_a_click_lands() -> None:
    claims = listed({}).claims
    assert [one["id"] for one in claims.pop("services")] == ["tjeneste"]
    assert claims == {
        "iss": BASE,
        "aud": "epj",
        "sub": DOCTOR.sub,
        "iat": NOW.timestamp(),
        "exp": NOW.timestamp() + 300,
        "person": "known",
        "seenAt": "2026-11-20T09:00:00Z",
        "organisation": {"parent": OFFICE.parent, "child": OFFICE.child},
        "landing": {"sessionCreate": {"service": "{service}"}, "go": f"{BASE}/go/{{service}}"},
    }


def test_who_has_not_been_seen_is_unknown() -> None:
    claims = listed({}, reader=ANNA._replace(seen_at=None)).claims
    assert claims["person"] == "unknown"
    assert "seenAt" not in claims


def test_a_service_says_what_it_needs_and_what_it_does_without() -> None:
    service = the_one(REPORT)
    assert service.needs == ("patient", "encounter")
    from_helsenett = service.access["helsenett"]
    assert from_helsenett.withPatient.answer == "open"
    assert from_helsenett.withoutPatient.reasons == ("needs_patient", "needs_encounter")
    assert service.access["internett"].withPatient.reasons == ("other_network",)
    assert the_one({}).needs == ()


def test_nothing_comes_back_to_the_journal_for_who_has_no_hpr_number() -> None:
    warned = {
        person.sub: the_one(REPORT, ANNA._replace(person=person)).access["helsenett"].withPatient.warnings
        for person in (DOCTOR, SECRETARY)
    }
    assert warned == {DOCTOR.sub: (), SECRETARY.sub: ("no_writeback",)}


def test_it_is_described_as_in_the_public_catalogue() -> None:
    stop = {"from": "2026-11-20T08:00:00Z", "to": "2026-11-20T10:00:00Z", "message": {"nb": "Nede."}}
    (service,) = listed({"maintenance": [stop], "codes": ["NAV 08-07.08"]}).claims["services"]
    del service["access"]
    assert service == {
        "id": "tjeneste",
        "kind": "portal",
        "level": "link",
        "category": "oppslag",
        "owner": {"id": "eier", "name": {"nb": "Eier"}},
        "title": {"nb": "Tjeneste"},
        "summary": {"nb": "Gjør noe."},
        "codes": ["NAV 08-07.08"],
        "patient": "none",
        "needs": [],
        "stops": [stop | {"kind": "planned"}],
    }


def test_a_parent_that_is_hidden_is_not_named() -> None:
    parent = {"id": "portalen", "access": {"visibility": "authorised", "rules": [{"professions": ["LE"]}]}}
    child = {"id": "skjemaet", "parent": "portalen"}
    assert {one.id: one.parent for one in listed(parent, child).services} == {"portalen": None, "skjemaet": "portalen"}
    secretary = listed(parent, child, reader=ANNA._replace(person=SECRETARY))
    assert {one.id: one.parent for one in secretary.services} == {"skjemaet": None}


def test_what_lasts_is_all_but_the_times() -> None:
    first, second = listed({}), listed({}, later=timedelta(seconds=1))
    assert first.claims != second.claims
    assert first.lasting == second.lasting
    assert json.loads(first.lasting) == {
        name: said for name, said in first.claims.items() if name not in {"iat", "exp"}
    }


@pytest.mark.parametrize(
    "other",
    [
        ANNA._replace(client_id="another-epj"),
        ANNA._replace(office=Organisation(ORGANISATIONS[1])),
        ANNA._replace(person=replace(DOCTOR, sub="bo")),
        ANNA._replace(seen_at=None),
    ],
)
def test_what_lasts_for_one_reader_is_nothing_for_another(other: Reader) -> None:
    assert listed({}).lasting != listed({}, reader=other).lasting


def test_a_stop_that_begins_changes_it() -> None:
    stop = {"from": "2026-11-20T09:30:00Z", "to": "2026-11-20T10:00:00Z", "message": {"nb": "Nede."}}
    before, under = (listed({"maintenance": [stop]}, later=timedelta(minutes=minutes)) for minutes in (0, 45))
    assert before.lasting != under.lasting
