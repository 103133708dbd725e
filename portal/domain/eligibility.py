"""Whether a rule of the catalogue holds for a person: one small test for each field of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from portal.domain.access_rules import ANY_OF_ROLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from portal.domain.access_rules import Rule
    from portal.domain.identity import Authorisation, Organisation, Person

Candidate = TypeVar("Candidate")

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
    assignments = map(assignment, sorted(person.roles))
    return (
        *_nearest(rule, _OF_APPROVAL, person.authorisations),
        *_nearest(rule, _OF_ASSIGNMENT, assignments),
        *_nearest(rule, _OF_ORGANISATION, (organisation,) if organisation else ()),
        *_nearest(rule, _OF_PERSON, (person,)),
    )


def _nearest(
    rule: Rule, tests: Mapping[str, Callable[[Any, Candidate], bool]], candidates: Iterable[Candidate]
) -> tuple[str, ...]:
    """What the candidate that comes nearest falls short on; all that is asked when there is no candidate."""
    asked = {field: wanted for field in tests if (wanted := getattr(rule, field)) is not None}
    shortfalls = (
        tuple(field for field, wanted in asked.items() if not tests[field](wanted, candidate))
        for candidate in candidates
    )
    return min(shortfalls, key=len, default=tuple(asked))


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


def _organisation(wanted: Collection[str], organisation: Organisation) -> bool:
    return organisation.parent in wanted


def _security_level(wanted: int, person: Person) -> bool:
    return person.security_level >= wanted


_OF_APPROVAL = {
    "professions": _profession,
    "authorization": _authorization,
    "requisition_rights": _requisition_right,
    "specialities": _speciality,
}
_OF_ASSIGNMENT = {"roles": _role, "municipalities": _municipality}
_OF_ORGANISATION = {"organizations": _organisation}
_OF_PERSON = {"min_security_level": _security_level}
