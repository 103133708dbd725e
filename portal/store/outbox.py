"""The outbox: claim under a lease, settle under the fence, match what transports and journals say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, exists, func, or_, select, text, update

from portal.domain.context import ReplyTo
from portal.domain.delivery import LISTENED, State
from portal.store.database import insert
from portal.store.tables.base import plain
from portal.store.tables.journal import OWED, DeliveryEventRow, DeliveryRow, DocumentRow
from portal.store.tables.launches import ContextRow, LaunchRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Executable, Row, Select
    from sqlalchemy.orm import Session

    from portal.domain.delivery import Step
    from portal.domain.receipt import AppRec
    from portal.store.vault import Vault

ERRORS = "apprec_errors"
"""What a journal says is wrong is sealed for this purpose: it may name anybody."""

# Built once: every message runs these, and every second asks the last one.
_TABLES = (DeliveryRow, DocumentRow, LaunchRow, ContextRow)
_ROW, _DOCUMENT, _LAUNCH, _CONTEXT = map(plain, _TABLES)
_OTHER, _CORRECTION = _ROW.alias(), _DOCUMENT.alias()
_NEWEST = ~exists().where(_OTHER.c.replaces == _ROW.c.id)
_NOTE = plain(DeliveryEventRow).insert()
_WHOLE = (
    select(
        _ROW,
        _DOCUMENT.c.launch_id,
        _DOCUMENT.c.accepted_at,
        _LAUNCH.c.context_id,
        _LAUNCH.c.service_id,
        _CONTEXT.c.patient_ref,
    )
    .join(_DOCUMENT, _DOCUMENT.c.id == _ROW.c.document_id)
    .join(_LAUNCH, _LAUNCH.c.id == _DOCUMENT.c.launch_id)
    .join(_CONTEXT, _CONTEXT.c.id == _LAUNCH.c.context_id)
)
_FIND = _WHOLE.where(_ROW.c.id == bindparam("delivery_id"))
_BY_MSG_ID = _WHOLE.where(_ROW.c.msg_id == bindparam("its_msg_id"))
_BY_REFERENCE = _WHOLE.where(
    _ROW.c.reference == bindparam("its_reference"), _ROW.c.transport == bindparam("its_transport")
)
_LOOKED_UP_AGAIN = (_OTHER.c.state == State.REJECTED_APPREC) & _OTHER.c.due_at.is_not(None)
_BEHIND_ITS_ORIGINAL = exists().where(
    _CORRECTION.c.id == _ROW.c.document_id,
    _OTHER.c.document_id == _CORRECTION.c.corrects,
    or_(_OTHER.c.state == State.QUEUED, _LOOKED_UP_AGAIN),
)
_FREE = or_(_ROW.c.leased_until.is_(None), _ROW.c.leased_until <= bindparam("now"))
_DUE = (
    select(_ROW.c.id)
    .where(_ROW.c.due_at <= bindparam("now"), _FREE, ~_BEHIND_ITS_ORIGINAL)
    .order_by(_ROW.c.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(_ROW)
    .where(_ROW.c.id == _DUE.scalar_subquery())
    .values(leased_until=bindparam("until"), attempts=_ROW.c.attempts + 1)
    .returning(_ROW.c.id)
)
_MOVE = update(_ROW).where(_ROW.c.id == bindparam("its_id")).returning(_ROW.c.id)
_UNANSWERED = _MOVE.where(_ROW.c.apprec_id.is_(None))
_HELD = _MOVE.where(_ROW.c.attempts == bindparam("held"))
_UNMOVED = _HELD.where(
    _ROW.c.state == bindparam("seen_state"), _ROW.c.apprec_id.is_not_distinct_from(bindparam("seen_apprec_id"))
)
_HEARD = or_(_ROW.c.settled_at.is_(None), _ROW.c.settled_at > bindparam("listened_since"))
# In the words of the index, which serves none that differ.
_OWING = select(_ROW.c.epj_id).where(text(OWED), _ROW.c.attempts > 0, _HEARD).distinct()


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
    claimed = session.scalar(_CLAIM, {"now": now, "until": now + lease})
    return find(session, claimed) if claimed else None


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
    held = {"its_id": delivery.id, "held": delivery.attempts}
    seen = {"seen_state": delivery.state, "seen_apprec_id": delivery.apprec_id}
    if _moved(session, _UNMOVED, delivery, step, now, held | seen | _outcome(step, now) | values):
        return True
    # What the transport calls it is true all the same, and later news are known by that alone.
    session.execute(_HELD, held | values)
    return False


def move(
    session: Session, delivery: Delivery, step: Step, now: datetime, *unless: ColumnElement[bool], **values: Any
) -> bool:
    """Write a step and its line of history where every condition holds; False, and nothing, where one does not.

    What moves on is not settled, also where it once was: what waits to be forgotten counts from there.
    """
    whole = _outcome(step, now) | values
    changed = update(DeliveryRow).where(DeliveryRow.id == delivery.id, *unless).values(whole).returning(DeliveryRow.id)
    return _moved(session, changed, delivery, step, now)


def _outcome(step: Step, now: datetime) -> dict[str, Any]:
    return {"state": step.state, "due_at": step.next_at, "settled_at": now if step.next_at is None else None}


def _moved(
    session: Session,
    statement: Executable,
    delivery: Delivery,
    step: Step,
    now: datetime,
    values: Mapping[str, Any] | None = None,
) -> bool:
    if session.scalar(statement, values) is None:
        return False
    session.execute(_NOTE, {"delivery_id": delivery.id, "at": now, "state": step.state, "code": step.code})
    return True


def find(session: Session, delivery_id: str) -> Delivery | None:
    """A Delivery by its own id."""
    return _one(session, _FIND, delivery_id=delivery_id)


def by_msg_id(session: Session, msg_id: str) -> Delivery | None:
    """The Delivery that a receipt answers."""
    return _one(session, _BY_MSG_ID, its_msg_id=msg_id)


def by_reference(session: Session, transport: str, reference: str) -> Delivery | None:
    """The Delivery that a transport knows by its own reference."""
    return _one(session, _BY_REFERENCE, its_reference=reference, its_transport=transport)


def note_verdict(session: Session, delivery: Delivery, step: Step, now: datetime) -> bool:
    """Write what the transport says of a message; False when its receipt is there, which has the last word."""
    return _moved(session, _UNANSWERED, delivery, step, now, {"its_id": delivery.id} | _outcome(step, now))


def note_receipt(session: Session, vault: Vault, delivery: Delivery, step: Step, apprec: AppRec, now: datetime) -> bool:
    """Settle by an application receipt; False when one was there before, for it is immutable."""
    values = {"its_id": delivery.id} | _outcome(step, now)
    values |= {"apprec_id": apprec.id, "apprec_status": apprec.status}
    if apprec.errors:
        values |= {"sealed_errors": vault.seal([list(error) for error in apprec.errors], ERRORS)}
    return _moved(session, _UNANSWERED, delivery, step, now, values)


def newest() -> ColumnElement[bool]:
    """What selects the Delivery that no other replaces."""
    return _NEWEST


def replace(
    session: Session, delivery: Delivery, *, new_id: str, msg_id: str, to: ReplyTo | None, now: datetime
) -> bool:
    """Queue a new message with the same document, `to` an address that beats the context's; False for a second one."""
    row = {"id": new_id, "document_id": delivery.document_id, "epj_id": delivery.epj_id, "msg_id": msg_id}
    row |= {"replaces": delivery.id, "state": State.QUEUED}
    if to:
        row |= {"receiver_her_id": to.her_id, "receiver_parent_her_id": to.parent_her_id, "receiver_kind": to.kind}
    statement = insert(session, DeliveryRow).values(row).values(due_at=now)
    if session.scalar(statement.on_conflict_do_nothing().returning(DeliveryRow.id)) is None:
        return False
    session.add(DeliveryEventRow(delivery_id=new_id, at=now, state=State.QUEUED, code="replaces"))
    return True


