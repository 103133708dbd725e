"""The audit log: rows are written with the act itself, ordered and chained afterwards by a sealer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from portal.domain.audit import GENESIS, AuditEvent, Batch, link
from portal.store.tables.base import plain
from portal.store.tables.log import AuditBatchRow, AuditRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


_RECORD = insert(plain(AuditRow))


@dataclass(frozen=True)
class Head:
    """The newest link; published elsewhere, it shows later whether the end of the chain was cut off.

    `full` is whether its batch has as many rows as one may have, so that there may be more.
    """

    batch: int
    digest: str
    full: bool


@dataclass(frozen=True)
class Verdict:
    """What a verification saw: rows in all, batches, rows not yet sealed, and the first fault."""

    rows: int
    batches: int
    unsealed: int
    fault: str | None


def record(session: Session, event: AuditEvent) -> None:
    """Write the event in the caller's transaction: it stands exactly when the act stands."""
    session.execute(_RECORD, vars(event))


def seal(session: Session, key: bytes, now: datetime, limit: int = 500) -> Head | None:
    """Chain the oldest committed rows, `limit` at most, as one batch; its link is the new head.

    None when there is nothing to chain, or another sealer was first.
    """
    # The head is read before the rows: rows of a batch that was committed in between would collide on its number.
    last = session.scalar(select(AuditBatchRow).order_by(AuditBatchRow.id.desc()).limit(1))
    unsealed = select(AuditRow).where(AuditRow.batch.is_(None)).order_by(AuditRow.id).limit(limit)
    rows = session.scalars(unsealed).all()
    if not rows:
        return None
    batch = Batch(last.id + 1 if last else 1, now)
    digest = link(key, last.digest if last else GENESIS, batch, map(_event, rows))
    if not _took_number(session, AuditBatchRow(id=batch.number, size=len(rows), digest=digest, sealed_at=now)):
        return None
    for place, row in enumerate(rows):
        row.batch, row.place = batch.number, place
    return Head(batch.number, digest, full=len(rows) == limit)


def verify(session: Session, key: bytes, head: str | None = None) -> Verdict:
    """Walk the whole chain; a row or batch that was changed, removed, inserted or moved is a fault.

    With a published `head` (64 hex digits) the chain must also still contain it.
    """
    previous, number, seen, fault = GENESIS, 0, 0, None
    heads = set()
    for batch in session.scalars(select(AuditBatchRow).order_by(AuditBatchRow.id)):
        number += 1
        rows = _rows_of(session, batch)
        seen += len(rows)
        fault = fault or _fault(key, previous, number, batch, rows)
        previous = batch.digest
        heads.add(previous)
    if _count(session, AuditRow.batch.is_not(None) & AuditRow.batch.not_in(select(AuditBatchRow.id))):
        fault = fault or "rows stand outside the chain"
    if head is not None and head not in heads:
        fault = fault or "the published head is not in the chain"
    unsealed = _count(session, AuditRow.batch.is_(None))
    return Verdict(seen + unsealed, number, unsealed, fault)


def export(session: Session) -> Iterator[dict[str, Any]]:
    """Yield the log as plain values, a batch before its rows, the unsealed rows last; times are ISO 8601 in UTC."""
    for batch in session.scalars(select(AuditBatchRow).order_by(AuditBatchRow.id)):
        sealed_at = batch.sealed_at.isoformat(timespec="microseconds")
        yield {"batch": batch.id, "size": batch.size, "digest": batch.digest, "sealed_at": sealed_at}
        yield from map(_line, _rows_of(session, batch))
    yield from map(_line, session.scalars(select(AuditRow).where(AuditRow.batch.is_(None)).order_by(AuditRow.id)))


def _took_number(session: Session, batch: AuditBatchRow) -> bool:
    try:
        with session.begin_nested():
            session.add(batch)
    except IntegrityError:
        return False
    return True


def _count(session: Session, where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(AuditRow.id)).where(where)) or 0


def _rows_of(session: Session, batch: AuditBatchRow) -> Sequence[AuditRow]:
    return session.scalars(select(AuditRow).where(AuditRow.batch == batch.id).order_by(AuditRow.place)).all()


def _fault(key: bytes, previous: str, number: int, batch: AuditBatchRow, rows: Sequence[AuditRow]) -> str | None:
    if batch.id != number:
        return f"batch {number} is missing"
    if batch.size != len(rows) or [row.place for row in rows] != list(range(len(rows))):
        return f"batch {number} has lost, gained or moved rows"
    if batch.digest != link(key, previous, Batch(batch.id, batch.sealed_at), map(_event, rows)):
        return f"batch {number} does not match its link"
    return None


def _event(row: AuditRow) -> AuditEvent:
    return AuditEvent(
        at=row.at,
        action=row.action,
        outcome=row.outcome,
        actor=row.actor,
        organisation=row.organisation,
        patient_ref=row.patient_ref,
        subject=row.subject,
        basis=row.basis,
    )


def _line(row: AuditRow) -> dict[str, Any]:
    event = asdict(_event(row)) | {"at": row.at.isoformat(timespec="microseconds")}
    return {"batch": row.batch, "place": row.place} | event
