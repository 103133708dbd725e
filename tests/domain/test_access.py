from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.catalogue import DOCTOR, MIDWIFE, NURSE, SECRETARY, a_service

from portal.domain.access import NO_CONTEXT, RETIRED_IS_SHOWN, Answer, ContextFacts, Decision, Reason, decide
from portal.domain.identity import Authorisation, Organisation, Person

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
OFFICE = Organisation("983744516", "310000043")
PATIENT = ContextFacts(patient=True, encounter=True, reply_to=True)
SMART = {"mechanism": "smart_launch", "requires": ["patient_id"]}


def asked(
    service_changes: dict[str, Any],
    person: Person | None = DOCTOR,
    *,
    organisation: Organisation | None = OFFICE,
    zone: str = "helsenett",
    facts: ContextFacts = NO_CONTEXT,
    now: datetime = NOW,
) -> Decision:
    """Decide about the plain service with these changes."""
    return decide(person, organisation, zone, facts, a_service(**service_changes), now)


def ruled(*rules: dict[str, Any], **access: Any) -> dict[str, Any]:
    """A service with these rules."""
    return {"access": {"visibility": "authorised", "rules": rules, **access}}


def with_roles(*roles: str) -> Person:
    return replace(DOCTOR, roles=frozenset(roles))


def hidden(*reasons: Reason) -> Decision:
    return Decision(Answer.HIDDEN, reasons)


def shown(*reasons: Reason) -> Decision:
    return Decision(Answer.SHOWN, reasons)


OPEN = Decision(Answer.OPEN)
LICENSED = replace(DOCTOR, authorisations=(Authorisation("LE", "4"),))
STUDENT = replace(DOCTOR, authorisations=(Authorisation("LE", "3"),))
GP = replace(DOCTOR, authorisations=(Authorisation("LE", "1", ("1",), ("1",)),))
TWO_APPROVALS = replace(DOCTOR, authorisations=(Authorisation("SP", "1", ("1",)), Authorisation("JO", "1")))


@pytest.mark.parametrize(
    ("rule", "reason", "person"),
    [
        ({"professions": ["JO"]}, Reason.PROFESSION, MIDWIFE),
        ({"authorization": ["lisens"]}, Reason.AUTHORIZATION, LICENSED),
        ({"requisition_rights": ["2"]}, Reason.REQUISITION_RIGHT, None),
        ({"specialities": ["1"]}, Reason.SPECIALITY, GP),
        ({"roles": ["kommuneoverlege"]}, Reason.ROLE, with_roles("kommuneoverlege")),
        ({"municipalities": ["0301"]}, Reason.MUNICIPALITY, with_roles("vikar:0301")),
        ({"municipalities": "any_of_role"}, Reason.MUNICIPALITY, with_roles("vikar:4601")),
    ],
)
def test_every_field_of_a_rule_decides(rule: dict[str, Any], reason: Reason, person: Person | None) -> None:
    right = person or replace(DOCTOR, authorisations=(Authorisation("LE", "1", ("2",)),))

    assert asked(ruled(rule), DOCTOR) == hidden(reason)
    assert asked(ruled(rule), right) == OPEN


def test_the_legal_entity_authorises_and_the_unit_does_not() -> None:
    for_office = ruled({"organizations": ["983744516"]})

    assert asked(for_office) == OPEN
    assert asked(for_office, organisation=None) == hidden(Reason.ORGANISATION)
    assert asked(for_office, organisation=Organisation("994598759", "983744516")) == hidden(Reason.ORGANISATION)


def test_the_security_level_of_the_login_decides() -> None:
    low = replace(DOCTOR, security_level=3)
    assert asked(ruled({"min_security_level": 4}), low) == shown(Reason.SECURITY_LEVEL)
    both = ruled({"min_security_level": 4, "professions": ["JO"]})
    assert asked(both, low) == hidden(Reason.PROFESSION, Reason.SECURITY_LEVEL)
    assert asked(ruled({"min_security_level": 4})) == OPEN
    assert asked(ruled({"min_security_level": 3}), replace(DOCTOR, security_level=3)) == OPEN


@pytest.mark.parametrize(
    ("kinds", "person", "answer"),
    [
        (["autorisasjon"], DOCTOR, Answer.OPEN),
        (["autorisasjon"], LICENSED, Answer.HIDDEN),
        (["autorisasjon", "lisens"], LICENSED, Answer.OPEN),
        (["autorisasjon", "lisens"], STUDENT, Answer.HIDDEN),
        (["autorisasjon", "lisens"], SECRETARY, Answer.HIDDEN),
    ],
)
def test_the_words_for_an_approval_stand_for_codes_of_hpr(kinds: list[str], person: Person, answer: Answer) -> None:
    assert asked(ruled({"authorization": kinds}), person).answer is answer


def test_the_fields_of_a_rule_must_hold_for_one_approval() -> None:
    both = ruled({"professions": ["JO"], "requisition_rights": ["1"]})

    assert asked(both, TWO_APPROVALS).answer is Answer.HIDDEN
    assert asked(both, replace(MIDWIFE, authorisations=(Authorisation("JO", "1", ("1",)),))) == OPEN


