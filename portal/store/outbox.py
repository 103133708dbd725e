"""The outbox: claim under a lease, settle under the fence, match receipts, show the clinician."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select, update

from portal.domain.delivery import State
from portal.store.documents import history
from portal.store.tables import ContextRow, DeliveryEventRow, DeliveryRow, DocumentRow, EpjRow, LaunchRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from portal.domain.delivery import Step


@dataclass(frozen=True)
class Delivery:
    """One Document on its way to one EPJ; `attempts` is the fence of the lease that it was claimed under."""

    id: str
    document_id: str
    launch_id: str
    context_id: str
    epj_id: str
    msg_id: str
    state: State
    attempts: int
    sent_at: datetime | None
    accepted_at: datetime
    patient_ref: str


@dataclass(frozen=True)
class Shown:
    """A Delivery as its clinician sees it."""

    delivery: Delivery
    service_id: str
    document_row: str
    filed: bool
    files_by_itself: bool
    history: tuple[tuple[datetime, str, str], ...]


def claim(session: Session, now: datetime, lease: timedelta) -> Delivery | None:
    """Take the oldest due Delivery for `lease`; nobody else gets it meanwhile, and a dead worker's comes free."""
    free = or_(DeliveryRow.leased_until.is_(None), DeliveryRow.leased_until <= now)
    due = (
        select(DeliveryRow.id)
        .where(DeliveryRow.due_at <= now, free)
        .order_by(DeliveryRow.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    claimed = session.scalar(
        update(DeliveryRow)
        .where(DeliveryRow.id == due.scalar_subquery())
        .values(leased_until=now + lease, attempts=DeliveryRow.attempts + 1)
        .returning(DeliveryRow.id)
    )
    return find(session, claimed) if claimed else None


def settle(session: Session, delivery: Delivery, step: Step, now: datetime, *, reference: str | None = None) -> bool:
    """Write the outcome of a claim; False when the lease was lost and somebody else's outcome stands."""
    values: dict[str, Any] = {"state": step.state, "due_at": step.next_at, "leased_until": None}
    if reference is not None:
        values |= {"reference": reference, "sent_at": now}
    if step.next_at is None:
        values |= {"settled_at": now}
    # A receipt may have come back before the sender's own answer; it has the last word.
    fence = (
        DeliveryRow.id == delivery.id,
        DeliveryRow.attempts == delivery.attempts,
        DeliveryRow.apprec_id.is_(None),
    )
    if session.scalar(update(DeliveryRow).where(*fence).values(**values).returning(DeliveryRow.id)) is None:
        return False
    session.add(DeliveryEventRow(delivery_id=delivery.id, at=now, state=step.state, code=step.code))
    return True


def find(session: Session, delivery_id: str) -> Delivery | None:
    """A Delivery by its own id."""
    return _one(session, DeliveryRow.id == delivery_id)


def by_msg_id(session: Session, msg_id: str, epj_id: str) -> Delivery | None:
    """The Delivery that an EPJ answers; another EPJ's is not found."""
    return _one(session, (DeliveryRow.msg_id == msg_id) & (DeliveryRow.epj_id == epj_id))


def note_receipt(session: Session, delivery: Delivery, step: Step, apprec_id: str, now: datetime) -> bool:
    """Settle by an application receipt; False when one was there before, for it is immutable."""
    open_still = (DeliveryRow.id == delivery.id, DeliveryRow.apprec_id.is_(None))
    values = {"state": step.state, "due_at": None, "apprec_id": apprec_id, "settled_at": now}
    if session.scalar(update(DeliveryRow).where(*open_still).values(**values).returning(DeliveryRow.id)) is None:
        return False
    session.add(DeliveryEventRow(delivery_id=delivery.id, at=now, state=step.state, code=step.code))
    return True


def of_person(session: Session, sub: str, limit: int = 50) -> list[Shown]:
    """A clinician's newest deliveries, those not yet confirmed first."""
    rows = session.execute(
        _joined()
        .add_columns(EpjRow.registration)
        .join(EpjRow, EpjRow.id == DeliveryRow.epj_id)
        .where(LaunchRow.sub == sub)
        .order_by(DeliveryRow.settled_at.is_not(None), DocumentRow.accepted_at.desc())
        .limit(limit)
    )
    return [
        Shown(
            delivery=_delivery(delivery, launch, context, document),
            service_id=launch.service_id,
            document_row=document.id,
            filed=delivery.filed_at is not None,
            files_by_itself=bool(registration.get("files_by_itself")),
            history=history(session, delivery.id),
        )
        for delivery, launch, context, document, registration in rows
    ]


def file_by_hand(session: Session, delivery_id: str, sub: str, now: datetime) -> bool:
    """Note the clinician's tick *i journalen*; False when it is not hers."""
    hers = select(DocumentRow.id).join(LaunchRow, LaunchRow.id == DocumentRow.launch_id).where(LaunchRow.sub == sub)
    mine = (DeliveryRow.id == delivery_id, DeliveryRow.document_id.in_(hers), DeliveryRow.filed_at.is_(None))
    return session.scalar(update(DeliveryRow).where(*mine).values(filed_at=now).returning(DeliveryRow.id)) is not None


def cursor(session: Session, epj_id: str) -> str:
    """Up to where this EPJ's receipts were read."""
    return session.get_one(EpjRow, epj_id).cursor


def move_cursor(session: Session, epj_id: str, to: str) -> None:
    """Remember how far the receipts were read, in the transaction that took them in."""
    session.execute(update(EpjRow).where(EpjRow.id == epj_id).values(cursor=to))


def awaiting(session: Session) -> Sequence[str]:
    """The EPJs that owe us a receipt; a message whose sending failed may have arrived all the same."""
    tried = (DeliveryRow.state == State.QUEUED) & (DeliveryRow.attempts > 0)
    waiting = or_(DeliveryRow.state.in_([State.SENT, State.OVERDUE]), tried)
    return session.scalars(select(DeliveryRow.epj_id).where(waiting).distinct()).all()


def _joined() -> Select[DeliveryRow, LaunchRow, ContextRow, DocumentRow]:
    return (
        select(DeliveryRow, LaunchRow, ContextRow, DocumentRow)
        .join(DocumentRow, DocumentRow.id == DeliveryRow.document_id)
        .join(LaunchRow, LaunchRow.id == DocumentRow.launch_id)
        .join(ContextRow, ContextRow.id == LaunchRow.context_id)
    )


def _one(session: Session, where: ColumnElement[bool]) -> Delivery | None:
    row = session.execute(_joined().where(where)).one_or_none()
    row = session.execute(_joined().where(where)).one_or_none()
    return _delivery(*row) if row else None


def _delivery(delivery: DeliveryRow, launch: LaunchRow, context: ContextRow, document: DocumentRow) -> Delivery:
    return Delivery(
        id=delivery.id,
        document_id=document.id,
        launch_id=launch.id,
        context_id=context.id,
        epj_id=delivery.epj_id,
        msg_id=delivery.msg_id,
        state=State(delivery.state),
        attempts=delivery.attempts,
        sent_at=delivery.sent_at,
        accepted_at=document.accepted_at,
        patient_ref=context.patient_ref,
    )


def count_by_state(session: Session) -> dict[str, int]:
    """How many Deliveries there are in each state."""
    rows = session.execute(select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state))
    return {state: count for state, count in rows}  # noqa: C416  dict() of SQLAlchemy's rows is untyped
