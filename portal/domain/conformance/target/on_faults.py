"""Judging what the target does with a launch that goes wrong because somebody ordered it to."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from portal.domain.conformance.case import NOT_SEEN, PASSED, failed, missing
from portal.domain.conformance.case import Why as Reason
from portal.domain.conformance.target.case import Why
from portal.domain.conformance.target.diary import DONE, same_code
from portal.domain.conformance.target.observed import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.domain.conformance.case import Finding
    from portal.domain.conformance.target.diary import Diary
    from portal.domain.conformance.target.observed import Observed

_SOON, _TRIES = timedelta(seconds=10), 3


def judge(fault: Fault) -> Callable[[Diary], Finding]:
    """Return what judges the target by every launch that met this fault; one wrong time is wrong."""
    return partial(_each, fault)


def _each(fault: Fault, diary: Diary) -> Finding:
    found = [_JUDGES[fault](diary, struck) for struck in diary.faulted(fault)]
    wrong = [one for one in found if one.outcome == "failed"]
    unseen = [one for one in found if one.why]
    return next(iter(wrong), PASSED if PASSED in found else next(iter(unseen), NOT_SEEN))


def _given_up(diary: Diary, struck: Observed) -> Finding:
    """A launch that cannot be taken up: it is tried once, and told of."""
    tried = [one for one in diary.later(struck, "push", "authorize", "context") if diary.is_ask(one)]
    if len(tried) > 1:
        return failed(Why.LOOP)
    return _told(diary, struck) if tried else NOT_SEEN


def _let_be(diary: Diary, struck: Observed) -> Finding:
    """An answer that says no, or that is not ours: no code of it is redeemed, nothing is asked again, it is told of."""
    if _redeemed(diary, struck):
        return failed(Why.REDEEMED)
    if any(diary.is_ask(one) for one in diary.later(struck, "push", "authorize")):
        return failed(Why.LOOP)
    return _told(diary, struck)


def _not_redeemed(diary: Diary, struck: Observed) -> Finding:
    """An answer to nothing that was asked; which launch it is of, the target cannot tell."""
    if _redeemed(diary, struck):
        return failed(Why.REDEEMED)
    return PASSED if diary.moved_on(struck) or diary.later(struck, "failure") else NOT_SEEN


def _tried(diary: Diary, struck: Observed) -> Finding:
    """While we are down: three tries in ten seconds at most, each with its own proof; through later, or told of."""
    later = _redeemed(diary, struck)
    through = next((place for place, one in enumerate(later) if one.accepted), None)
    tried = later if through is None else later[: through + 1]
    tries = 1 + sum(one.at - struck.at < _SOON for one in tried)
    if tries > _TRIES:
        return failed(Why.TRIES, tries=tries)
    if _same_proof(struck, *tried):
        return failed(Why.SAME_CALL_PROOF)
    return _told(diary, struck) if through is None else PASSED


def _repeated(diary: Diary, struck: Observed) -> Finding:
    """Asked for a nonce: the call is repeated with it, and with a new proof."""
    later = _redeemed(diary, struck)
    if not later:
        gone = diary.moved_on(struck) or diary.later(struck, "failure")
        return failed(Why.NOT_REPEATED) if gone else NOT_SEEN
    again = later[0].facts
    if not again.nonce:
        return failed(Reason.NO_NONCE)
    if _same_proof(struck, later[0]):
        return failed(Why.SAME_CALL_PROOF)
    return PASSED if later[0].accepted else failed(Reason.REFUSED, code=again.code or "", rule=again.rule or "")


def _believed(diary: Diary, struck: Observed) -> Finding:
    """An id token by a key that is new is believed: what came with it is used."""
    if diary.later(struck, "failure"):
        return failed(Why.KEYS_NOT_FETCHED)
    if any(one.accepted for one in diary.later(struck, "put", "read")):
        return PASSED
    return missing(Why.NOT_USED) if diary.moved_on(struck) else NOT_SEEN


def _finished(diary: Diary, struck: Observed) -> Finding:
    """The target still knows its request after the clinician had to answer a question in between."""
    if any(one.accepted for one in diary.later(struck, "token")):
        return PASSED
    came = any(one.accepted for one in diary.later(struck, "authorize"))
    gone = diary.moved_on(struck) or diary.later(struck, "failure")
    return failed(Why.NOT_FINISHED) if came and gone else NOT_SEEN


def _kept_apart(diary: Diary, struck: Observed) -> Finding:
    """Two patients who are open at once do not mix: the first one's form is sent after the second was opened."""
    opened = next((one for one in diary.later(struck, *DONE) if one.accepted), None)
    if opened is None:
        return NOT_SEEN
    after = diary.after(opened, "put", "read")
    if any(one.facts.code == "other_patient" for one in after):
        return failed(Why.MIXED)
    others = [one for one in after if one.accepted and one.facts.launch != struck.facts.launch]
    return PASSED if any(diary.is_before(struck, one) for one in others) else missing(Why.FIRST_NOT_SENT)


def _compared(diary: Diary, struck: Observed) -> Finding:
    """A context for somebody else than who is logged in at the target is not used."""
    if any(one.accepted for one in diary.later(struck, "put")):
        return failed(Why.NOT_COMPARED)
    return _told(diary, struck)


def _told(diary: Diary, struck: Observed) -> Finding:
    if struck.facts.launch is None:
        # Signing on, a target asks by itself: there is no launch to tell of.
        return PASSED if diary.moved_on(struck) else NOT_SEEN
    if any(one.accepted for one in diary.later(struck, "failure")):
        return PASSED
    return failed(Why.NOT_TOLD) if diary.moved_on(struck) else NOT_SEEN


def _redeemed(diary: Diary, struck: Observed) -> list[Observed]:
    return [one for one in diary.after(struck, "token") if same_code(struck, one)]


def _same_proof(*calls: Observed) -> bool:
    proofs = [one.facts.proof for one in calls if one.facts.proof]
    return len(set(proofs)) < len(proofs)


_JUDGES: dict[Fault, Callable[[Diary, Observed], Finding]] = {
    Fault.EXPIRED: _given_up,
    Fault.REPLAYED: _given_up,
    Fault.OTHER_CLIENT: _given_up,
    Fault.HELSEID_DOWN: _let_be,
    Fault.DENIED: _let_be,
    Fault.WRONG_ISSUER: _let_be,
    Fault.WRONG_STATE: _not_redeemed,
    Fault.UNAVAILABLE: _tried,
    Fault.NONCE: _repeated,
    Fault.KEY_ROTATION: _believed,
    Fault.PARKED: _finished,
    Fault.OTHER_PATIENT: _kept_apart,
    Fault.OTHER_PERSON: _compared,
}