def test_the_approval_that_comes_nearest_is_answered() -> None:
    rule = ruled({"professions": ["SP"], "authorization": ["autorisasjon"], "requisition_rights": ["1"]})
    student_nurse = Authorisation("SP", "3")

    assert asked(rule, replace(NURSE, authorisations=(student_nurse,))) == hidden(
        Reason.AUTHORIZATION, Reason.REQUISITION_RIGHT
    )
    assert asked(rule, replace(DOCTOR, authorisations=(student_nurse, *DOCTOR.authorisations))) == hidden(
        Reason.PROFESSION
    )


def test_of_two_approvals_that_are_as_near_the_first_is_answered() -> None:
    rule = ruled({"professions": ["JO"], "authorization": ["autorisasjon"]})
    student_midwife, doctor = Authorisation("JO", "3"), Authorisation("LE", "1")

    assert asked(rule, replace(DOCTOR, authorisations=(student_midwife, doctor))) == hidden(Reason.AUTHORIZATION)
    assert asked(rule, replace(DOCTOR, authorisations=(doctor, student_midwife))) == hidden(Reason.PROFESSION)


def test_role_and_municipality_must_hold_for_one_assignment() -> None:
    rule = ruled({"roles": ["kommuneoverlege"], "municipalities": ["0301"]})

    assert asked(rule, with_roles("kommuneoverlege:0301")) == OPEN
    assert asked(rule, with_roles("kommuneoverlege:4601", "vikar:0301")).answer is Answer.HIDDEN
    assert asked(rule, with_roles("kommuneoverlege")) == hidden(Reason.MUNICIPALITY)
    assert asked(rule, DOCTOR) == hidden(Reason.ROLE, Reason.MUNICIPALITY)


def test_any_municipality_of_a_role_is_still_one() -> None:
    rule = ruled({"roles": ["kommuneoverlege"], "municipalities": "any_of_role"})

    assert asked(rule, with_roles("kommuneoverlege:4601")) == OPEN
    assert asked(rule, with_roles("kommuneoverlege")) == hidden(Reason.MUNICIPALITY)


def test_fields_add_up_and_rules_are_alternatives() -> None:
    strict = {"professions": ["JO"], "roles": ["vikar"], "min_security_level": 4}

    assert asked(ruled(strict)) == hidden(Reason.PROFESSION, Reason.ROLE)
    assert asked(ruled(strict, {"specialities": ["1"]})) == hidden(Reason.SPECIALITY)
    assert asked(ruled(strict, {"professions": ["LE"]})) == OPEN


@pytest.mark.parametrize(
    ("access", "person", "decision"),
    [
        ({"visibility": "public"}, None, OPEN),
        ({"visibility": "public"}, SECRETARY, OPEN),
        ({"visibility": "public", "rules": [{"professions": ["LE"]}]}, None, OPEN),
        ({"visibility": "public", "rules": [{"professions": ["LE"]}]}, SECRETARY, hidden(Reason.PROFESSION)),
        ({"visibility": "authenticated"}, None, hidden(Reason.NOT_SIGNED_IN)),
        ({"visibility": "authenticated"}, SECRETARY, OPEN),
        ({"visibility": "authenticated", "on_deny": "show_info"}, None, shown(Reason.NOT_SIGNED_IN)),
        (ruled({"professions": ["LE"]})["access"], None, hidden(Reason.NOT_SIGNED_IN)),
        (ruled({"professions": ["LE"]})["access"], SECRETARY, hidden(Reason.PROFESSION)),
        (ruled({"professions": ["LE"]}, on_deny="show_info")["access"], NURSE, shown(Reason.PROFESSION)),
    ],
)
def test_visibility(access: dict[str, Any], person: Person | None, decision: Decision) -> None:
    assert asked({"access": access}, person) == decision


def test_no_rule_lets_nobody_in() -> None:
    service = a_service(**ruled({"professions": ["LE"]}))
    ruleless = service.model_copy(update={"access": service.access.model_copy(update={"rules": ()})})

    assert decide(DOCTOR, OFFICE, "helsenett", PATIENT, ruleless, NOW) == hidden(Reason.NO_RULE)


@pytest.mark.parametrize(
    ("changes", "zone", "decision"),
    [
        ({}, "helsenett", OPEN),
        ({}, "internett", shown(Reason.OTHER_NETWORK)),
        ({"endpoints": []}, "helsenett", shown(Reason.NO_ADDRESS)),
        (
            {"endpoints": [{"zone": "internett", "url": "https://x.example", "env": "test"}]},
            "internett",
            shown(Reason.NO_ADDRESS),
        ),
        ({"level": "epj_only"}, "helsenett", shown(Reason.DONE_IN_EPJ)),
        ({"level": "epj_only", "endpoints": []}, "internett", shown(Reason.DONE_IN_EPJ)),
        ({"kind": "phone", "endpoints": []}, "helsenett", shown(Reason.BY_PHONE)),
        ({"status": {"state": "planned"}}, "helsenett", hidden(Reason.PLANNED)),
        ({"status": {"state": "pilot"}}, "helsenett", OPEN),
    ],
)
def test_what_is_closed_to_all(changes: dict[str, Any], zone: str, decision: Decision) -> None:
    assert asked(changes, zone=zone) == decision


