"""Deliveries as operators see them, and what two operators send again: the same message, never an edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from portal.domain.delivery import State
from portal.domain.rerun import Circumstances, Hindrance, hindrance
from portal.errors import NotAllowed
from portal.store import chains, outbox, wishes
from portal.store.tables.journal import DeliveryEventRow, DeliveryRow, DocumentRow
from portal.store.tables.launches import LaunchRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from portal.store.outbox import Delivery

DONE = frozenset({State.COMPLETED, State.CANCELLED})


@dataclass(frozen=True)
class Which:
    """What to look for; each that is given narrows it, and no state means all that are not done."""

    states: AbstractSet[State] = frozenset()
    service_id: str | None = None
    epj_id: str | None = None
    code: str | None = None
    accepted_before: datetime | None = None

    def narrows(self) -> bool:
        """Whether anything was given at all."""
        return self != Which()


@dataclass(frozen=True)
class Listed:
    """A line of the list; `code` is of the latest step, `retry_by` who proposes to send it again."""

    id: str
    state: State
    code: str
    service_id: str
    epj_id: str
    attempts: int
    accepted_at: datetime
    changed_at: datetime
    retry_by: str | None


def listed(session: Session, which: Which) -> list[Listed]:
    """The Deliveries, oldest document first; those that a newer message has replaced are left out."""
    return [
        Listed(
            id=delivery.id,
            state=State(delivery.state),
            code=latest.code,
            service_id=service_id,
            epj_id=delivery.epj_id,
            attempts=delivery.attempts,
            accepted_at=accepted_at,
            changed_at=latest.at,
            retry_by=delivery.retry_by,
        )
        for delivery, latest, service_id, accepted_at in session.execute(_listing(which))
    ]


def _listing(which: Which) -> Select[DeliveryRow, DeliveryEventRow, str, datetime]:
    of_it = aliased(DeliveryEventRow)
    newest_event = select(func.max(of_it.id)).where(of_it.delivery_id == DeliveryRow.id).scalar_subquery()
    states = which.states or set(State) - DONE
    found = (
        select(DeliveryRow, DeliveryEventRow, LaunchRow.service_id, DocumentRow.accepted_at)
        .select_from(DeliveryRow)
        .join(DeliveryEventRow, DeliveryEventRow.id == newest_event)
        .join(DocumentRow, DocumentRow.id == DeliveryRow.document_id)
        .join(LaunchRow, LaunchRow.id == DocumentRow.launch_id)
        .where(DeliveryRow.state.in_(states), outbox.newest())
        .order_by(DocumentRow.accepted_at, DeliveryRow.id)
    )
    narrowed: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (LaunchRow.service_id, which.service_id),
            (DeliveryRow.epj_id, which.epj_id),
            (DeliveryEventRow.code, which.code),
        )
        if value is not None
    ]
    if which.accepted_before is not None:
        narrowed.append(DocumentRow.accepted_at <= which.accepted_before)
    return found.where(*narrowed)


def hindrance_of(session: Session, delivery: Delivery) -> Hindrance | None:
    """Why the same message is not to be sent again, or None; what may overtake it waits until this transaction ends."""
    kept = select(DeliveryRow.filed_at, DocumentRow.sealed.is_not(None)).join(
        DocumentRow, DocumentRow.id == DeliveryRow.document_id
    )
    filed_at, content = session.execute(kept.where(DeliveryRow.id == delivery.id)).one()
    overtaken = bool(chains.overtaken(session, [delivery.document_id], lock=True))
    return hindrance(delivery.state, Circumstances(filed=filed_at is not None, overtaken=overtaken, kept=content))


def propose(session: Session, delivery: Delivery, by: str) -> Hindrance | None:
    """Let another operator approve that it is sent again; why not, if it may not be."""
    why_not = hindrance_of(session, delivery)
    if why_not is None:
        session.execute(update(DeliveryRow).where(DeliveryRow.id == delivery.id).values(retry_by=by))
    return why_not


def proposed(session: Session) -> Sequence[str]:
    """What waits for approval, oldest document first."""
    waiting = (
        select(DeliveryRow.id)
        .join(DocumentRow, DocumentRow.id == DeliveryRow.document_id)
        .where(DeliveryRow.retry_by.is_not(None))
        .order_by(DocumentRow.accepted_at, DeliveryRow.id)
    )
    return session.scalars(waiting).all()


def approve(session: Session, delivery: Delivery, by: str, now: datetime) -> Hindrance | None:
    """Send again what another operator has proposed; why not, if it may not be any more: the proposal is gone then.

    Raises NotAllowed for its own proposer.
    """
    proposed_by = session.scalar(select(DeliveryRow.retry_by).where(DeliveryRow.id == delivery.id))
    if proposed_by == by:
        raise NotAllowed("four_eyes")
    if proposed_by is None:
        return Hindrance.NOT_PROPOSED
    why_not = hindrance_of(session, delivery)
    if why_not is None and wishes.send_again(session, delivery, now):
        return None
    session.execute(update(DeliveryRow).where(DeliveryRow.id == delivery.id).values(retry_by=None))
    # Where nothing hindered it somebody, or a late receipt, was first.
    return why_not or Hindrance.UNDER_WAY
