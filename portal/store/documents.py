"""Documents and their Deliveries: taken in together, in one transaction, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from portal.domain.delivery import State
from portal.store import outbox
from portal.store.database import Prepared
from portal.store.tables.base import plain
from portal.store.tables.journal import DeliveryEventRow, DeliveryRow, DocumentRow
from portal.store.tables.launches import ContextRow, LaunchRow
from portal.store.tables.registers import EpjRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from portal.domain.launch import Launch
    from portal.store.vault import Vault

_PURPOSE, _PDF_PURPOSE = "document", "document_pdf"

# Built once: every document runs these.
_ROW, _DELIVERY, _EVENT, _EPJ = map(plain, (DocumentRow, DeliveryRow, DeliveryEventRow, EpjRow))
_TAKE = Prepared(_ROW, lambda row: row.on_conflict_do_nothing().returning(_ROW.c.id))
_QUEUE, _NOTE = _DELIVERY.insert(), _EVENT.insert()
_LOAD = select(_ROW).where(_ROW.c.id == bindparam("row_id"))
_RECEIPT = (
    select(
        _ROW.c.document_id,
        _ROW.c.digest,
        _DELIVERY.c.id,
        _DELIVERY.c.msg_id,
        _DELIVERY.c.state,
        _DELIVERY.c.filed_at,
        _EPJ.c.registration,
    )
    .select_from(_ROW)
    .join(_DELIVERY, _DELIVERY.c.document_id == _ROW.c.id)
    .join(_EPJ, _EPJ.c.id == _DELIVERY.c.epj_id)
    .where(_ROW.c.client_id == bindparam("client_id"), _ROW.c.document_id == bindparam("named"), outbox.newest())
)
_HISTORIES = (
    select(_EVENT.c.delivery_id, _EVENT.c.at, _EVENT.c.state, _EVENT.c.code)
    .where(_EVENT.c.delivery_id.in_(bindparam("delivery_ids", expanding=True)))
    .order_by(_EVENT.c.id)
)

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
    now = document.accepted_at
    row = {
        "id": document.id,
        "client_id": document.client_id,
        "document_id": document.document_id,
        "launch_id": document.launch_id,
        "digest": document.digest,
        "sealed": vault.seal({"title": document.title, "text": document.text}, _PURPOSE),
        "sealed_pdf": vault.seal_bytes(document.pdf, _PDF_PURPOSE),
        "corrects": document.corrects,
        "accepted_at": now,
    }
    if session.scalar(_TAKE.of(session), row) is None:
        return False
    delivery = {"id": delivery_id, "document_id": document.id, "epj_id": epj_id, "msg_id": msg_id}
    session.execute(_QUEUE, delivery | {"state": State.QUEUED, "due_at": None if asks else now})
    first = {"delivery_id": delivery_id, "at": now, "state": State.QUEUED, "code": "asks" if asks else ""}
    session.execute(_NOTE, first)
    return True


def load(session: Session, vault: Vault, row_id: str) -> Document | None:
    """A whole document, PDF and all, while its content is kept."""
    row = session.execute(_LOAD, {"row_id": row_id}).one_or_none()
    if row is None:
        return None
    content = _content(row, vault)
    pdf = vault.open_bytes(row.sealed_pdf, _PDF_PURPOSE) if row.sealed_pdf else None
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
    row = session.execute(_RECEIPT, {"client_id": client_id, "named": document_id}).one_or_none()
    if row is None:
        return None
    return Receipt(
        document_id=row.document_id,
        digest=row.digest,
        msg_id=row.msg_id,
        state=State(row.state),
        filed=row.filed_at is not None,
        files_by_itself=bool(row.registration.get("files_by_itself")),
        history=histories(session, [row.id])[row.id],
    )


def histories(session: Session, delivery_ids: Collection[str]) -> dict[str, History]:
    """The history of each of these Deliveries, all in one query."""
    steps: dict[str, list[tuple[datetime, str, str]]] = {delivery_id: [] for delivery_id in delivery_ids}
    for delivery_id, *step in session.execute(_HISTORIES, {"delivery_ids": list(steps)}):
        steps[delivery_id].append(tuple(step))
    return {delivery_id: tuple(taken) for delivery_id, taken in steps.items()}


def _content(row: DocumentRow | Row[Any], vault: Vault) -> dict[str, str] | None:
    return vault.open(row.sealed, _PURPOSE) if row.sealed else None