@pytest.mark.parametrize(
    ("level", "patient", "facts", "decision"),
    [
        ("link", "required", NO_CONTEXT, Decision(Answer.OPEN, warnings=(Reason.PATIENT_NOT_SENT,))),
        ("sso", "required", NO_CONTEXT, Decision(Answer.OPEN, warnings=(Reason.PATIENT_NOT_SENT,))),
        ("link", "required", PATIENT, Decision(Answer.OPEN, warnings=(Reason.PATIENT_NOT_SENT,))),
        ("link", "none", NO_CONTEXT, OPEN),
        ("sso_context", "required", NO_CONTEXT, shown(Reason.NEEDS_PATIENT)),
        ("sso_context", "required", PATIENT, OPEN),
        ("sso_context", "optional", NO_CONTEXT, shown(Reason.NEEDS_PATIENT)),
    ],
)
def test_a_patient_is_sent_with_context_only(level: str, patient: str, facts: ContextFacts, decision: Decision) -> None:
    assert asked({"level": level, "patient": patient, "context": SMART}, facts=facts) == decision


def test_an_optional_patient_may_be_missing_and_a_required_one_may_not() -> None:
    optional = {"level": "sso_context", "patient": "optional", "context": {"mechanism": "smart_launch"}}

    assert asked(optional) == OPEN
    assert asked(optional | {"patient": "required"}) == shown(Reason.NEEDS_PATIENT)


def test_an_encounter_may_be_needed() -> None:
    needs: dict[str, Any] = {"level": "sso_context", "patient": "required"}
    needs |= {"context": {"mechanism": "smart_launch", "requires": ["patient_id", "encounter_id"]}}

    assert asked(needs) == shown(Reason.NEEDS_PATIENT, Reason.NEEDS_ENCOUNTER)
    assert asked(needs, facts=ContextFacts(patient=True)) == shown(Reason.NEEDS_ENCOUNTER)
    assert asked(needs, facts=PATIENT) == OPEN


def test_a_journal_that_cannot_be_reached_is_said_before_the_click() -> None:
    writes: dict[str, Any] = {"level": "sso_context", "patient": "required", "context": SMART}
    writes |= {"writeback": {"by": "portal", "mechanisms": ["dialogmelding"]}}
    warned = Decision(Answer.OPEN, warnings=(Reason.NO_WRITEBACK,))

    assert asked(writes, facts=PATIENT) == OPEN
    assert asked(writes, facts=replace(PATIENT, reply_to=False)) == warned
    assert asked(writes, facts=PATIENT, organisation=None) == warned
    assert asked(writes | {"writeback": {"by": "service", "mechanisms": []}}, facts=PATIENT, organisation=None) == OPEN


def test_maintenance_warns_from_its_start_until_its_end() -> None:
    stop = {"from": NOW.isoformat(), "to": (NOW + timedelta(hours=1)).isoformat(), "message": {"nb": "Stans"}}
    warned = Decision(Answer.OPEN, warnings=(Reason.MAINTENANCE,))

    assert asked({"maintenance": [stop]}, now=NOW - timedelta(seconds=1)) == OPEN
    assert asked({"maintenance": [stop]}, now=NOW) == warned
    assert asked({"maintenance": [stop]}, now=NOW + timedelta(hours=1)) == OPEN


def test_a_fault_warns_as_long_as_its_owner_says_and_beside_what_was_planned() -> None:
    times = {"from": NOW.isoformat(), "to": (NOW + timedelta(hours=1)).isoformat(), "message": {"nb": "Stans"}}
    fault, planned = times | {"kind": "fault"}, times | {"kind": "planned"}
    both = Decision(Answer.OPEN, warnings=(Reason.MAINTENANCE, Reason.FAULT))

    assert asked({"maintenance": [fault]}) == Decision(Answer.OPEN, warnings=(Reason.FAULT,))
    assert asked({"maintenance": [fault, planned]}) == both
    assert asked({"maintenance": [fault]}, now=NOW + timedelta(hours=1)) == OPEN


def test_a_retired_service_is_told_of_for_a_while() -> None:
    retired = {"status": {"state": "retired", "retired_on": NOW.date().isoformat()}, "fallback": {"nb": "Ring."}}

    assert asked(retired) == shown(Reason.RETIRED)
    assert asked(retired, now=NOW + RETIRED_IS_SHOWN) == shown(Reason.RETIRED)
    assert asked(retired, now=NOW + RETIRED_IS_SHOWN + timedelta(days=1)) == hidden(Reason.RETIRED)
