"""The outbox: claim under a lease, settle under the fence, match what transports and journals say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import aliased

from portal.domain.context import ReplyTo
from portal.domain.delivery import LISTENED, State
from portal.store.database import insert
from portal.store.tables.journal import DeliveryEventRow, DeliveryRow, DocumentRow
from portal.store.tables.launches import ContextRow, LaunchRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from portal.domain.delivery import Step
    from portal.domain.receipt import AppRec
    from portal.store.vault import Vault

ERRORS = "apprec_errors"
"""What a journal says is wrong is sealed for this purpose: it may name anybody."""


@dataclass(frozen=True)
class Delivery:
    """One Document on its way to one EPJ; `attempts` is the fence of the lease that it was claimed under.

    `tries` are the attempts since a person last wanted it sent; `receiver` is an address that beats the context's.
    """

    id: str
    document_id: str
    launch_id: str
    context_id: str
    service_id: str
    epj_id: str
    msg_id: str
    state: State
    attempts: int
    tries: int
    due_at: datetime | None
    reference: str | None
    receiver: ReplyTo | None
    apprec_id: str | None
    apprec_status: str | None
    sent_at: datetime | None
    accepted_at: datetime
    patient_ref: str


def claim(session: Session, now: datetime, lease: timedelta) -> Delivery | None:
    """Take the oldest due Delivery for `lease`; nobody else gets it meanwhile, and a dead worker's comes free.

    A correction waits for what it corrects to be sent, also anew; nothing else waits for anything.
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
        or_(original.state == State.QUEUED, (original.state == State.REJECTED_APPREC) & original.due_at.is_not(None)),
    )


@dataclass(frozen=True)
class Taken:
    """Which transport took a message, what it calls it, and whether the journal has confirmed that it stands there."""

    transport: str
    reference: str
    filed: bool = False


def settle(session: Session, delivery: Delivery, step: Step, now: datetime, taken: Taken | None = None) -> bool:
    """Write the outcome of a claim; False when the lease was lost, or the news of it were here first: they stand."""
    values: dict[str, Any] = {"leased_until": None}
    if taken is not None:
        values |= {"transport": taken.transport, "reference": taken.reference, "sent_at": now}
        values |= {"filed_at": now} if taken.filed else {}
    held = DeliveryRow.attempts == delivery.attempts
    unmoved = (
        DeliveryRow.state == delivery.state,
        DeliveryRow.apprec_id.is_not_distinct_from(delivery.apprec_id),
    )
    if move(session, delivery, step, now, held, *unmoved, **values):
        return True
    # What the transport calls it is true all the same, and later news are known by that alone.
    session.execute(update(DeliveryRow).where(DeliveryRow.id == delivery.id, held).values(values))
    return False


def move(
    session: Session, delivery: Delivery, step: Step, now: datetime, *unless: ColumnElement[bool], **values: Any
) -> bool:
    """Write a step and its line of history where every condition holds; False, and nothing, where one does not.

    What moves on is not settled, also where it once was: what waits to be forgotten counts from there.
    """
    settled_at = now if step.next_at is None else None
    whole = {"state": step.state, "due_at": step.next_at, "settled_at": settled_at} | values
    changed = update(DeliveryRow).where(DeliveryRow.id == delivery.id, *unless).values(whole).returning(DeliveryRow.id)
    if session.scalar(changed) is None:
        return False
    session.add(DeliveryEventRow(delivery_id=delivery.id, at=now, state=step.state, code=step.code))
    return True


def find(session: Session, delivery_id: str) -> Delivery | None:
    """A Delivery by its own id."""
    return _one(session, DeliveryRow.id == delivery_id)


def by_msg_id(session: Session, msg_id: str) -> Delivery | None:
    """The Delivery that a receipt answers."""
    return _one(session, DeliveryRow.msg_id == msg_id)


def by_reference(session: Session, transport: str, reference: str) -> Delivery | None:
    """The Delivery that a transport knows by its own reference."""
    return _one(session, (DeliveryRow.reference == reference) & (DeliveryRow.transport == transport))


def note_verdict(session: Session, delivery: Delivery, step: Step, now: datetime) -> bool:
    """Write what the transport says of a message; False when its receipt is there, which has the last word."""
    return move(session, delivery, step, now, DeliveryRow.apprec_id.is_(None))


