"""What may follow a report that did not get into the journal, and why nothing may."""

from __future__ import annotations

import pytest

from portal.domain.delivery import State
from portal.domain.second_try import HEALS, SecondTry, second_try

NOT_NEEDED = {State.QUEUED, State.SENT, State.TRANSPORT_OK, State.COMPLETED, State.CANCELLED}


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_answer(state: State) -> None:
    same, in_vain = {State.REJECTED_TRANSPORT, State.OVERDUE}, {State.INVALID, State.REJECTED_APPREC}
    expected = SecondTry.SAME if state in same else SecondTry.IN_VAIN if state in in_vain else SecondTry.NOT_NEEDED
    assert (state in NOT_NEEDED) is (expected is SecondTry.NOT_NEEDED)
    assert second_try(state, {"T02"}) is expected


@pytest.mark.parametrize("code", ["E30", "E31", "E32", "E35", "E36", "E53", "E54", "T99", "X99"])
def test_what_time_or_a_correction_may_heal_is_sent_as_a_new_message(code: str) -> None:
    assert second_try(State.REJECTED_APPREC, {code}) is SecondTry.NEW
    assert second_try(State.REJECTED_APPREC, {code, "E21"}) is SecondTry.IN_VAIN
    assert code in HEALS


@pytest.mark.parametrize("code", ["", "E10", "E20", "E21", "S01", "S02", "S03", "T01", "T02", "T10", "e35", "Z1"])
def test_what_nothing_heals_is_not_sent_again(code: str) -> None:
    assert second_try(State.REJECTED_APPREC, {code}) is SecondTry.IN_VAIN


def test_a_rejection_without_any_code_is_not_sent_again() -> None:
    assert second_try(State.REJECTED_APPREC, ()) is SecondTry.IN_VAIN


@pytest.mark.parametrize("state", State)
def test_what_stands_in_the_journal_is_never_sent_again(state: State) -> None:
    assert second_try(state, {"E35"}, filed=True) is SecondTry.NOT_NEEDED


@pytest.mark.parametrize("state", [State.OVERDUE, State.REJECTED_TRANSPORT, State.REJECTED_APPREC])
def test_nothing_is_sent_without_content_or_after_a_newer_one(state: State) -> None:
    assert second_try(state, {"E35"}, kept=False, overtaken=True) is SecondTry.FORGOTTEN
    assert second_try(state, {"E35"}, overtaken=True) is SecondTry.OVERTAKEN


def test_the_reason_for_a_no_is_the_code_before_all_else() -> None:
    assert second_try(State.REJECTED_APPREC, {"T02"}, kept=False, overtaken=True) is SecondTry.IN_VAIN
