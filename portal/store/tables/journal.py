"""Documents on their way to the journal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.columns import Utc
from portal.store.tables.base import Base, Hash, Id, Instant, MaybeInstant, Sequence

OWED = "apprec_id IS NULL AND state NOT IN ('completed', 'cancelled', 'invalid')"
"""Of which Deliveries a receipt may still come."""


def _where(name: str, column: str, condition: str) -> Index:
    """An index of those rows alone that are asked for."""
    return Index(name, column, postgresql_where=text(condition), sqlite_where=text(condition))


class DocumentRow(Base):
    """What a target gave back; `digest` covers the whole body, so that a repeat can be told from a change."""

    __tablename__ = "document"
    id: Mapped[Id] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"))
    document_id: Mapped[Id]
    launch_id: Mapped[str] = mapped_column(ForeignKey("launch.id"), index=True)
    digest: Mapped[Hash]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Megabytes, which a list of documents must not fetch.
    sealed_pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    corrects: Mapped[str | None] = mapped_column(ForeignKey("document.id"))
    accepted_at: Mapped[Instant]

    __table_args__ = (
        UniqueConstraint("client_id", "document_id"),
        _where("ix_document_corrects", "corrects", "corrects IS NOT NULL"),
    )


class DeliveryRow(Base):
    """The outbox: one Document on its way to one EPJ. `attempts` is the fencing token of the lease.

    QUEUED without `due_at` waits for its clinician's word. `attempts_before` were made before a person wanted it sent
    again, which `retry_by` has proposed. `replaces` is the Delivery that its receiver has said no to.
    """

    __tablename__ = "delivery"
    id: Mapped[Id] = mapped_column(primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"), index=True)
    replaces: Mapped[str | None] = mapped_column(ForeignKey("delivery.id"), unique=True)
    epj_id: Mapped[str] = mapped_column(ForeignKey("epj.id"))
    msg_id: Mapped[str] = mapped_column(String(36), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(server_default="0")
    attempts_before: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[MaybeInstant]
    leased_until: Mapped[MaybeInstant]
    transport: Mapped[str | None] = mapped_column(String(20))
    reference: Mapped[str | None] = mapped_column(String(200), index=True)
    receiver_her_id: Mapped[str | None] = mapped_column(String(9))
    receiver_parent_her_id: Mapped[str | None] = mapped_column(String(9))
    receiver_kind: Mapped[str | None] = mapped_column(String(20))
    apprec_id: Mapped[str | None] = mapped_column(String(64))
    apprec_status: Mapped[str | None] = mapped_column(String(1))
    sealed_errors: Mapped[bytes | None] = mapped_column(LargeBinary)
    retry_by: Mapped[str | None] = mapped_column(String(100))
    sent_at: Mapped[MaybeInstant]
    settled_at: Mapped[datetime | None] = mapped_column(Utc, index=True)
    filed_at: Mapped[MaybeInstant]

    __table_args__ = (
        _where("ix_delivery_due", "due_at", "due_at IS NOT NULL"),
        _where("ix_delivery_awaiting", "epj_id", OWED),
        _where("ix_delivery_unconfirmed", "state", "state <> 'completed'"),
        _where("ix_delivery_asked", "document_id", "due_at IS NULL AND settled_at IS NULL"),
    )


class DeliveryEventRow(Base):
    """Append-only history of a Delivery."""

    __tablename__ = "delivery_event"
    id: Mapped[Sequence]
    delivery_id: Mapped[str] = mapped_column(ForeignKey("delivery.id"), index=True)
    at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(60), server_default="")


class ReceiptCursorRow(Base):
    """How far the news of one transport at one address were read; it moves with what was read."""

    __tablename__ = "receipt_cursor"
    source: Mapped[str] = mapped_column(String(250), primary_key=True)
    cursor: Mapped[str] = mapped_column(String(100))


class QuarantineRow(Base):
    """What came for us and could not be read as a receipt; a person looks at it."""

    __tablename__ = "quarantine"
    id: Mapped[Sequence]
    source: Mapped[str] = mapped_column(String(250))
    at: Mapped[datetime] = mapped_column(Utc, index=True)
    rule: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class WritebackChoiceRow(Base):
    """What an office wants of a service's reports: always in the journal, never, or to be asked each time."""

    __tablename__ = "writeback_choice"
    office: Mapped[str] = mapped_column(String(20), primary_key=True)
    service_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    choice: Mapped[str] = mapped_column(String(10))
    sub: Mapped[Id]
    chosen_at: Mapped[Instant]


class IncidentRow(Base):
    """One alert for one trouble, however many deliveries meet it; over when the next of its kind goes well."""

    __tablename__ = "incident"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    opened_at: Mapped[Instant]
    last_at: Mapped[Instant]
    count: Mapped[int]
    closed_at: Mapped[MaybeInstant]
