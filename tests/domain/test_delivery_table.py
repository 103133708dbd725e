"""The state machine as a table: every state, and what each event makes of it; a dot is nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.chance import tried

from portal.domain.delivery import (
    MAX_ATTEMPTS,
    SILENCE,
    Failed,
    Sent,
    State,
    after_answer,
    after_receipt,
    after_retry,
    after_send,
    after_silence,
    after_transport,
    lamps,
    may_replace,
)
from portal.domain.news import Transported, Verdict
from portal.domain.receipt import AppRec, ReceiptStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.domain.delivery import Step

NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
DOWN, REFUSED = Failed("down", retryable=True), Failed("refused", retryable=False)


def claimed(outcome: Sent | Failed, attempts: int = 1) -> Callable[[State], Step | None]:
    """Only what is QUEUED is handed over at all."""
    return lambda state: after_send(attempts, outcome, NOW, 1.0) if state is State.QUEUED else None


def told(verdict: Verdict) -> Callable[[State], Step | None]:
    return lambda state: after_transport(state, Transported("ref", verdict), NOW)


def answered(status: ReceiptStatus) -> Callable[[State], Step | None]:
    return lambda state: after_receipt(state, AppRec("a", status, (), "m", frozenset(), NOW))


def silent(for_: timedelta) -> Callable[[State], Step | None]:
    """Only what is out there is waited for."""
    return lambda state: after_silence(NOW - for_, NOW) if state in {State.SENT, State.TRANSPORT_OK} else None


def wanted(*, yes: bool) -> Callable[[State], Step | None]:
    return lambda state: after_answer(state, wanted=yes, asked=True, now=NOW)


EVENTS: dict[str, Callable[[State], Step | None]] = {
    "sent": claimed(Sent()),
    "filed": claimed(Sent(filed=True)),
    "down": claimed(DOWN),
    "32nd": claimed(DOWN, MAX_ATTEMPTS),
    "refused": claimed(REFUSED),
    "ack": told(Verdict.ACKNOWLEDGED),
    "reject": told(Verdict.REJECTED),
    "abandon": told(Verdict.ABANDONED),
    "apprec1": answered(ReceiptStatus.OK),
    "apprec2": answered(ReceiptStatus.REJECTED),
    "apprec3": answered(ReceiptStatus.OK_WITH_ERRORS),
    "75h": silent(timedelta(hours=75)),
    "76h": silent(SILENCE),
    "yes": wanted(yes=True),
    "no": wanted(yes=False),
    "retry": lambda state: after_retry(state, NOW),
}
SHORT = {
    "que": State.QUEUED,
    "sent": State.SENT,
    "tok": State.TRANSPORT_OK,
    "DONE": State.COMPLETED,
    "RTR": State.REJECTED_TRANSPORT,
    "RAR": State.REJECTED_APPREC,
    "over": State.OVERDUE,
    "inv": State.INVALID,
    "canc": State.CANCELLED,
    ".": None,
}
TABLE = """
                   sent filed down 32nd refused ack reject abandon apprec1 apprec2 apprec3 75h 76h  yes no   retry
queued             sent DONE  que  RTR  RTR     tok RTR    RTR     DONE    RAR     DONE    .   .    que canc .
sent               .    .     .    .    .       tok RTR    RTR     DONE    RAR     DONE    .   over .   .    .
transport_ok       .    .     .    .    .       .   .      .       DONE    RAR     DONE    .   over .   .    .
completed          .    .     .    .    .       .   .      .       .       .       .       .   .    .   .    .
rejected_transport .    .     .    .    .       .   .      .       DONE    RAR     DONE    .   .    .   .    que
rejected_apprec    .    .     .    .    .       .   .      .       .       .       .       .   .    .   .    .
overdue            .    .     .    .    .       .   RTR    RTR     DONE    RAR     DONE    .   .    .   .    que
invalid            .    .     .    .    .       .   .      .       .       .       .       .   .    .   .    que
cancelled          .    .     .    .    .       .   .      .       .       .       .       .   .    .   .    .
"""


def cells() -> list[tuple[State, str, State | None]]:
    header, *rows = [line.split() for line in TABLE.strip().splitlines()]
    assert header == list(EVENTS)
    assert [row[0] for row in rows] == list(State)
    return [(State(row[0]), event, SHORT[cell]) for row in rows for event, cell in zip(header, row[1:], strict=True)]


@pytest.mark.parametrize(("state", "event", "becomes"), cells())
def test_every_event_in_every_state(state: State, event: str, becomes: State | None) -> None:
    step = EVENTS[event](state)

    assert (step.state if step else None) is becomes


MOVING = {State.QUEUED, State.SENT, State.TRANSPORT_OK}


@pytest.mark.parametrize(("state", "event", "becomes"), [cell for cell in cells() if cell[2]])
def test_what_moves_by_itself_is_looked_at_again_and_nothing_else(state: State, event: str, becomes: State) -> None:
    step = EVENTS[event](state)

    assert step
    assert (step.next_at is not None) is (becomes in MOVING)


@pytest.mark.parametrize("state", [State.COMPLETED, State.CANCELLED, State.REJECTED_APPREC])
def test_nothing_leaves_an_end(state: State) -> None:
    assert [event for event, happens in EVENTS.items() if happens(state)] == []


def test_a_new_message_follows_only_what_its_receiver_said_no_to() -> None:
    assert [state for state in State if may_replace(state)] == [State.REJECTED_APPREC]


def test_an_answer_to_what_was_not_asked_changes_nothing() -> None:
    for yes in (True, False):
        assert after_answer(State.QUEUED, wanted=yes, asked=False, now=NOW) is None


def went(happened: list[str]) -> list[State]:
    """The states that a Delivery goes through when this happens to it."""
    path = [State.QUEUED]
    for event in happened:
        step = EVENTS[event](path[-1])
        path.append(step.state if step else path[-1])
    return path


@tried()
@given(st.lists(st.sampled_from(list(EVENTS)), max_size=30))
def test_whatever_happens_the_first_receipt_is_the_last(happened: list[str]) -> None:
    path = went(happened)
    ends = [state for state in path if state in {State.COMPLETED, State.REJECTED_APPREC, State.CANCELLED}]

    assert len(set(ends)) <= 1
    assert path[len(path) - len(ends) :] == ends


@tried()
@given(st.lists(st.sampled_from(list(EVENTS)), max_size=30), st.booleans())
def test_whatever_happens_no_lamp_that_a_receipt_lit_goes_out(happened: list[str], files_by_itself: bool) -> None:  # noqa: FBT001  hypothesis gives it
    received = False
    for state in went(happened):
        lit = lamps(state, filed=False, files_by_itself=files_by_itself)
        assert lit.received or not received
        assert lit.filed is (files_by_itself and lit.received)
        assert lit.sent or not lit.received
        received = lit.received
