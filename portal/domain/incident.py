"""Troubles that an operator must see to, and what shows that one is over; what only a clinician can mend is none.

One incident is one trouble at one place, however many deliveries meet it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from portal.domain.delivery import State

if TYPE_CHECKING:
    from portal.domain.delivery import Step

LONGEST_KEY = 200
# So many tries are over in a minute; what fails then is no hiccup (domain/delivery).
_HICCUPS = 6
# Our message, our signature, our MsgId, or an address that the register has as it was; of the patient is E3x and E5x.
_OURS = re.compile(r"E10|[ST][0-9]{2}|address_unchanged")


class Kind(StrEnum):
    """What is wrong: with handing over, with what the transport or the journal says, or with nothing being said."""

    SENDING = "sending"
    TRANSPORT = "transport"
    APPREC = "apprec"
    OVERDUE = "overdue"
    INVALID = "invalid"
    UNREADABLE = "unreadable"
    CONTRADICTING = "contradicting"


BY_WAY = frozenset({Kind.SENDING, Kind.TRANSPORT, Kind.UNREADABLE})
"""These are of a transport and its address, whichever EPJ meets them; the others are of an EPJ."""


@dataclass(frozen=True)
class Trouble:
    """One kind of trouble, for a reason: an error's or a receipt's code."""

    kind: Kind
    code: str


@dataclass(frozen=True)
class Signs:
    """What something that happened is a sign of, and the kinds that it shows to be over."""

    of: Trouble | None = None
    over: frozenset[Kind] = field(default_factory=frozenset)


NOTHING = Signs()
CONTRADICTION = Signs(Trouble(Kind.CONTRADICTING, "apprec"))
UNREADABLE = Signs(Trouble(Kind.UNREADABLE, "apprec"))


def of_turn(before: State, step: Step, tries: int) -> Signs:
    """Return the signs of a worker's own step from the state `before`, after so many tries at handing over."""
    if before is State.QUEUED and step.state is State.SENT:
        return Signs(over=frozenset({Kind.SENDING, Kind.INVALID}))
    if step.state is State.REJECTED_TRANSPORT or (step.state is State.QUEUED and tries > _HICCUPS):
        return Signs(Trouble(Kind.SENDING, step.code))
    if step.state is State.REJECTED_APPREC:
        return _rejected(step.code)
    kind = {State.INVALID: Kind.INVALID, State.OVERDUE: Kind.OVERDUE}.get(step.state)
    return Signs(Trouble(kind, step.code)) if kind else NOTHING


def of_verdict(step: Step) -> Signs:
    """Return the signs of what a transport says of a message that it had taken."""
    if step.state is State.REJECTED_TRANSPORT:
        return Signs(Trouble(Kind.TRANSPORT, step.code))
    return Signs(over=frozenset({Kind.TRANSPORT}))


def of_receipt(step: Step) -> Signs:
    """Return the signs of a receipt: whatever it says, it came, and could be read."""
    over = {Kind.TRANSPORT, Kind.OVERDUE, Kind.UNREADABLE, Kind.CONTRADICTING}
    if step.state is State.COMPLETED:
        return Signs(over=frozenset(over | {Kind.APPREC}))
    return Signs(_rejected(step.code).of, frozenset(over))


def scope(kind: Kind, place: str) -> str:
    """Return what the keys of one kind at one place begin with; the space tells a place from one that goes on."""
    return f"{kind} {place[: LONGEST_KEY - 80]} "


def key(trouble: Trouble, place: str) -> str:
    """Return what names the incident: 200 characters at most, and nothing of any person in it."""
    return f"{scope(trouble.kind, place)}{trouble.code}"[:LONGEST_KEY]


def kind_of(incident: str) -> Kind:
    """Return the kind that a key names."""
    return Kind(incident.partition(" ")[0])


def _rejected(code: str) -> Signs:
    return Signs(Trouble(Kind.APPREC, code)) if _OURS.fullmatch(code) else NOTHING
