"""Launches that did not get through: each counted once for each way that it failed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.domain.launch_failure import Code, Failure
from portal.store.database import insert
from portal.store.tables.launches import LaunchFailureRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def note(session: Session, failure: Failure) -> bool:
    """Keep a failure of a known launch, in the caller's transaction; False when it was told of before."""
    row = {
        "id": failure.reference,
        "launch_id": failure.launch_id,
        "service_id": failure.service_id,
        "code": failure.code,
        "at": failure.at,
    }
    kept = insert(session, LaunchFailureRow).values(row).on_conflict_do_nothing().returning(LaunchFailureRow.id)
    return session.execute(kept).first() is not None


def find(session: Session, reference: str) -> Failure | None:
    """A failure by its reference, while it is kept."""
    row = session.get(LaunchFailureRow, reference)
    return None if row is None else Failure(row.launch_id, row.service_id, Code(row.code), row.at)


def counts(session: Session, since: datetime) -> dict[tuple[str, Code], int]:
    """By service and code, how many there were since then."""
    named = (LaunchFailureRow.service_id, LaunchFailureRow.code)
    rows = session.execute(select(*named, func.count()).where(LaunchFailureRow.at >= since).group_by(*named))
    return {(service_id, Code(code)): count for service_id, code, count in rows}