def owing(session: Session, now: datetime) -> Sequence[str]:
    """The EPJs that owe us a receipt; a message whose sending failed may have arrived all the same."""
    return session.scalars(_OWING, {"listened_since": now - LISTENED}).all()


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


def _one(session: Session, statement: Executable, **named: str) -> Delivery | None:
    row = session.execute(statement, named).one_or_none()
    return _of(row, row.service_id, row.context_id, row.patient_ref, row) if row else None


def of_row(delivery: DeliveryRow, launch: LaunchRow, context: ContextRow, document: DocumentRow) -> Delivery:
    """The Delivery of rows that have been read."""
    return _of(delivery, launch.service_id, context.id, context.patient_ref, document)


def _of(
    delivery: DeliveryRow | Row[Any],
    service_id: str,
    context_id: str,
    patient_ref: str,
    document: DocumentRow | Row[Any],
) -> Delivery:
    her_id, parent, kind = delivery.receiver_her_id, delivery.receiver_parent_her_id, delivery.receiver_kind
    return Delivery(
        id=delivery.id,
        document_id=delivery.document_id,
        launch_id=document.launch_id,
        context_id=context_id,
        service_id=service_id,
        epj_id=delivery.epj_id,
        msg_id=delivery.msg_id,
        state=State(delivery.state),
        attempts=delivery.attempts,
        tries=delivery.attempts - delivery.attempts_before,
        due_at=delivery.due_at,
        reference=delivery.reference,
        receiver=ReplyTo(her_id, parent, kind) if her_id and parent and kind else None,
        apprec_id=delivery.apprec_id,
        apprec_status=delivery.apprec_status,
        sent_at=delivery.sent_at,
        accepted_at=document.accepted_at,
        patient_ref=patient_ref,
    )
