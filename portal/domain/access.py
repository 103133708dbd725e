"""What one person may do with one service, here and now: the only place where that is decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from portal.domain.catalogue import Level
from portal.domain.eligibility import unmet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from portal.domain.access_rules import Access
    from portal.domain.catalogue import Service
    from portal.domain.identity import Organisation, Person
    from portal.domain.service_parts import Status

RETIRED_IS_SHOWN = timedelta(days=90)


class Answer(StrEnum):
    """OPEN has a button, and the launch is accepted; SHOWN says why there is none; HIDDEN is not mentioned."""

    OPEN = "open"
    SHOWN = "shown"
    HIDDEN = "hidden"


class Reason(StrEnum):
    """Stable codes: why there is no button, or (the last four) what to know before using it."""

    NOT_SIGNED_IN = "not_signed_in"
    NO_RULE = "no_rule"
    PROFESSION = "profession"
    AUTHORIZATION = "authorization"
    REQUISITION_RIGHT = "requisition_right"
    SPECIALITY = "speciality"
    ROLE = "role"
    MUNICIPALITY = "municipality"
    ORGANISATION = "organisation"
    SECURITY_LEVEL = "security_level"
    PLANNED = "planned"
    RETIRED = "retired"
    DONE_IN_EPJ = "done_in_epj"
    BY_PHONE = "by_phone"
    NO_ADDRESS = "no_address"
    OTHER_NETWORK = "other_network"
    NEEDS_PATIENT = "needs_patient"
    NEEDS_ENCOUNTER = "needs_encounter"
    PATIENT_NOT_SENT = "patient_not_sent"
    NO_WRITEBACK = "no_writeback"
    MAINTENANCE = "maintenance"
    FAULT = "fault"


_REASONS = {
    "professions": Reason.PROFESSION,
    "authorization": Reason.AUTHORIZATION,
    "requisition_rights": Reason.REQUISITION_RIGHT,
    "specialities": Reason.SPECIALITY,
    "roles": Reason.ROLE,
    "municipalities": Reason.MUNICIPALITY,
    "organizations": Reason.ORGANISATION,
    "min_security_level": Reason.SECURITY_LEVEL,
}
_STOPS = {"planned": Reason.MAINTENANCE, "fault": Reason.FAULT}


@dataclass(frozen=True)
class ContextFacts:
    """What there is to send along: a patient, the EPJ's encounter id, the journal's address for messages."""

    patient: bool
    encounter: bool = False
    reply_to: bool = False


NO_CONTEXT = ContextFacts(patient=False)


class Decision(NamedTuple):
    """The answer; `reasons` stand with SHOWN and HIDDEN only, `warnings` with OPEN only."""

    answer: Answer
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()


def decide(
    person: Person | None,
    organisation: Organisation | None,
    zone: str,
    facts: ContextFacts,
    service: Service,
    now: datetime,
) -> Decision:
    """Decide for one service, at its effective level; `now` is an aware time."""
    if gone := tuple(_gone(service.status, now)):
        return Decision(Answer.HIDDEN, gone)
    if refused := _refused(person, organisation, service.access):
        # Who lacks the login's level alone may use it: one more login, and it is open.
        shown = service.access.on_deny == "show_info" or refused == (Reason.SECURITY_LEVEL,)
        return Decision(Answer.SHOWN if shown else Answer.HIDDEN, refused)
    if closed := tuple(_closed(zone, facts, service)):
        return Decision(Answer.SHOWN, closed)
    return Decision(Answer.OPEN, warnings=tuple(_warnings(organisation, facts, service, now)))


def _gone(status: Status, now: datetime) -> Iterator[Reason]:
    if status.state == "planned":
        yield Reason.PLANNED
    if status.retired_on and now.date() > status.retired_on + RETIRED_IS_SHOWN:
        yield Reason.RETIRED


def _refused(person: Person | None, organisation: Organisation | None, access: Access) -> tuple[Reason, ...]:
    """Why the access rules say no; of several alternatives, the one that the person comes nearest to.

    A public entry stands on the public page for everyone; its rules, if any, choose whose own list it stands in.
    """
    if access.visibility == "public" and (person is None or not access.rules):
        return ()
    if person is None:
        return (Reason.NOT_SIGNED_IN,)
    if access.visibility == "authenticated":
        return ()
    shortfalls = [unmet(rule, person, organisation) for rule in access.rules]
    if not shortfalls:
        return (Reason.NO_RULE,)
    return tuple(_REASONS[field] for field in min(shortfalls, key=len))


def _closed(zone: str, facts: ContextFacts, service: Service) -> Iterator[Reason]:
    """Why nothing can be opened from here, whoever asks."""
    if service.status.state == "retired":
        yield Reason.RETIRED
    elif service.level is Level.EPJ_ONLY:
        yield Reason.DONE_IN_EPJ
    elif service.kind == "phone":
        yield Reason.BY_PHONE
    else:
        if service.address(zone) is None:
            elsewhere = any(end.env == "prod" for end in service.endpoints)
            yield Reason.OTHER_NETWORK if elsewhere else Reason.NO_ADDRESS
        if service.level is Level.SSO_CONTEXT:
            yield from _lacking(facts, service)


def _lacking(facts: ContextFacts, service: Service) -> Iterator[Reason]:
    required = service.context.requires
    if not facts.patient and (service.patient == "required" or "patient_id" in required):
        yield Reason.NEEDS_PATIENT
    if not facts.encounter and "encounter_id" in required:
        yield Reason.NEEDS_ENCOUNTER


def _warnings(
    organisation: Organisation | None, facts: ContextFacts, service: Service, now: datetime
) -> Iterator[Reason]:
    """What the clinician should know before the click."""
    if service.level is not Level.SSO_CONTEXT and service.patient == "required":
        yield Reason.PATIENT_NOT_SENT
    writes_back = service.level is Level.SSO_CONTEXT and service.writeback.by == "portal" and facts.patient
    if writes_back and (organisation is None or not facts.reply_to):
        yield Reason.NO_WRITEBACK
    going_on = {stop.kind for stop in service.maintenance if stop.goes_on(now)}
    yield from (reason for kind, reason in _STOPS.items() if kind in going_on)
