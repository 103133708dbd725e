"""Judging what the EPJ does after an answer that went wrong because somebody ordered it to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portal.domain.conformance.case import NOT_SEEN, PASSED, Why, failed, verdict
from portal.domain.conformance.observed import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.domain.conformance.case import Finding
    from portal.domain.conformance.diary import Diary
    from portal.domain.conformance.observed import Observed

_SOON, _TRIES = timedelta(seconds=10), 3


def nonce(diary: Diary) -> Finding:
    """Asked for a nonce, it repeats the call with the nonce and a new proof."""
    return _each(diary, Fault.NONCE, _repeated)


def unavailable(diary: Diary) -> Finding:
    """While we are down it tries three times in ten seconds at most, and gets through later."""
    return _each(diary, Fault.UNAVAILABLE, _tried)


def context_ended(diary: Diary) -> Finding:
    """Told that a session has ended, it lets it be and opens the patient anew."""
    return _each(diary, Fault.CONTEXT_ENDED, _opened_anew)


def start_expired(diary: Diary) -> Finding:
    """Told that a code is too old, it gets a new one when the clinician presses again."""
    return _each(diary, Fault.START_EXPIRED, _pressed_again)


def _each(diary: Diary, fault: Fault, judge: Callable[[Diary, Observed], Finding]) -> Finding:
    found = [judge(diary, call) for call in diary.faulted(fault)]
    return verdict((one for one in found if one.outcome == "failed"), PASSED in found)


def _repeated(diary: Diary, call: Observed) -> Finding:
    later = diary.after(call, call.event)
    if not later:
        return NOT_SEEN
    again = later[0].facts
    if not again.nonce:
        return failed(Why.NO_NONCE)
    if again.proof == call.facts.proof:
        return failed(Why.SAME_PROOF)
    return PASSED if later[0].accepted else failed(Why.REFUSED, code=again.code or "", rule=again.rule or "")


def _tried(diary: Diary, call: Observed) -> Finding:
    later = diary.after(call, "create")
    through = next((place for place, one in enumerate(later) if one.accepted), None)
    tried = later if through is None else later[: through + 1]
    tries = 1 + sum(one.at - call.at < _SOON for one in tried)
    if tries > _TRIES:
        return failed(Why.TOO_MANY, tries=tries)
    return NOT_SEEN if through is None else PASSED


def _opened_anew(diary: Diary, call: Observed) -> Finding:
    if any(one.facts.session == call.facts.session for one in diary.after(call, "refresh")):
        return failed(Why.REFRESH_OF_ENDED)
    return PASSED if any(one.accepted for one in diary.after(call, "create")) else NOT_SEEN


def _pressed_again(diary: Diary, call: Observed) -> Finding:
    later = diary.after(call, "start")
    if any(one.facts.session == call.facts.session for one in later):
        return failed(Why.SAME_CODE)
    return PASSED if any(one.accepted for one in later) else NOT_SEEN
