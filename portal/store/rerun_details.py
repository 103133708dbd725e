"""All that an operator may know of one Delivery: nothing of its patient, and none of its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.store import contexts, documents, outbox
from portal.store.tables.journal import DeliveryRow, DocumentRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.store.documents import History
    from portal.store.outbox import Delivery
    from portal.store.vault import Vault


@dataclass(frozen=True)
class Details:
    """A Delivery with its history; `codes` are the receipt's, `her_id` is None when the address is not kept."""

    delivery: Delivery
    transport: str | None
    her_id: str | None
    codes: tuple[str, ...]
    replaces: str | None
    replaced_by: str | None
    retry_by: str | None
    settled_at: datetime | None
    filed_at: datetime | None
    kept: bool
    history: History


def of(session: Session, vault: Vault, delivery_id: str) -> Details | None:
    """The Delivery with this id."""
    delivery = outbox.find(session, delivery_id)
    if delivery is None:
        return None
    row = session.get_one(DeliveryRow, delivery_id)
    return Details(
        delivery=delivery,
        transport=row.transport,
        her_id=_her_id(session, vault, delivery),
        codes=_codes(row, vault),
        replaces=row.replaces,
        replaced_by=session.scalar(select(DeliveryRow.id).where(DeliveryRow.replaces == delivery_id)),
        retry_by=row.retry_by,
        settled_at=row.settled_at,
        filed_at=row.filed_at,
        kept=session.scalar(select(DocumentRow.sealed.is_not(None)).where(DocumentRow.id == row.document_id)) or False,
        history=documents.histories(session, [delivery_id])[delivery_id],
    )


def _her_id(session: Session, vault: Vault, delivery: Delivery) -> str | None:
    context = None if delivery.receiver else contexts.find(session, vault, delivery.context_id)
    receiver = context.reply_to if context else delivery.receiver
    return receiver.her_id if receiver else None


def _codes(row: DeliveryRow, vault: Vault) -> tuple[str, ...]:
    told = vault.open(row.sealed_errors, outbox.ERRORS) if row.sealed_errors else None
    return tuple(code for code, _ in told or () if code)
