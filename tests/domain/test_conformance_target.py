"""What is judged of a target by the kind that it is, and what there is no room to note."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from support.owner import registration

from portal.domain.client_registration import Client
from portal.domain.conformance.case import Outcome
from portal.domain.conformance.case import Why as Reason
from portal.domain.conformance.observed import opaque
from portal.domain.conformance.target import launch_url
from portal.domain.conformance.target.case import CaseId, Why
from portal.domain.conformance.target.cases import DECLARED, ORDERED, judge
from portal.domain.conformance.target.launch_url import Step, Tried
from portal.domain.conformance.target.observed import Facts, Fault, Observed
from portal.web.sandbox.target import reasons, titles

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
STRICT = Client.model_validate(registration(service="eksempel-register"))
CLASSIC = Client.model_validate(registration(service="eksempel-register", profile="classic", sign_on=True))
US, AT = "https://portal.example", "https://melding.example"


def judged(client: Client, *seen: Observed) -> dict[CaseId, Any]:
    return {CaseId(one.case.id): one.finding for one in judge(seen, client)}


def test_a_target_is_judged_by_what_it_registered() -> None:
    strict, classic = judged(STRICT), judged(CLASSIC)
    assert set(strict) - set(classic) == {
        CaseId.PUSHED,
        CaseId.PROOF,
        CaseId.BOUND,
        CaseId.ON_NONCE,
        CaseId.ON_OTHER_PERSON,
    }
    assert set(classic) - set(strict) == {CaseId.ON_KEY_ROTATION}
    quiet = judged(STRICT.model_copy(update={"writeback": False}))
    assert set(strict) - set(quiet) == {CaseId.PATIENT, CaseId.WRITEBACK, CaseId.BOUND, CaseId.ON_OTHER_PATIENT}


def test_every_fault_has_a_case_and_every_case_and_reason_has_words() -> None:
    assert set(ORDERED.values()) == set(Fault)
    assert not DECLARED & ORDERED.keys()
    assert set(titles.TEXTS) == set(CaseId)
    assert set(reasons.TEXTS) == set(Why)


def test_before_anything_is_seen_nothing_is_right_or_wrong() -> None:
    assert {found.outcome for found in judged(STRICT).values()} == {Outcome.NOT_SEEN}


def test_the_outage_is_no_mistake_of_the_target_s() -> None:
    down = Facts(status=503, code="unavailable", launch=opaque("l"))
    assert {found.outcome for found in judged(STRICT, Observed(NOW, "token", down)).values()} == {Outcome.NOT_SEEN}


def test_more_than_three_tries_in_ten_seconds_are_too_many_and_slower_ones_are_not() -> None:
    known = {"launch": opaque("l"), "grant": opaque("c")}
    for apart, outcome in ((1, Outcome.FAILED), (5, Outcome.PASSED)):
        seen = [
            Observed(NOW + timedelta(seconds=apart * n), "token", Facts(status=503, fault=Fault.UNAVAILABLE, **known))
            for n in range(3)
        ]
        through = Observed(NOW + timedelta(seconds=apart * 3), "token", Facts(status=200, **known))
        assert judged(STRICT, *seen, through)[CaseId.ON_UNAVAILABLE].outcome is outcome


@pytest.mark.parametrize(
    "facts",
    [{"launch": "31817541278"}, {"code": "31817541278"}, {"patient": "Line"}, {"grant": "c" * 43}, {"sub": "anna"}],
)
def test_there_is_no_room_for_what_may_not_be_noted(facts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Facts(**facts)


def visited(*launch: Step, **flaws: tuple[Step, ...]) -> dict[CaseId, Any]:
    """How the cases of a launch address went; a flaw that is not named was refused."""
    refused = (Step(f"{AT}/launch", 400),)
    rest = {name: flaws.get(name, refused) for name in ("foreign_issuer", "without_launch", "unknown_state")}
    tried = Tried(issuer=US, foreign="https://fremmed.invalid", most=12, launch=launch, **rest)
    return {CaseId(one.case.id): one.finding for one in launch_url.judge(tried)}


ASK = f"{US}/oauth/authorize?client_id=a&request_uri=b"
TO_US = Step(f"{AT}/launch?iss=1", 303, ASK)
BACK = Step(ASK, 303, f"{AT}/callback?error=invalid_request&state=s")


def test_a_right_launch_address_meets_every_case() -> None:
    found = visited(TO_US, BACK, Step(f"{AT}/callback?error=invalid_request", 403))
    assert {finding.outcome for finding in found.values()} == {Outcome.PASSED}


def test_a_launch_address_that_nobody_answers_at_is_told_so() -> None:
    nobody = (Step(f"{AT}/launch", 0),)
    found = visited(*nobody, foreign_issuer=nobody, without_launch=nobody, unknown_state=())
    assert found[CaseId.URL_LAUNCH].why is Reason.UNREACHABLE
    assert {finding.outcome for case, finding in found.items() if case != CaseId.URL_LAUNCH} == {Outcome.NOT_SEEN}


def test_a_round_without_end_is_a_loop() -> None:
    found = visited(TO_US, BACK, *[Step(f"{AT}/callback", 303, f"{AT}/callback")] * 10)
    assert found[CaseId.URL_ERROR].why is Why.LOOP


def test_a_page_that_is_shown_to_a_foreign_launch_is_no_refusal() -> None:
    shown = (Step(f"{AT}/launch", 200),)
    assert visited(TO_US, BACK, foreign_issuer=shown)[CaseId.URL_FOREIGN_ISSUER].why is Reason.WENT_ON
