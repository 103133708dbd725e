from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.delivery import (
    MAX_ATTEMPTS,
    Failed,
    Lamps,
    Sent,
    State,
    Step,
    after_receipt,
    after_send,
    after_silence,
    lamps,
)
from portal.domain.receipt import AppRec, ReceiptError, ReceiptStatus

NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
DOWN = Failed("upstream_unreachable", retryable=True)
REFUSED = Failed("upstream_refused", retryable=False)


def receipt(status: ReceiptStatus, *errors: ReceiptError) -> AppRec:
    """A receipt with nothing but its answer."""
    return AppRec("a1", status, errors, "m1", frozenset(), NOW)


def test_a_sent_message_is_looked_at_when_silence_is_due() -> None:
    step = after_send(1, Sent(), NOW, 0.5)

    assert step == Step(State.SENT, NOW + timedelta(hours=76))
    assert step.next_at is not None
    assert after_silence(NOW, step.next_at) == Step(State.OVERDUE, None, "no_receipt")


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [
        *((n, s) for n, s in enumerate([1, 2, 4, 8, 16, 30], start=1)),
        *((n, 300) for n in (7, 8, 9)),
        *((n, 900) for n in (10, 11, 12)),
        *((n, 3600) for n in (13, 20, 31)),
    ],
)
def test_retries_wait_longer_and_longer(attempts: int, seconds: int) -> None:
    longest, shortest = (after_send(attempts, DOWN, NOW, jitter) for jitter in (1.0, 0.0))

    assert longest == Step(State.QUEUED, NOW + timedelta(seconds=seconds), "upstream_unreachable")
    assert shortest == Step(State.QUEUED, NOW + timedelta(seconds=seconds / 2), "upstream_unreachable")


@pytest.mark.parametrize(
    ("attempts", "outcome"), [(1, REFUSED), (MAX_ATTEMPTS, DOWN), (MAX_ATTEMPTS + 1, DOWN), (MAX_ATTEMPTS, REFUSED)]
)
def test_what_cannot_succeed_is_set_aside(attempts: int, outcome: Failed) -> None:
    assert after_send(attempts, outcome, NOW, 0.0) == Step(State.REJECTED_TRANSPORT, None, outcome.code)


@given(st.floats(0, 1))
def test_a_server_that_stays_down_is_tried_for_most_of_a_day_and_then_left(jitter: float) -> None:
    now, attempts = NOW, 0
    while True:
        attempts += 1
        step = after_send(attempts, DOWN, now, jitter)
        if step.next_at is None:
            break
        assert step.state is State.QUEUED
        assert step.next_at > now
        now = step.next_at

    assert attempts == MAX_ATTEMPTS
    assert step.state is State.REJECTED_TRANSPORT
    assert timedelta(hours=10) <= now - NOW <= timedelta(hours=21)


E35 = ReceiptError("E35", "Pasienten finnes ikke i mottakersystemet")
OK = receipt(ReceiptStatus.OK)
PARTLY = receipt(ReceiptStatus.OK_WITH_ERRORS, ReceiptError("", "uten kode"), E35)
REJECTED = receipt(ReceiptStatus.REJECTED, E35)
UNEXPLAINED = receipt(ReceiptStatus.REJECTED)


@pytest.mark.parametrize("state", [State.QUEUED, State.SENT, State.OVERDUE, State.REJECTED_TRANSPORT])
@pytest.mark.parametrize(
    ("apprec", "step"),
    [
        (OK, Step(State.COMPLETED, None)),
        (PARTLY, Step(State.COMPLETED, None, "E35")),
        (REJECTED, Step(State.REJECTED_APPREC, None, "E35")),
        (UNEXPLAINED, Step(State.REJECTED_APPREC, None)),
    ],
)
def test_the_first_receipt_decides_also_when_late(state: State, apprec: AppRec, step: Step) -> None:
    assert after_receipt(state, apprec) == step


@pytest.mark.parametrize("state", [State.COMPLETED, State.REJECTED_APPREC, State.INVALID])
@pytest.mark.parametrize("apprec", [OK, PARTLY, REJECTED, UNEXPLAINED])
def test_a_decision_is_never_changed(state: State, apprec: AppRec) -> None:
    assert after_receipt(state, apprec) is None


@pytest.mark.parametrize(("hours", "overdue"), [(0, False), (72, False), (75, False), (76, True), (500, True)])
def test_silence_becomes_overdue_after_the_transports_last_resend(hours: int, *, overdue: bool) -> None:
    assert (after_silence(NOW, NOW + timedelta(hours=hours)) is not None) is overdue


@pytest.mark.parametrize("filed", [False, True])
@pytest.mark.parametrize(
    ("state", "sent", "received"),
    [
        (State.QUEUED, False, False),
        (State.SENT, True, False),
        (State.TRANSPORT_OK, True, False),
        (State.CANCELLED, False, False),
        (State.COMPLETED, True, True),
        (State.REJECTED_TRANSPORT, False, False),
        (State.REJECTED_APPREC, True, False),
        (State.OVERDUE, True, False),
        (State.INVALID, False, False),
    ],
)
def test_lamps(state: State, *, sent: bool, received: bool, filed: bool) -> None:
    assert lamps(state, filed=filed) == Lamps(sent, received, filed)


def test_a_journal_that_files_by_itself_has_filed_what_it_received() -> None:
    assert lamps(State.COMPLETED, filed=False, files_by_itself=True).filed
    assert not lamps(State.SENT, filed=False, files_by_itself=True).filed
    assert not lamps(State.COMPLETED, filed=False).filed
