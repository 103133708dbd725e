"""The outbox: claim under a lease, settle under the fence, match receipts, show the clinician."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import aliased

from portal.domain.delivery import State
from portal.store import contexts, documents
from portal.store.tables.journal import DeliveryEventRow, DeliveryRow, DocumentRow
from portal.store.tables.launches import ContextRow, LaunchRow
from portal.store.tables.registers import EpjRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from portal.domain.context import Patient
    from portal.domain.delivery import Step
    from portal.store.documents import History
    from portal.store.vault import Vault


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
    """A Delivery as its clinician sees it; title and patient are None when they are no longer kept."""

    delivery: Delivery
    service_id: str
    title: str | None
    patient: Patient | None
    filed: bool
    files_by_itself: bool
    history: History


def claim(session: Session, now: datetime, lease: timedelta) -> Delivery | None:
    """Take the oldest due Delivery for `lease`; nobody else gets it meanwhile, and a dead worker's comes free.

    A correction waits for what it corrects to be sent; nothing else waits for anything.
    """
    free = or_(DeliveryRow.leased_until.is_(None), DeliveryRow.leased_until <= now)
    due = (
        select(DeliveryRow.id)
        .where(DeliveryRow.due_at <= now, free, ~_behind_its_original())
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


def _behind_its_original() -> ColumnElement[bool]:
    original, correction = aliased(DeliveryRow), aliased(DocumentRow)
    return exists().where(
        correction.id == DeliveryRow.document_id,
        original.document_id == correction.corrects,
        original.state == State.QUEUED,
    )


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


def of_person(session: Session, vault: Vault, sub: str, limit: int = 50) -> list[Shown]:
    """A clinician's newest deliveries, those not yet confirmed first; as many queries for one as for `limit`."""
    rows = session.execute(
        _joined()
        .add_columns(EpjRow.registration)
        .join(EpjRow, EpjRow.id == DeliveryRow.epj_id)
        .where(LaunchRow.sub == sub)
        .order_by(or_(DeliveryRow.state == State.COMPLETED, DeliveryRow.filed_at.is_not(None)))
        .order_by(DocumentRow.accepted_at.desc())
        .limit(limit)
    ).all()
    histories = documents.histories(session, [delivery.id for delivery, *_ in rows])
    return [
        Shown(
            delivery=_delivery(delivery, launch, context, document),
            service_id=launch.service_id,
            title=documents.title_of(document, vault),
            patient=opened.patient if (opened := contexts.of_row(context, vault)) else None,
            filed=delivery.filed_at is not None,
            files_by_itself=bool(registration.get("files_by_itself")),
            history=histories[delivery.id],
        )
        for delivery, launch, context, document, registration in rows
    ]


def file_by_hand(session: Session, delivery_id: str, sub: str, now: datetime) -> bool:
    """Note the clinician's tick *i journalen*, the first one; False when the Delivery is not hers."""
    hers = select(DocumentRow.id).join(LaunchRow, LaunchRow.id == DocumentRow.launch_id).where(LaunchRow.sub == sub)
    mine = (DeliveryRow.id == delivery_id, DeliveryRow.document_id.in_(hers))
    first = func.coalesce(DeliveryRow.filed_at, now)
    return session.scalar(update(DeliveryRow).where(*mine).values(filed_at=first).returning(DeliveryRow.id)) is not None


def cursor(session: Session, epj_id: str) -> str:
    """Up to where this EPJ's receipts were read."""
    return session.get_one(EpjRow, epj_id).cursor


def move_cursor(session: Session, epj_id: str, to: str) -> None:
    """Remember how far the receipts were read, in the transaction that took them in."""
    session.execute(update(EpjRow).where(EpjRow.id == epj_id).values(cursor=to))


def awaiting(session: Session) -> Sequence[str]:
    """The EPJs that owe us a receipt; a message whose sending failed may have arrived all the same."""
    tried = (DeliveryRow.attempts > 0, DeliveryRow.state != State.INVALID)
    return session.scalars(select(DeliveryRow.epj_id).where(DeliveryRow.apprec_id.is_(None), *tried).distinct()).all()


def _joined() -> Select[DeliveryRow, LaunchRow, ContextRow, DocumentRow]:
    return (
        select(DeliveryRow, LaunchRow, ContextRow, DocumentRow)
        .join(DocumentRow, DocumentRow.id == DeliveryRow.document_id)
        .join(LaunchRow, LaunchRow.id == DocumentRow.launch_id)
        .join(ContextRow, ContextRow.id == LaunchRow.context_id)
    )


def _one(session: Session, where: ColumnElement[bool]) -> Delivery | None:
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
