"""One document on its way to one journal: what each event does to its state.

QUEUED ── sent ──> SENT ── acknowledged ──> TRANSPORT_OK
  │ │ ^             │                          │
  │ │ └ again       ├─ receipt: OK, or OK with errors ──> COMPLETED
  │ │               ├─ receipt: rejected ───────────────> REJECTED_APPREC
  │ │               ├─ silence ─────────────────────────> OVERDUE (a late receipt still decides)
  │ │               └─ the transport gave up ───────────> REJECTED_TRANSPORT
  │ └── refused, or out of attempts ────────────────────> REJECTED_TRANSPORT (a receipt still decides)
  ├──── the message breaks a rule ──────────────────────> INVALID
  └──── the clinician says no ──────────────────────────> CANCELLED
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from portal.domain.news import Verdict
from portal.domain.receipt import ReceiptStatus

if TYPE_CHECKING:
    from datetime import datetime

    from portal.domain.news import Transported
    from portal.domain.receipt import AppRec

MAX_ATTEMPTS = 32
# Seconds for a hiccup, minutes for a restart, hours for an outage (navikt/ebxml-processor's own counts).
_DELAYS = (
    *(timedelta(seconds=seconds) for seconds in (1, 2, 4, 8, 16, 30)),
    *[timedelta(minutes=5)] * 3,
    *[timedelta(minutes=15)] * 3,
    timedelta(hours=1),
)
# NHN resends for 72 hours before it gives up; the rest is for the receipt's way back.
SILENCE = timedelta(hours=72 + 4)
LISTENED = timedelta(days=14)
"""So long a receipt that is overdue is still asked for."""


class State(StrEnum):
    """Where a delivery is. The first three move by themselves; OVERDUE and what went wrong needs a person."""

    QUEUED = "queued"
    SENT = "sent"
    TRANSPORT_OK = "transport_ok"
    COMPLETED = "completed"
    REJECTED_TRANSPORT = "rejected_transport"
    REJECTED_APPREC = "rejected_apprec"
    OVERDUE = "overdue"
    INVALID = "invalid"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Sent:
    """The transport took the message; `filed` is whether the journal itself has confirmed that it stands there."""

    filed: bool = False


@dataclass(frozen=True)
class Failed:
    """The transport did not take it; `code` is the error's, `retryable` whether time may heal it."""

    code: str
    retryable: bool


@dataclass(frozen=True)
class Step:
    """A line of the history: the new state, when to look again (None: no more), and why."""

    state: State
    next_at: datetime | None
    code: str = ""


@dataclass(frozen=True)
class Lamps:
    """What the clinician sees: *sendt*, *mottatt i EPJ*, *i journalen*."""

    sent: bool
    received: bool
    filed: bool


def after_send(attempts: int, outcome: Sent | Failed, now: datetime, jitter: float) -> Step:
    """Return the step after attempt number `attempts` (the first is 1); `jitter` in 0..1 spreads the retries.

    A wait is between half and the whole of its delay. What cannot succeed, or has not in 32 attempts, is set aside for
    a person, so that it never holds up the queue.
    """
    if isinstance(outcome, Sent):
        return Step(State.COMPLETED, None, "filed") if outcome.filed else Step(State.SENT, now + SILENCE)
    if not outcome.retryable or attempts >= MAX_ATTEMPTS:
        return Step(State.REJECTED_TRANSPORT, None, outcome.code)
    delay = _DELAYS[min(attempts, len(_DELAYS)) - 1]
    return Step(State.QUEUED, now + delay * (0.5 + jitter / 2), outcome.code)


_ON_ITS_WAY = {State.QUEUED, State.SENT}
_UNDECIDED = {State.QUEUED, State.SENT, State.TRANSPORT_OK, State.OVERDUE, State.REJECTED_TRANSPORT}


def after_transport(state: State, told: Transported, now: datetime) -> Step | None:
    """Return the step after the transport's own verdict; None when it changes nothing.

    The first verdict stands, and a receipt stands above it. What we never saw taken may turn out to have arrived.
    """
    if told.verdict is Verdict.ACKNOWLEDGED:
        return Step(State.TRANSPORT_OK, now + SILENCE) if state in _ON_ITS_WAY else None
    gone = state in _ON_ITS_WAY or state is State.OVERDUE
    return Step(State.REJECTED_TRANSPORT, None, told.code or told.verdict) if gone else None


def after_receipt(state: State, apprec: AppRec) -> Step | None:
    """Return the step after a receipt; None when one has already decided, for the first is final.

    A receipt also decides what we believe was never taken: a timeout can hide a message that arrived.
    """
    if state not in _UNDECIDED:
        return None
    code = next((error.code for error in apprec.errors if error.code), "")
    if apprec.status is ReceiptStatus.REJECTED:
        return Step(State.REJECTED_APPREC, None, code)
    return Step(State.COMPLETED, None, code)


def after_silence(sent_at: datetime, now: datetime) -> Step | None:
    """Return the step to OVERDUE when no receipt has come in 76 hours; before that None."""
    return Step(State.OVERDUE, None, "no_receipt") if now - sent_at >= SILENCE else None


def after_answer(state: State, *, wanted: bool, asked: bool, now: datetime) -> Step | None:
    """Return the step after the clinician was asked whether to send; None when nothing waits for the answer."""
    if state is not State.QUEUED or not asked:
        return None
    return Step(State.QUEUED, now, "wanted") if wanted else Step(State.CANCELLED, None, "not_wanted")


_SAME_AGAIN = {State.REJECTED_TRANSPORT, State.INVALID, State.OVERDUE}


def after_retry(state: State, now: datetime) -> Step | None:
    """Return the step when a person wants the same message sent again (same MsgId, same bytes); None where it may not.

    A receiver that has rejected a message rejects it again: what follows a receipt is a new Delivery (`may_replace`).
    """
    return Step(State.QUEUED, now, "again") if state in _SAME_AGAIN else None


def may_replace(state: State) -> bool:
    """Whether a new message may follow this one: its receiver has said no to it (HIS 80415, navikt/padm2)."""
    return state is State.REJECTED_APPREC


_SENT = {State.SENT, State.TRANSPORT_OK, State.COMPLETED, State.REJECTED_APPREC, State.OVERDUE}


def lamps(state: State, *, filed: bool, files_by_itself: bool = False) -> Lamps:
    """Return the lamps; only a receipt, or the journal's own confirmation, lights *mottatt i EPJ*.

    *I journalen* is lit by the clinician's tick or that confirmation (`filed`), or by the receipt of a journal known to
    file by itself.
    """
    received = state is State.COMPLETED
    return Lamps(sent=state in _SENT, received=received, filed=filed or (files_by_itself and received))
