"""What owners say of their services' stops: posted, changed and ended by them, shown to those who see the service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from portal.domain.service_parts import Stop
from portal.store.tables.base import plain
from portal.store.tables.registers import NoticeRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

Stops = dict[str, tuple[Stop, ...]]
"""By the id of the service, the stop that began first at the front."""

_ROW = plain(NoticeRow)
_STANDING = (
    select(_ROW)
    .where(_ROW.c.ended_at.is_(None), _ROW.c.ends_at > bindparam("now"))
    .order_by(_ROW.c.begins_at, _ROW.c.id)
)


@dataclass(frozen=True)
class Notice:
    """One stop as it was posted; its id is the owner's, `posted_by` a client or an operating-system user."""

    service_id: str
    id: str
    stop: Stop
    posted_by: str
    ended_at: datetime | None = None


def post(session: Session, notice: Notice) -> None:
    """Put a notice up, or change the one that the service has under its id."""
    stop = notice.stop
    session.merge(
        NoticeRow(
            service_id=notice.service_id,
            id=notice.id,
            kind=stop.kind,
            begins_at=stop.begins,
            ends_at=stop.ends,
            message=stop.message.model_dump(exclude_none=True),
            posted_by=notice.posted_by,
            ended_at=None,
        )
    )


def end(session: Session, service_id: str, notice_id: str, now: datetime) -> bool:
    """Take a notice down; False when none is up under that id."""
    up = (NoticeRow.service_id == service_id, NoticeRow.id == notice_id, NoticeRow.ended_at.is_(None))
    ended = update(NoticeRow).where(*up).values(ended_at=now).returning(NoticeRow.id)
    return session.scalar(ended) is not None


def listed(session: Session) -> list[Notice]:
    """Every notice that is still kept, the latest first."""
    return _notices(session.scalars(select(NoticeRow).order_by(NoticeRow.begins_at.desc(), NoticeRow.id)))


def standing(session: Session, now: datetime) -> Stops:
    """What goes on or lies ahead."""
    found: Stops = {}
    for notice in _notices(session.execute(_STANDING, {"now": now})):
        found[notice.service_id] = (*found.get(notice.service_id, ()), notice.stop)
    return found


def _notices(rows: Iterable[NoticeRow | Row[Any]]) -> list[Notice]:
    return [Notice(row.service_id, row.id, _stop(row), row.posted_by, row.ended_at) for row in rows]


def _stop(row: NoticeRow | Row[Any]) -> Stop:
    said = {"kind": row.kind, "from": row.begins_at, "to": row.ends_at, "message": row.message}
    return Stop.model_validate(said)
