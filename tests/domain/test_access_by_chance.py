"""decide() over random catalogues, persons and places; the cases are told to be worth something first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from support import chance
from support.catalogue import a_catalogue
from support.chance import FIELDS, NOW

from portal.domain.access import Answer, ContextFacts, Decision, decide
from portal.domain.access_rules import Rule
from portal.domain.client_registration import Handover
from portal.domain.stock import stock_of

if TYPE_CHECKING:
    from portal.domain.catalogue import Service
    from portal.domain.identity import Organisation, Person

OTHER_ZONE = {"helsenett": "internett", "internett": "helsenett"}
places = st.tuples(chance.persons, chance.offices, chance.zones, chance.facts)


def without(service: Service, field: str) -> Service:
    """The service as if its rules did not ask for this."""
    rules = tuple(Rule.model_construct(**(rule.model_dump() | {field: None})) for rule in service.access.rules)
    return service.model_copy(update={"access": service.access.model_copy(update={"rules": rules})})


def decisive(service: Service, person: Person, office: Organisation | None, zone: str, facts: ContextFacts) -> set[str]:
    """The fields of rules, and the other things, on which the answer hangs."""
    answer = decide(person, office, zone, facts, service, NOW).answer
    fields = {
        field for field in FIELDS if decide(person, office, zone, facts, without(service, field), NOW).answer != answer
    }
    elsewhere = decide(person, office, OTHER_ZONE[zone], facts, service, NOW)
    active = service.model_copy(
        update={"status": service.status.model_copy(update={"state": "active", "retired_on": None})}
    )
    others = {
        "zone": elsewhere,
        "state": decide(person, office, zone, facts, active, NOW),
        "patient": decide(person, office, zone, ContextFacts(patient=not facts.patient), service, NOW),
    }
    return fields | {name for name, other in others.items() if other.answer != answer}


def test_decide_over_random_cases() -> None:
    tally: Counter[str] = Counter()

    @chance.tried(2 * chance.N)
    @given(chance.catalogues(), places)
    def each(drawn: list[dict[str, Any]], place: Any) -> None:
        handovers = {one["id"]: Handover() for one in drawn[::2]}
        for service in stock_of(1, a_catalogue(*drawn), handovers, {}).catalogue.services:
            person, office, zone, facts = place
            decision = decide(person, office, zone, facts, service, NOW)
            tally.update(["cases", decision.answer, *decisive(service, person, office, zone, facts)])
            assert_sound(decision)
            assert decide(person, office, zone, facts, service, NOW) == decision

    each()
    shares = {name: count / tally["cases"] for name, count in tally.items()}
    assert shares[Answer.OPEN] >= 0.3, shares
    assert min(shares.get(name, 0) for name in (*FIELDS, "zone", "state", "patient")) >= 0.01, shares
    assert shares[Answer.HIDDEN] >= 0.1
    assert shares[Answer.SHOWN] >= 0.1


def assert_sound(decision: Decision) -> None:
    """A button has no reason against it; everything else has one, and never the same one twice."""
    assert (decision.answer is Answer.OPEN) == (not decision.reasons)
    assert not (decision.warnings and decision.reasons)
    assert len(set(decision.reasons)) == len(decision.reasons)
