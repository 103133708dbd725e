"""One right day of an EPJ, and for each rule a day that is wrong in this alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from support.conformance import BOTH_DOORS, of
from support.conformance_day import Day, created, findings, right
from support.conformance_wrong import WRONG

from portal.domain.conformance.case import CaseId, Outcome, Why
from portal.domain.conformance.observed import Facts, opaque
from portal.web.sandbox.reasons import told
from portal.web.sandbox.report import speaking

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_right_day_meets_every_case() -> None:
    found = findings(right())
    assert of(found, Outcome.PASSED) == set(found)
    assert len(found) == 22


def test_before_anything_is_seen_nothing_is_right_or_wrong() -> None:
    found = findings(Day())
    assert of(found, Outcome.NOT_SEEN) == set(found)


@pytest.mark.parametrize(("case", "why", "alter"), WRONG, ids=[f"{case}-{why}" for case, why, _ in WRONG])
def test_a_day_that_is_wrong_in_one_thing_turns_that_case_red_alone(
    case: CaseId, why: Why, alter: Callable[[Day], Day]
) -> None:
    found = findings(alter(right()))
    assert of(found, Outcome.FAILED) == {case}
    assert found[case].why is why
    with speaking("nb"):
        assert told(found[case])


def test_every_case_has_a_wrong_day() -> None:
    assert {case for case, _, _ in WRONG} == set(findings(Day()))


def test_a_journal_is_judged_by_the_doors_that_it_has() -> None:
    by_server = findings(Day(), BOTH_DOORS.model_copy(update={"smart": None}))
    by_smart = findings(Day(), BOTH_DOORS.model_copy(update={"helseid_client_ids": ()}))
    assert CaseId.LAUNCH not in by_server
    assert set(by_smart) == {CaseId.LAUNCH, CaseId.PERSON, CaseId.PROFILE}


def test_a_fault_that_nobody_met_yet_is_not_judged() -> None:
    ordered = right().without("create c").without("open c").without("down").without("create d").without("end c")
    for name in ("too late", "create f", "start f", "open f", "gone", "create g", "start g", "end g"):
        ordered.without(name)
    found = findings(ordered)
    faults = {CaseId.ON_NONCE, CaseId.ON_UNAVAILABLE, CaseId.ON_CONTEXT_ENDED, CaseId.ON_START_EXPIRED}
    assert of(found, Outcome.NOT_SEEN) == faults


def test_a_login_long_after_the_patient_before_is_no_fault_of_the_profile() -> None:
    login = right().steps["login a"][2] | {"session": opaque("h")}
    found = findings(right().did("x", 5000, "proceed", login))
    assert found[CaseId.PROFILE].outcome is Outcome.PASSED


def test_the_next_patient_is_no_further_try_while_we_are_down() -> None:
    day = right().changed("create d", 891)
    for number in range(4):
        day.did(f"n{number}", 892 + number, "create", created(f"n{number}"))
    assert findings(day)[CaseId.ON_UNAVAILABLE].outcome is Outcome.PASSED


def test_an_address_that_gives_no_write_back_is_not_right_yet() -> None:
    found = findings(right().changed("create a", writeback=False))[CaseId.REPLY_TO]
    assert (found.outcome, found.why) == (Outcome.NOT_SEEN, Why.NO_WRITEBACK)


@pytest.mark.parametrize(
    "facts",
    [{"session": "31817541278"}, {"code": "31817541278"}, {"patient": "Line"}, {"challenge": "c" * 43}],
)
def test_there_is_no_room_for_what_may_not_be_noted(facts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Facts(**facts)
