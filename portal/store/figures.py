"""Figures of write-back for whoever watches it: numbers by state, service and EPJ, and nothing of any person."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import exists, func, or_, select

from portal.domain.delivery import State
from portal.store import launches, outbox, wishes
from portal.store.tables.journal import DeliveryEventRow, DeliveryRow, DocumentRow, QuarantineRow
from portal.store.tables.launches import LaunchRow, TokenRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_FAILED = (State.REJECTED_TRANSPORT, State.REJECTED_APPREC, State.OVERDUE, State.INVALID)
# What a delivery is queued with, or again by a person's word; a step back after a failed try has the error's code.
_BEGINNINGS = ("", "asks", "wanted", "again", "replaces")


class Flow(NamedTuple):
    """Of one service: launches that may give the journal something, and documents that came."""

    launches: int
    documents: int


def waiting(session: Session) -> dict[State, int]:
    """By state, the Deliveries that a person has to see to while there is something left to do it with."""
    failed = DeliveryRow.state.in_(_FAILED) & DeliveryRow.filed_at.is_(None) & DeliveryRow.due_at.is_(None)
    rows = session.execute(
        select(DeliveryRow.state, func.count())
        .join(DocumentRow, DocumentRow.id == DeliveryRow.document_id)
        .where(or_(failed, wishes.asks()), DocumentRow.sealed.is_not(None), outbox.newest())
        .group_by(DeliveryRow.state)
    )
    return {State(state): count for state, count in rows}


def oldest_queued(session: Session) -> datetime | None:
    """Since when the one has been in the queue that has been there longest; None when nothing is."""
    since = (
        select(func.max(DeliveryEventRow.at).label("since"))
        .join(DeliveryRow, DeliveryRow.id == DeliveryEventRow.delivery_id)
        .where(
            DeliveryRow.state == State.QUEUED,
            DeliveryRow.due_at.is_not(None),
            DeliveryEventRow.state == State.QUEUED,
            DeliveryEventRow.code.in_(_BEGINNINGS),
        )
        .group_by(DeliveryRow.id)
        .subquery()
    )
    oldest: datetime | None = session.scalar(select(func.min(since.c.since)))
    return oldest


def receipt_times(session: Session, since: datetime) -> dict[str, list[float]]:
    """By EPJ, the seconds from each document to its receipt, of receipts that came since then; shortest first."""
    rows = session.execute(
        select(DeliveryRow.epj_id, DocumentRow.accepted_at, DeliveryRow.settled_at)
        .join(DocumentRow, DocumentRow.id == DeliveryRow.document_id)
        .where(DeliveryRow.settled_at >= since, DeliveryRow.apprec_id.is_not(None))
    )
    times: dict[str, list[float]] = {}
    for epj_id, accepted_at, settled_at in rows:
        if settled_at:
            times.setdefault(epj_id, []).append((settled_at - accepted_at).total_seconds())
    return {epj_id: sorted(taken) for epj_id, taken in times.items()}


def flow(session: Session, since: datetime, earliest: datetime) -> dict[str, Flow]:
    """By service, launches since then that its target took up with a write-back grant, and documents since then.

    A document may be of a launch as old as `earliest`, which is as long as a grant lives before `since`.
    """
    granted = exists().where(TokenRow.launch_id == LaunchRow.id, TokenRow.kind == launches.WRITEBACK)
    taken_up = session.execute(
        select(LaunchRow.service_id, func.count())
        .where(LaunchRow.created_at >= since, LaunchRow.redeemed_at.is_not(None), granted)
        .group_by(LaunchRow.service_id)
    )
    came = session.execute(
        select(LaunchRow.service_id, func.count())
        .join(DocumentRow, DocumentRow.launch_id == LaunchRow.id)
        .where(LaunchRow.created_at >= earliest, DocumentRow.accepted_at >= since)
        .group_by(LaunchRow.service_id)
    )
    documents = {service_id: count for service_id, count in came}  # noqa: C416  dict() of SQLAlchemy's rows is untyped
    return {service_id: Flow(count, documents.get(service_id, 0)) for service_id, count in taken_up}


def quarantined(session: Session) -> int:
    """How much could not be read as a receipt, and has not been seen to."""
    return session.scalar(select(func.count()).select_from(QuarantineRow)) or 0
