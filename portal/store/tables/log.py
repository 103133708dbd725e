"""The audit log and its chain."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.tables.base import Base, Hash, Instant, Sequence


class AuditRow(Base):
    """Who, office, patient, what, when, on what basis. Written with the act itself, chained later by the sealer."""

    __tablename__ = "audit_event"
    id: Mapped[Sequence]
    at: Mapped[Instant]
    action: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[str] = mapped_column(String(60))
    actor: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str | None] = mapped_column(String(20))
    patient_ref: Mapped[str | None] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200), server_default="")
    basis: Mapped[str] = mapped_column(String(200), server_default="")
    batch: Mapped[int | None] = mapped_column(ForeignKey("audit_batch.id"), index=True)
    place: Mapped[int | None]


class AuditBatchRow(Base):
    """A link of the audit chain: HMAC over the previous link and this batch's rows, under a key kept elsewhere."""

    __tablename__ = "audit_batch"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    digest: Mapped[Hash]
    sealed_at: Mapped[Instant]
