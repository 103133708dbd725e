"""Incidents: opened once, counted while they last, closed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import case, select, update

from portal.domain.incident import Kind, kind_of
from portal.store.database import insert
from portal.store.tables.journal import IncidentRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


class Closed(NamedTuple):
    """An incident that is over, and how many events were of it."""

    key: str
    events: int


def note(session: Session, key: str, now: datetime) -> bool:
    """Count one more event; True for the first of an incident, which is then open."""
    lasts = IncidentRow.closed_at.is_(None)
    counted = insert(session, IncidentRow).values(key=key, opened_at=now, last_at=now, count=1)
    counted = counted.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "opened_at": case((lasts, IncidentRow.opened_at), else_=now),
            "count": case((lasts, IncidentRow.count + 1), else_=1),
            "last_at": now,
            "closed_at": None,
        },
    )
    return session.scalar(counted.returning(IncidentRow.count)) == 1


def close(session: Session, scope: str, now: datetime) -> list[Closed]:
    """Close the open incidents whose keys begin with `scope`; those that another has closed meanwhile are not ours."""
    ours = (IncidentRow.closed_at.is_(None), IncidentRow.key.startswith(scope, autoescape=True))
    closed = update(IncidentRow).where(*ours).values(closed_at=now).returning(IncidentRow.key, IncidentRow.count)
    return [Closed(key, events) for key, events in session.execute(closed)]


def open_keys(session: Session) -> Sequence[str]:
    """The keys of what is open, by name."""
    lasting = select(IncidentRow.key).where(IncidentRow.closed_at.is_(None)).order_by(IncidentRow.key)
    return session.scalars(lasting).all()


def open_by_kind(session: Session) -> dict[Kind, int]:
    """How many are open of each kind."""
    kinds = [kind_of(key) for key in open_keys(session)]
    return {kind: kinds.count(kind) for kind in Kind}
