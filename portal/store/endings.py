"""What ends with a login: its tokens from HelseID, the patients who are open in it, and what was launched from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, or_, select, update

from portal.store import contexts, known_people, launches
from portal.store.tables.launches import ContextRow, LaunchRow
from portal.store.tables.sign_on import HelseIdTokenRow, LoginRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from portal.domain.epj_session import EpjSession
    from portal.domain.identity import Organisation


def of_login(session: Session, key_hash: str, now: datetime) -> int:
    """End one login; how many ended, so ending it again is 0."""
    return _end(session, now, LoginRow.key_hash == key_hash)


def of_handle(session: Session, sub: str, handle: str, now: datetime) -> int:
    """End a login of this person by its handle (`Login.handle`)."""
    return _end(session, now, LoginRow.sub == sub, LoginRow.key_hash.startswith(handle, autoescape=True))


def of_sid(session: Session, sid: str | None, sub: str | None, now: datetime) -> int:
    """End what HelseID says has ended there: one session, or every one of a person; at least one of them is given."""
    named = [column == value for column, value in ((LoginRow.sid, sid), (LoginRow.sub, sub)) if value is not None]
    return _end(session, now, *named)


def of_person(session: Session, holder: str, now: datetime) -> int:
    """End all of a person (`sub:…`, `hpr:…`): logins, contexts, launches; what was handed in is still delivered."""
    kind, _, number = holder.partition(":")
    theirs = LoginRow.sub == number if kind == "sub" else LoginRow.hpr_number == number
    subs = list(session.scalars(select(LoginRow.sub).where(theirs).distinct())) + ([number] if kind == "sub" else [])
    _close(session, now, ContextRow.sub.in_(subs))
    launches.revoke(session, now, LaunchRow.sub.in_(subs))
    known_people.forget(session, subs)
    return _end(session, now, theirs)


def of_context(session: Session, context_id: str, epj_session: EpjSession, now: datetime) -> bool:
    """End a context that this EPJ session has opened, and what was launched from it; False when there is none."""
    theirs = contexts.of_epj_session(epj_session)
    return _close(session, now, ContextRow.id == context_id, *theirs) > 0


def of_other_offices(session: Session, sub: str, key_hash: str, office: Organisation | None, now: datetime) -> None:
    """Close the patients of this login who belong to any other office, and revoke what it launched there."""
    elsewhere = func.coalesce(LaunchRow.organisation, "") != (office.label if office else "")
    parent, child = (office.parent, office.child or "") if office else ("", "")
    other = or_(ContextRow.org_parent != parent, func.coalesce(ContextRow.org_child, "") != child)
    _close(session, now, ContextRow.login_hash == key_hash, other)
    launches.revoke(session, now, LaunchRow.sub == sub, LaunchRow.session_hash == key_hash, elsewhere)


def _end(session: Session, now: datetime, *which: ColumnElement[bool]) -> int:
    ending = update(LoginRow).where(*which, LoginRow.ended_at.is_(None)).values(ended_at=now)
    ended = session.execute(ending.returning(LoginRow.key_hash, LoginRow.sub)).all()
    hashes, subs = [key_hash for key_hash, _ in ended], {sub for _, sub in ended}
    _close(session, now, ContextRow.login_hash.in_(hashes))
    launches.revoke(session, now, LaunchRow.sub.in_(subs), LaunchRow.session_hash.in_(hashes))
    session.execute(delete(HelseIdTokenRow).where(HelseIdTokenRow.owner.in_(hashes)))
    return len(ended)


def _close(session: Session, now: datetime, *which: ColumnElement[bool]) -> int:
    closing = update(ContextRow).where(*which, ContextRow.ended_at.is_(None)).values(ended_at=now, sealed_smart=None)
    closed = session.scalars(closing.returning(ContextRow.id)).all()
    launches.revoke(session, now, LaunchRow.context_id.in_(closed))
    return len(closed)
