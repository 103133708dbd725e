from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.domain.delivery import State, after_retry
from portal.domain.rerun import FOR_OPERATOR, Circumstances, Hindrance, hindrance

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FREE = Circumstances(filed=False, overtaken=False, kept=True)


@pytest.mark.parametrize("state", State)
def test_only_what_may_be_retried_has_no_hindrance(state: State) -> None:
    assert (hindrance(state, FREE) is None) is (after_retry(state, NOW) is not None)


@pytest.mark.parametrize("state", [State.REJECTED_TRANSPORT, State.OVERDUE, State.INVALID])
@pytest.mark.parametrize(
    ("circumstances", "why_not"),
    [
        (Circumstances(filed=True, overtaken=False, kept=True), Hindrance.FILED),
        (Circumstances(filed=False, overtaken=True, kept=True), Hindrance.OVERTAKEN),
        (Circumstances(filed=False, overtaken=False, kept=False), Hindrance.FORGOTTEN),
        (Circumstances(filed=True, overtaken=True, kept=False), Hindrance.FILED),
    ],
)
def test_what_has_happened_since_may_stand_in_the_way(
    state: State, circumstances: Circumstances, why_not: Hindrance
) -> None:
    assert hindrance(state, circumstances) is why_not


def test_a_rejected_message_is_its_clinicians_to_follow_up() -> None:
    assert "clinician" in FOR_OPERATOR[hindrance(State.REJECTED_APPREC, FREE) or Hindrance.ARRIVED]


def test_every_hindrance_is_said_in_its_own_words() -> None:
    assert set(FOR_OPERATOR) == set(Hindrance)
    assert len(set(FOR_OPERATOR.values())) == len(Hindrance)
