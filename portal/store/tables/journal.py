"""Documents on their way to the journal."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.tables.base import Base, Hash, Id, Instant, MaybeInstant, Sequence


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

    __table_args__ = (UniqueConstraint("client_id", "document_id"),)


class DeliveryRow(Base):
    """The outbox: one Document on its way to one EPJ. `attempts` is the fencing token of the lease."""

    __tablename__ = "delivery"
    id: Mapped[Id] = mapped_column(primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"), unique=True)
    epj_id: Mapped[str] = mapped_column(ForeignKey("epj.id"))
    msg_id: Mapped[str] = mapped_column(String(36), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[MaybeInstant]
    leased_until: Mapped[MaybeInstant]
    reference: Mapped[str | None] = mapped_column(String(200))
    apprec_id: Mapped[str | None] = mapped_column(String(64))
    sent_at: Mapped[MaybeInstant]
    settled_at: Mapped[MaybeInstant]
    filed_at: Mapped[MaybeInstant]

    __table_args__ = (
        Index(
            "ix_delivery_due",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_delivery_awaiting",
            "epj_id",
            postgresql_where=text("apprec_id IS NULL"),
            sqlite_where=text("apprec_id IS NULL"),
        ),
    )


class DeliveryEventRow(Base):
    """Append-only history of a Delivery."""

    __tablename__ = "delivery_event"
    id: Mapped[Sequence]
    delivery_id: Mapped[str] = mapped_column(ForeignKey("delivery.id"), index=True)
    at: Mapped[Instant]
    state: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(60), server_default="")
