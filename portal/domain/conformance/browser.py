"""Judging the browser that the EPJ opens: how it arrives, who sits at it, and what it remembers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portal.domain.conformance.case import Why, failed, verdict
from portal.domain.conformance.observed import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.domain.conformance.case import Finding
    from portal.domain.conformance.diary import Diary
    from portal.domain.conformance.observed import Observed

_SIGNED_IN = timedelta(minutes=25)
"""So long after it was here a browser is still signed in, by any setting that a sandbox has."""


def in_time(diary: Diary) -> Finding:
    """The browser arrives while the code lives, once."""
    return verdict(_too_late(diary), diary.accepted("start"))


def proven(diary: Diary) -> Finding:
    """The browser brings the verifier of the challenge."""
    wrong = [failed(Why.WRONG_VERIFIER) for one in diary.of("start") if one.facts.code == "start_code_invalid"]
    return verdict(wrong, diary.accepted("start"))


def unseen(diary: Diary) -> Finding:
    """Code and verifier come by POST or in the fragment, where no log has them."""
    by_query = [failed(Why.BY_QUERY) for one in diary.of("start") if one.facts.how == "query"]
    return verdict(by_query, diary.accepted("start"))


def same_person(diary: Diary) -> Finding:
    """Who logs in at the browser is who the EPJ named."""
    others = [failed(Why.OTHER_PERSON) for one in diary.of("proceed") if one.facts.code == "other_person"]
    return verdict(others, _opened(diary))


def remembered(diary: Diary) -> Finding:
    """The browser profile is kept: the next patient asks for no login."""
    seconds = list(_after_another(diary))
    asked = [one for one in seconds if one.facts.step == "login"]
    kinds = {True: Why.LOGIN_AGAIN, False: Why.LOGIN_AGAIN_WITHOUT_COOKIES}
    again = [failed(kinds[bool(one.facts.cookie)]) for one in asked]
    return verdict(again, [one for one in seconds if one.facts.step == "opened"])


def launched(diary: Diary) -> Finding:
    """A launch from the EPJ's own SMART server gets as far as a patient."""
    refused = [
        failed(Why.REFUSED, code=one.facts.code or str(one.facts.status), rule=one.facts.rule or "")
        for one in diary.of("launch", "callback")
        if not one.accepted
    ]
    return verdict(refused, diary.accepted("callback"))


def _too_late(diary: Diary) -> Iterator[Finding]:
    expired = [one.facts.session for one in diary.faulted(Fault.START_EXPIRED)]
    for one in diary.of("start"):
        if one.facts.code != "start_expired" or one.facts.session in expired:
            continue
        if diary.of_session(one.facts.session, "start")[0].accepted:
            yield failed(Why.CODE_AGAIN)
        else:
            yield failed(Why.LATE, seconds=_seconds_since_create(diary, one))


def _seconds_since_create(diary: Diary, arrived: Observed) -> int:
    created = next((one.at for one in diary.of_session(arrived.facts.session, "create")), arrived.at)
    return round((arrived.at - created).total_seconds())


def _after_another(diary: Diary) -> Iterator[Observed]:
    """What the browser did for a patient who was opened while it must still have been signed in from one before."""
    for before in _opened(diary):
        for one in diary.after(before, "proceed"):
            if one.facts.session != before.facts.session and one.at - before.at < _SIGNED_IN:
                yield one


def _opened(diary: Diary) -> list[Observed]:
    return [one for one in diary.of("proceed") if one.facts.step == "opened"]
