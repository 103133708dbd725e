"""Judging the course of a session: kept alive while the patient is open, changed by a new one, ended when closed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portal.domain.conformance.case import CaseId, Why, failed, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.domain.conformance.case import Finding
    from portal.domain.conformance.diary import Diary
    from portal.domain.conformance.observed import Observed

_IN_TIME = 0.8
"""Of a life, the part by which it is renewed at the latest."""


def kept_alive(diary: Diary) -> Finding:
    """A session is refreshed before eight tenths of its life have gone, and never left to expire while open."""
    failures = [*_late(diary), *diary.refused(CaseId.REFRESH)]
    return verdict(failures, diary.accepted("refresh"))


def quiet_after_end(diary: Diary) -> Finding:
    """What was ended is not refreshed."""
    ends = [one for one in diary.accepted("end") if one.facts.matches]
    again = (one for end in ends for one in diary.after(end, "refresh") if one.facts.session == end.facts.session)
    return verdict([failed(Why.REFRESH_AFTER_END) for _ in again], ends)


def changed(diary: Diary) -> Finding:
    """Another patient is a new session/create in the same HelseID session (ATT-4)."""
    failures = [*diary.refused(CaseId.CHANGE, Why.REFRESH_WITH_PATIENT), *_new_logins(diary)]
    return verdict(failures, _changes(diary))


def older_ended(diary: Diary) -> Finding:
    """The patient before is ended, and not kept alive beside the new one."""
    changes = [(older, newer) for newer in _changes(diary) if (older := _before(diary, newer))]
    ended = [older for older, _ in changes if diary.ending(older.facts.session)]
    return verdict((fault for change in changes if (fault := _left(diary, *change))), ended)


def closed(diary: Diary) -> Finding:
    """session/end comes when the patient is closed, for a session of this EPJ session."""
    ends = diary.accepted("end")
    wrong = [failed(Why.END_OF_NOTHING) for one in ends if not one.facts.matches]
    return verdict([*diary.refused(CaseId.END), *wrong], ends)


def _late(diary: Diary) -> Iterator[Finding]:
    for session in dict.fromkeys(one.facts.session for one in diary.accepted("create", "refresh")):
        since, life = None, 0
        for one in diary.of_session(session, "create", "refresh", "end"):
            gap = (one.at - since).total_seconds() if since else 0
            if diary.is_over(session, one):
                break
            if one.event == "refresh" and gap > _IN_TIME * life:
                yield failed(Why.REFRESH_LATE, seconds=round(gap), most=round(_IN_TIME * life))
            if one.event == "end" and gap > life:
                yield failed(Why.LEFT_TO_EXPIRE)
            if one.accepted and one.facts.life:
                since, life = one.at, one.facts.life


def _new_logins(diary: Diary) -> Iterator[Finding]:
    """Another patient of the same person in another HelseID session, while the one before is still open."""
    created = diary.accepted("create")
    for place, newer in enumerate(created):
        for older in created[:place]:
            same_person = older.facts.person == newer.facts.person
            if same_person and older.facts.epj_session != newer.facts.epj_session and _is_open(diary, older, newer):
                yield failed(Why.NEW_LOGIN)


def _is_open(diary: Diary, opened: Observed, when: Observed) -> bool:
    session = opened.facts.session
    kept = [one for one in diary.of_session(session, "create", "refresh") if one.accepted and one.at <= when.at]
    until = kept[-1].at + timedelta(seconds=kept[-1].facts.life or 0)
    return not diary.is_over(session, when) and when.at < until


def _changes(diary: Diary) -> list[Observed]:
    return [one for one in diary.accepted("create") if one.facts.another_patient]


def _before(diary: Diary, newer: Observed) -> Observed | None:
    """The session/create before it in the same EPJ session."""
    earlier = [one for one in diary.accepted("create") if newer in diary.after(one, "create")]
    return earlier[-1] if earlier else None


def _left(diary: Diary, older: Observed, newer: Observed) -> Finding | None:
    session = older.facts.session
    if not diary.is_over(session, newer) and any(
        one.facts.session == session and not diary.is_over(session, one) for one in diary.after(newer, "refresh")
    ):
        return failed(Why.OLDER_KEPT)
    if diary.ending(newer.facts.session) and not diary.ending(session):
        return failed(Why.OLDER_LEFT)
    return None
