"""Documents and their Deliveries: taken in together, in one transaction, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.domain.delivery import State
from portal.store import outbox
from portal.store.database import insert
from portal.store.tables.journal import DeliveryEventRow, DeliveryRow, DocumentRow
from portal.store.tables.launches import ContextRow, LaunchRow
from portal.store.tables.registers import EpjRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.domain.launch import Launch
    from portal.store.vault import Vault

_PURPOSE, _PDF_PURPOSE = "document", "document_pdf"

History = tuple[tuple["datetime", str, str], ...]
"""Every step of a Delivery, oldest first: when, state, code."""


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
    msg_id: str
    state: State
    filed: bool
    files_by_itself: bool
    history: History


def accept(
    session: Session,
    vault: Vault,
    document: Document,
    *,
    delivery_id: str,
    msg_id: str,
    epj_id: str,
    asks: bool = False,
) -> bool:
    """Store a document, its Delivery and the first event; False, and nothing, when the client's id is taken.

    A second request with the same id waits for the first to commit, so one of many at once wins. With `asks` it waits
    for its clinician's word.
    """
    taken = session.scalar(
        insert(session, DocumentRow)
        .values(
            id=document.id,
            client_id=document.client_id,
            document_id=document.document_id,
            launch_id=document.launch_id,
            digest=document.digest,
            sealed=vault.seal({"title": document.title, "text": document.text}, _PURPOSE),
            sealed_pdf=vault.seal_bytes(document.pdf, _PDF_PURPOSE),
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
    delivery.state, delivery.due_at = State.QUEUED, None if asks else now
    session.add(delivery)
    session.flush()
    code = "asks" if asks else ""
    session.add(DeliveryEventRow(delivery_id=delivery_id, at=now, state=State.QUEUED, code=code))
    return True


def load(session: Session, vault: Vault, row_id: str) -> Document | None:
    """A whole document, PDF and all, while its content is kept."""
    found = session.execute(select(DocumentRow, DocumentRow.sealed_pdf).where(DocumentRow.id == row_id)).one_or_none()
    if found is None:
        return None
    row, sealed_pdf = found
    content = _content(row, vault)
    pdf = vault.open_bytes(sealed_pdf, _PDF_PURPOSE) if sealed_pdf else None
    if content is None or pdf is None:
        return None
    return Document(
        id=row.id,
        client_id=row.client_id,
        document_id=row.document_id,
        launch_id=row.launch_id,
        digest=row.digest,
        title=content["title"],
        text=content["text"],
        pdf=pdf,
        corrects=row.corrects,
        accepted_at=row.accepted_at,
    )


def title_of(row: DocumentRow, vault: Vault) -> str | None:
    """The title of a row that has been read, while its content is kept; the PDF stays where it is."""
    content = _content(row, vault)
    return content["title"] if content else None


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
        select(DocumentRow, DeliveryRow, EpjRow.registration)
        .join(DeliveryRow, DeliveryRow.document_id == DocumentRow.id)
        .join(EpjRow, EpjRow.id == DeliveryRow.epj_id)
        .where(DocumentRow.client_id == client_id, DocumentRow.document_id == document_id, outbox.newest())
    ).one_or_none()
    if found is None:
        return None
    document, delivery, registration = found
    return Receipt(
        document_id=document.document_id,
        digest=document.digest,
        msg_id=delivery.msg_id,
        state=State(delivery.state),
        filed=delivery.filed_at is not None,
        files_by_itself=bool(registration.get("files_by_itself")),
        history=histories(session, [delivery.id])[delivery.id],
    )


def histories(session: Session, delivery_ids: Collection[str]) -> dict[str, History]:
    """The history of each of these Deliveries, all in one query."""
    steps: dict[str, list[tuple[datetime, str, str]]] = {delivery_id: [] for delivery_id in delivery_ids}
    rows = session.scalars(
        select(DeliveryEventRow).where(DeliveryEventRow.delivery_id.in_(steps)).order_by(DeliveryEventRow.id)
    )
    for row in rows:
        steps[row.delivery_id].append((row.at, row.state, row.code))
    return {delivery_id: tuple(taken) for delivery_id, taken in steps.items()}


def _content(row: DocumentRow, vault: Vault) -> dict[str, str] | None:
    return vault.open(row.sealed, _PURPOSE) if row.sealed else None
