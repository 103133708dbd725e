"""Deliveries as their clinician sees them: what became of each, and the clinician's own word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, update

from portal.domain.delivery import State
from portal.domain.receipt import ReceiptError
from portal.store import contexts, documents, outbox
from portal.store.tables.journal import DeliveryRow, DocumentRow
from portal.store.tables.launches import LaunchRow
from portal.store.tables.registers import EpjRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.domain.context import Patient
    from portal.store.documents import History
    from portal.store.outbox import Delivery
    from portal.store.vault import Vault


@dataclass(frozen=True)
class Shown:
    """A Delivery as its clinician sees it; title and patient are None when they are no longer kept."""

    delivery: Delivery
    title: str | None
    patient: Patient | None
    filed: bool
    files_by_itself: bool
    errors: tuple[ReceiptError, ...]
    history: History


def of_person(session: Session, vault: Vault, sub: str, limit: int = 50) -> list[Shown]:
    """A clinician's newest deliveries, those not yet confirmed first; as many queries for one as for `limit`.

    Of several messages with one document the newest stands for it.
    """
    rows = session.execute(
        outbox.joined()
        .add_columns(EpjRow.registration)
        .join(EpjRow, EpjRow.id == DeliveryRow.epj_id)
        .where(LaunchRow.sub == sub, outbox.newest())
        .order_by(or_(DeliveryRow.state == State.COMPLETED, DeliveryRow.filed_at.is_not(None)))
        .order_by(DocumentRow.accepted_at.desc())
        .limit(limit)
    ).all()
    histories = documents.histories(session, [delivery.id for delivery, *_ in rows])
    return [
        Shown(
            delivery=outbox.of_row(delivery, launch, context, document),
            title=documents.title_of(document, vault),
            patient=opened.patient if (opened := contexts.of_row(context, vault)) else None,
            filed=delivery.filed_at is not None,
            files_by_itself=bool(registration.get("files_by_itself")),
            errors=_errors(delivery, vault),
            history=histories[delivery.id],
        )
        for delivery, launch, context, document, registration in rows
    ]


def of_person_one(session: Session, delivery_id: str, sub: str) -> Delivery | None:
    """One Delivery, if it is this person's."""
    row = session.execute(outbox.joined().where(DeliveryRow.id == delivery_id, LaunchRow.sub == sub)).one_or_none()
    return outbox.of_row(*row) if row else None


def file_by_hand(session: Session, delivery_id: str, sub: str, now: datetime) -> bool:
    """Note the clinician's tick *i journalen*, the first one; False when the Delivery is not hers."""
    hers = select(DocumentRow.id).join(LaunchRow, LaunchRow.id == DocumentRow.launch_id).where(LaunchRow.sub == sub)
    mine = (DeliveryRow.id == delivery_id, DeliveryRow.document_id.in_(hers))
    first = func.coalesce(DeliveryRow.filed_at, now)
    return session.scalar(update(DeliveryRow).where(*mine).values(filed_at=first).returning(DeliveryRow.id)) is not None


def _errors(delivery: DeliveryRow, vault: Vault) -> tuple[ReceiptError, ...]:
    told = vault.open(delivery.sealed_errors, outbox.ERRORS) if delivery.sealed_errors else None
    return tuple(ReceiptError(code, text) for code, text in told or ())
