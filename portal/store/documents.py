"""Documents and their Deliveries: taken in together, in one transaction, or not at all."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from portal.domain.delivery import State
from portal.store.tables import ContextRow, DeliveryEventRow, DeliveryRow, DocumentRow, LaunchRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.domain.launch import Launch
    from portal.store.vault import Vault

_PURPOSE = "document"
_INSERT: Any = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@dataclass(frozen=True)
class Document:
    """What a target gave back; (`client_id`, `document_id`) is its key, `digest` tells a repeat from a change."""

    id: str
    client_id: str
    document_id: str
    launch_id: str
    digest: str
    title: str
    text: str
    pdf: bytes
    corrects: str | None
    accepted_at: datetime


@dataclass(frozen=True)
class Receipt:
    """Where a document is: its Delivery and the history of it."""

    document_id: str
    digest: str
    launch_id: str
    delivery_id: str
    msg_id: str
    state: State
    filed: bool
    accepted_at: datetime
    history: tuple[tuple[datetime, str, str], ...]


def accept(session: Session, vault: Vault, document: Document, *, delivery_id: str, msg_id: str, epj_id: str) -> bool:
    """Store a document, its Delivery and the first event; False, and nothing, when the client's id is taken.

    A second request with the same id waits for the first to commit, so one of many at once wins.
    """
    content = {"title": document.title, "text": document.text, "pdf": b64encode(document.pdf).decode()}
    insert = _INSERT[session.get_bind().dialect.name](DocumentRow)
    taken = session.scalar(
        insert.values(
            id=document.id,
            client_id=document.client_id,
            document_id=document.document_id,
            launch_id=document.launch_id,
            digest=document.digest,
            size=len(document.pdf),
            sealed=vault.seal(content, _PURPOSE),
            corrects=document.corrects,
            accepted_at=document.accepted_at,
        )
        .on_conflict_do_nothing()
        .returning(DocumentRow.id)
    )
    if taken is None:
        return False
    now = document.accepted_at
    delivery = DeliveryRow(id=delivery_id, document_id=document.id, epj_id=epj_id, msg_id=msg_id)
    delivery.state, delivery.due_at = State.QUEUED, now
    session.add(delivery)
    session.flush()
    session.add(DeliveryEventRow(delivery_id=delivery_id, at=now, state=State.QUEUED))
    return True


def load(session: Session, vault: Vault, row_id: str) -> Document | None:
    """A document whose content is still kept."""
    row = session.get(DocumentRow, row_id)
    content = vault.open(row.sealed, _PURPOSE) if row and row.sealed else None
    if row is None or content is None:
        return None
    return Document(
        id=row.id,
        client_id=row.client_id,
        document_id=row.document_id,
        launch_id=row.launch_id,
        digest=row.digest,
        title=content["title"],
        text=content["text"],
        pdf=b64decode(content["pdf"]),
        corrects=row.corrects,
        accepted_at=row.accepted_at,
    )


def of_same_patient(session: Session, client_id: str, document_id: str, launch: Launch) -> str | None:
    """Our own id of a client's earlier document, if it is about the patient of this launch."""
    patient = select(ContextRow.patient_ref).where(ContextRow.id == launch.context_id).scalar_subquery()
    return session.scalar(
        select(DocumentRow.id)
        .join(LaunchRow, LaunchRow.id == DocumentRow.launch_id)
        .join(ContextRow, ContextRow.id == LaunchRow.context_id)
        .where(
            DocumentRow.client_id == client_id,
            DocumentRow.document_id == document_id,
            ContextRow.patient_ref == patient,
        )
    )


def receipt(session: Session, client_id: str, document_id: str) -> Receipt | None:
    """Where a client's document is."""
    found = session.execute(
        select(DocumentRow, DeliveryRow)
        .join(DeliveryRow, DeliveryRow.document_id == DocumentRow.id)
        .where(DocumentRow.client_id == client_id, DocumentRow.document_id == document_id)
    ).one_or_none()
    return _receipt(session, *found) if found else None


def history(session: Session, delivery_id: str) -> tuple[tuple[datetime, str, str], ...]:
    """Every step of a Delivery, oldest first: when, state, code."""
    rows = session.scalars(
        select(DeliveryEventRow).where(DeliveryEventRow.delivery_id == delivery_id).order_by(DeliveryEventRow.id)
    )
    return tuple((row.at, row.state, row.code) for row in rows)


def _receipt(session: Session, document: DocumentRow, delivery: DeliveryRow) -> Receipt:
    return Receipt(
        document_id=document.document_id,
        digest=document.digest,
        launch_id=document.launch_id,
        delivery_id=delivery.id,
        msg_id=delivery.msg_id,
        state=State(delivery.state),
        filed=delivery.filed_at is not None,
        accepted_at=document.accepted_at,
        history=history(session, delivery.id),
    )
