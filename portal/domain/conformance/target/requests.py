"""Judging what the target asks for and with: the request, the client's proof, the code, the way that it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.conformance.case import Why as Reason
from portal.domain.conformance.case import failed, verdict
from portal.domain.conformance.target.case import CaseId, Why
from portal.domain.conformance.target.diary import CODE_LIFE, DONE, same_code
from portal.domain.conformance.target.observed import SERVER, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.domain.conformance.case import Finding
    from portal.domain.conformance.target.diary import Diary

_STATE_LENGTH = 21
"""Characters of base64url that hold the 122 bits that SMART App Launch 2.2 asks for."""
_REPEATED = {Fault.UNAVAILABLE, Fault.NONCE}


def launched(diary: Diary) -> Finding:
    """A launch gets all the way: the target has the context."""
    return verdict(diary.refused(CaseId.LAUNCH), diary.accepted(*DONE))


def asked(diary: Diary) -> Finding:
    """The authorization request is understood, and gets a code."""
    return verdict(diary.refused(CaseId.REQUEST), diary.accepted("authorize"))


def pushed(diary: Diary) -> Finding:
    """The request is pushed, and the browser carries its number alone."""
    plain = [failed(Why.NOT_PUSHED) for one in diary.of("authorize") if one.facts.pushed is False]
    return verdict(plain, diary.accepted("push"))


def challenged(diary: Diary) -> Finding:
    """Every request has a challenge of its own, by S256; it takes two to tell."""
    challenges = [one.facts.challenge for one in diary.asks() if one.facts.challenge]
    again = [failed(Reason.CHALLENGE_AGAIN)] if len(set(challenges)) < len(challenges) else []
    return verdict([*diary.refused(CaseId.CHALLENGE), *again], len(challenges) > 1)


def stated(diary: Diary) -> Finding:
    """Every request has a state of its own that nobody can guess; it takes two to tell."""
    return verdict(_states(diary), len(diary.asks()) > 1)


def proven(diary: Diary) -> Finding:
    """The client proves who it is, anew for every request."""
    return verdict(diary.refused(CaseId.CLIENT), diary.accepted("push", *DONE))


def fresh(diary: Diary) -> Finding:
    """Every call has a DPoP proof of its own."""
    return verdict(diary.refused(CaseId.PROOF), [one for one in diary.accepted(*SERVER) if one.facts.proof])


def bound(diary: Diary) -> Finding:
    """A token that is bound to a key is never sent as Bearer."""
    by_token = diary.of("put", "read")
    wrong = [failed(Why.AS_BEARER) for one in by_token if one.facts.scheme == "bearer"]
    return verdict([*wrong, *diary.refused(CaseId.BOUND)], [one for one in by_token if one.accepted])


def once(diary: Diary) -> Finding:
    """A code is redeemed within a minute, once."""
    return verdict(_spent_codes(diary), diary.accepted("token"))


def behind(diary: Diary) -> Finding:
    """What is secret is asked for by the target's server, not by the browser."""
    wrong = [failed(Why.FROM_BROWSER) for one in diary.of(*SERVER) if one.facts.browser]
    return verdict(wrong, diary.accepted(*DONE))


def _states(diary: Diary) -> Iterator[Finding]:
    seen = set()
    for one in diary.asks():
        state, length = one.facts.state, one.facts.state_length or 0
        if state is None:
            yield failed(Why.STATE_MISSING)
        elif length < _STATE_LENGTH:
            yield failed(Why.STATE_SHORT, length=length)
        elif state in seen:
            yield failed(Why.STATE_AGAIN)
        seen.add(state)


def _spent_codes(diary: Diary) -> Iterator[Finding]:
    for given in diary.accepted("authorize"):
        tries = [one for one in diary.after(given, "token") if same_code(given, one)]
        meant = [one for one in tries if one.facts.fault not in _REPEATED]
        redeemed = next((place for place, one in enumerate(meant) if one.accepted), None)
        if redeemed is not None and len(meant) > redeemed + 1:
            yield failed(Why.CODE_TWICE)
        late = [one.at - given.at for one in meant if one.at - given.at > CODE_LIFE]
        if late and redeemed is None:
            yield failed(Why.CODE_LATE, seconds=round(late[0].total_seconds()))
