"""Whether a rule of the catalogue holds for a person: one small test for each field of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from portal.domain.access_rules import ANY_OF_ROLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from portal.domain.access_rules import Rule
    from portal.domain.identity import Authorisation, Organisation, Person

APPROVALS = {
    "autorisasjon": frozenset({"1"}),
    # Unverified: the other values of Volven 7704 that Nav's sick-leave rules accept; "3", students, is not among them.
    "lisens": frozenset({"2", "4", "14", "17", "18"}),
}
"""HPR's code values for each kind of approval."""


class Assignment(NamedTuple):
    """A local role; `municipality` is empty when it was assigned without one."""

    role: str
    municipality: str


def assignment(role: str) -> Assignment:
    """Read an entry of `Person.roles`: `kommuneoverlege`, or `kommuneoverlege:0301` for one municipality."""
    name, _, municipality = role.partition(":")
    return Assignment(name, municipality)


def unmet(rule: Rule, person: Person, organisation: Organisation | None) -> tuple[str, ...]:
    """Names of the rule's fields that do not hold; none when the rule does.

    The fields about HPR must hold for one and the same approval, role and municipality for one assignment.
    """
    short: tuple[str, ...] = ()
    for candidates, tests in _GROUPS:
        if not tests.keys().isdisjoint(rule.asked):
            short += _nearest(rule.asked, tests, candidates(person, organisation))
    return short


def _nearest(asked: Mapping[str, Any], tests: _Tests, candidates: Iterable[Any]) -> tuple[str, ...]:
    """What the candidate that comes nearest falls short on; all that is asked when there is no candidate."""
    fields = [field for field in asked if field in tests]
    shortfalls = [[field for field in fields if not tests[field](asked[field], candidate)] for candidate in candidates]
    nearest = min(shortfalls, key=len, default=fields)
    return tuple(nearest)


def _approvals(person: Person, _: Organisation | None) -> Iterable[Authorisation]:
    return person.authorisations


def _assignments(person: Person, _: Organisation | None) -> Iterable[Assignment]:
    return map(assignment, sorted(person.roles))


def _login(person: Person, organisation: Organisation | None) -> Iterable[tuple[Person, Organisation | None]]:
    return [(person, organisation)]


def _profession(wanted: Collection[str], approval: Authorisation) -> bool:
    return approval.profession in wanted


def _authorization(wanted: Collection[str], approval: Authorisation) -> bool:
    return any(approval.authorization in APPROVALS[kind] for kind in wanted)


def _requisition_right(wanted: Collection[str], approval: Authorisation) -> bool:
    return not set(wanted).isdisjoint(approval.requisition_rights)


def _speciality(wanted: Collection[str], approval: Authorisation) -> bool:
    return not set(wanted).isdisjoint(approval.specialities)


def _role(wanted: Collection[str], held: Assignment) -> bool:
    return held.role in wanted


def _municipality(wanted: Collection[str], held: Assignment) -> bool:
    return held.municipality in wanted or (ANY_OF_ROLE in wanted and bool(held.municipality))


def _organisation(wanted: Collection[str], login: tuple[Person, Organisation | None]) -> bool:
    _, organisation = login
    return organisation is not None and organisation.parent in wanted


def _security_level(wanted: int, login: tuple[Person, Organisation | None]) -> bool:
    person, _ = login
    return person.security_level >= wanted


_Candidates: TypeAlias = "Callable[[Person, Organisation | None], Iterable[Any]]"
_Tests: TypeAlias = "dict[str, Callable[[Any, Any], bool]]"
_GROUPS: tuple[tuple[_Candidates, _Tests], ...] = (
    (
        _approvals,
        {
            "professions": _profession,
            "authorization": _authorization,
            "requisition_rights": _requisition_right,
            "specialities": _speciality,
        },
    ),
    (_assignments, {"roles": _role, "municipalities": _municipality}),
    (_login, {"organizations": _organisation, "min_security_level": _security_level}),
)
"""Candidates, and tests by field: one and the same candidate must pass all that are asked for."""
