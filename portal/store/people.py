"""What a person has chosen, and which services the person marked and used at each office; nothing of any patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select, update

from portal.store.database import Prepared, insert
from portal.store.tables.base import plain
from portal.store.tables.sign_on import MarkRow, PersonRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_MARK = ["sub", "office", "service_id"]
_USE = Prepared(
    plain(MarkRow), lambda row: row.on_conflict_do_update(index_elements=_MARK, set_={"used_at": row.excluded.used_at})
)


class Marks(NamedTuple):
    """Ids of services: favourites in the order they were marked, used ones the latest first."""

    favourites: tuple[str, ...] = ()
    used: tuple[str, ...] = ()


def marks(session: Session, sub: str, office: str) -> Marks:
    """What a person has marked and used at one office."""
    rows = session.execute(
        select(MarkRow.service_id, MarkRow.favourite_at, MarkRow.used_at).where(*_at(sub, office))
    ).all()
    favourites = sorted((at, service_id) for service_id, at, _ in rows if at)
    used = sorted(((at, service_id) for service_id, _, at in rows if at), reverse=True)
    return Marks(tuple(one for _, one in favourites), tuple(one for _, one in used))


def favour(session: Session, sub: str, office: str, service_id: str, at: datetime | None) -> None:
    """Mark a service as a favourite since `at`, or (None) no more."""
    _mark(session, sub, office, service_id, {"favourite_at": at})
    _sweep(session, sub, office)


def use(session: Session, sub: str, office: str, service_id: str, now: datetime) -> None:
    """Note that a service was opened now."""
    session.execute(_USE.of(session), {"sub": sub, "office": office, "service_id": service_id, "used_at": now})


def forget_used(session: Session, sub: str, office: str) -> None:
    """Forget what was used at one office; favourites stay."""
    session.execute(update(MarkRow).where(*_at(sub, office)).values(used_at=None))
    _sweep(session, sub, office)


def speak(session: Session, sub: str, code: str, now: datetime) -> None:
    """Choose a language."""
    chosen = {"language": code, "chosen_at": now}
    statement = insert(session, PersonRow).values(sub=sub, **chosen)
    session.execute(statement.on_conflict_do_update(index_elements=["sub"], set_=chosen))


def _mark(session: Session, sub: str, office: str, service_id: str, when: Mapping[str, datetime | None]) -> None:
    statement = insert(session, MarkRow).values(sub=sub, office=office, service_id=service_id, **when)
    session.execute(statement.on_conflict_do_update(index_elements=_MARK, set_=dict(when)))


def _sweep(session: Session, sub: str, office: str) -> None:
    """A row that says nothing any more is no row."""
    nothing = (MarkRow.favourite_at.is_(None), MarkRow.used_at.is_(None))
    session.execute(delete(MarkRow).where(*_at(sub, office), *nothing))


def _at(sub: str, office: str) -> tuple[ColumnElement[bool], ...]:
    return (MarkRow.sub == sub, MarkRow.office == office)
