"""What a clinician wants done with a Delivery: the answer to a question, and sending it once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.domain.delivery import State, after_answer, after_retry, may_replace
from portal.store import chains, outbox
from portal.store.tables.journal import DeliveryRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from portal.domain.context import ReplyTo
    from portal.store.outbox import Delivery


def asks() -> ColumnElement[bool]:
    """What selects the Deliveries that wait for their clinician's word."""
    return DeliveryRow.due_at.is_(None) & DeliveryRow.settled_at.is_(None) & (DeliveryRow.state == State.QUEUED)


def answer(session: Session, delivery: Delivery, now: datetime, *, wanted: bool) -> bool:
    """Send it, or let it be; False when nothing waits for the answer, or a later document of its chain was sent."""
    step = after_answer(delivery.state, wanted=wanted, asked=delivery.due_at is None, now=now)
    if step is None or (wanted and _is_overtaken(session, delivery)):
        return False
    return outbox.move(session, delivery, step, now, asks())


def send_again(session: Session, delivery: Delivery, now: datetime) -> bool:
    """Queue the same message once more, with a fresh budget of attempts; False where it may not be, or not any more."""
    step = after_retry(delivery.state, now)
    if step is None or _is_overtaken(session, delivery):
        return False
    budget = {"attempts_before": DeliveryRow.attempts, "retry_by": None}
    return outbox.move(session, delivery, step, now, *_as_seen(delivery), DeliveryRow.apprec_id.is_(None), **budget)


def send_anew(session: Session, delivery: Delivery, *, new_id: str, msg_id: str, to: ReplyTo, now: datetime) -> bool:
    """Queue a new message in place of a rejected one, once; False where none may follow, or one has."""
    if not may_replace(delivery.state) or _is_overtaken(session, delivery):
        return False
    # The lock makes a second click wait, and then see the first one's message.
    locked = select(DeliveryRow.id).where(DeliveryRow.id == delivery.id).with_for_update()
    if session.scalar(locked) is None or session.scalar(locked.where(*_as_seen(delivery), outbox.newest())) is None:
        return False
    outbox.replace(session, delivery, new_id=new_id, msg_id=msg_id, to=to, now=now)
    return True


def _as_seen(delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    return DeliveryRow.id == delivery.id, DeliveryRow.state == delivery.state, DeliveryRow.filed_at.is_(None)


def _is_overtaken(session: Session, delivery: Delivery) -> bool:
    return bool(chains.overtaken(session, [delivery.document_id], lock=True))