def note_receipt(session: Session, vault: Vault, delivery: Delivery, step: Step, apprec: AppRec, now: datetime) -> bool:
    """Settle by an application receipt; False when one was there before, for it is immutable."""
    values: dict[str, Any] = {"apprec_id": apprec.id, "apprec_status": apprec.status}
    if apprec.errors:
        values |= {"sealed_errors": vault.seal([list(error) for error in apprec.errors], ERRORS)}
    return move(session, delivery, step, now, DeliveryRow.apprec_id.is_(None), **values)


def newest() -> ColumnElement[bool]:
    """What selects the Delivery that no other replaces."""
    later = aliased(DeliveryRow)
    return ~exists().where(later.replaces == DeliveryRow.id)


def replace(
    session: Session, delivery: Delivery, *, new_id: str, msg_id: str, to: ReplyTo | None, now: datetime
) -> bool:
    """Queue a new message with the same document, `to` an address that beats the context's; False for a second one."""
    row = {"id": new_id, "document_id": delivery.document_id, "epj_id": delivery.epj_id, "msg_id": msg_id}
    row |= {"replaces": delivery.id, "state": State.QUEUED}
    address = {"receiver_her_id": to.her_id, "receiver_parent_her_id": to.parent_her_id} if to else {}
    statement = insert(session, DeliveryRow).values(row | address).values(due_at=now)
    if session.scalar(statement.on_conflict_do_nothing().returning(DeliveryRow.id)) is None:
        return False
    session.add(DeliveryEventRow(delivery_id=new_id, at=now, state=State.QUEUED, code="replaces"))
    return True


def owing(session: Session, now: datetime) -> Sequence[str]:
    """The EPJs that owe us a receipt; a message whose sending failed may have arrived all the same."""
    tried = (DeliveryRow.attempts > 0, DeliveryRow.state.not_in({State.INVALID, State.CANCELLED, State.COMPLETED}))
    heard = or_(DeliveryRow.settled_at.is_(None), DeliveryRow.settled_at > now - LISTENED)
    return session.scalars(
        select(DeliveryRow.epj_id).where(DeliveryRow.apprec_id.is_(None), *tried, heard).distinct()
    ).all()


def count_by_state(session: Session) -> dict[str, int]:
    """How many Deliveries there are in each state."""
    rows = session.execute(select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state))
    return {state: count for state, count in rows}  # noqa: C416  dict() of SQLAlchemy's rows is untyped


def joined() -> Select[DeliveryRow, LaunchRow, ContextRow, DocumentRow]:
    """Deliveries with what they came from."""
    return (
        select(DeliveryRow, LaunchRow, ContextRow, DocumentRow)
        .join(DocumentRow, DocumentRow.id == DeliveryRow.document_id)
        .join(LaunchRow, LaunchRow.id == DocumentRow.launch_id)
        .join(ContextRow, ContextRow.id == LaunchRow.context_id)
    )


def _one(session: Session, where: ColumnElement[bool]) -> Delivery | None:
    row = session.execute(joined().where(where)).one_or_none()
    return of_row(*row) if row else None


def of_row(delivery: DeliveryRow, launch: LaunchRow, context: ContextRow, document: DocumentRow) -> Delivery:
    """The Delivery of rows that have been read."""
    her_id, parent = delivery.receiver_her_id, delivery.receiver_parent_her_id
    return Delivery(
        id=delivery.id,
        document_id=document.id,
        launch_id=launch.id,
        context_id=context.id,
        service_id=launch.service_id,
        epj_id=delivery.epj_id,
        msg_id=delivery.msg_id,
        state=State(delivery.state),
        attempts=delivery.attempts,
        tries=delivery.attempts - delivery.attempts_before,
        due_at=delivery.due_at,
        reference=delivery.reference,
        receiver=ReplyTo(her_id, parent) if her_id and parent else None,
        apprec_id=delivery.apprec_id,
        apprec_status=delivery.apprec_status,
        sent_at=delivery.sent_at,
        accepted_at=document.accepted_at,
        patient_ref=context.patient_ref,
    )
