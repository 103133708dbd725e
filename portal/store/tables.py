"""Every table. A column named `sealed…` holds ciphertext (domain/keyring); `patient_ref` is an HMAC, never a number."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from portal.store.columns import Json, Utc

Instant = Annotated[datetime, mapped_column(Utc)]
MaybeInstant = Annotated[datetime | None, mapped_column(Utc)]
Id = Annotated[str, mapped_column(String(64))]
Hash = Annotated[str, mapped_column(String(64))]
Sequence = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)]


class Base(DeclarativeBase):
    """Constraint names are part of the schema, so that a later migration can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class OneTimeRow(Base):
    """A value that holds once; a used row stays as a tombstone until what it gave has expired."""

    __tablename__ = "one_time"
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    client: Mapped[str] = mapped_column(String(200), primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[Instant]
    used_at: Mapped[MaybeInstant]
    keep_until: Mapped[datetime] = mapped_column(Utc, index=True)


class LoginRow(Base):
    """A signed-in browser; the cookie's secret is stored as a hash."""

    __tablename__ = "login_session"
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    sub: Mapped[Id]
    sid: Mapped[str] = mapped_column(String(200), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    org_parent: Mapped[str | None] = mapped_column(String(9))
    org_child: Mapped[str | None] = mapped_column(String(9))
    created_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[MaybeInstant]


class EpjRow(Base):
    """A journal system's registration."""

    __tablename__ = "epj"
    id: Mapped[Id] = mapped_column(primary_key=True)
    registration: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(20))
    proposed_by: Mapped[str] = mapped_column(String(100))
    approved_by: Mapped[str | None] = mapped_column(String(100))
    cursor: Mapped[str] = mapped_column(String(100), server_default="")


class ClientRow(Base):
    """A target portal's registration."""

    __tablename__ = "client"
    id: Mapped[Id] = mapped_column(primary_key=True)
    service_id: Mapped[Id] = mapped_column(unique=True)
    registration: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(20))
    proposed_by: Mapped[str] = mapped_column(String(100))
    approved_by: Mapped[str | None] = mapped_column(String(100))


class RevisionRow(Base):
    """A published catalogue; the newest is the one in force."""

    __tablename__ = "catalogue_revision"
    id: Mapped[Sequence]
    based_on: Mapped[int | None] = mapped_column(ForeignKey("catalogue_revision.id"))
    document: Mapped[str] = mapped_column(Text)
    published_by: Mapped[str] = mapped_column(String(100))
    published_at: Mapped[Instant]


class NoticeRow(Base):
    """A stop of a service, planned or by a fault, as its owner said; `ended_at` when it was over before `ends_at`."""

    __tablename__ = "notice"
    service_id: Mapped[Id] = mapped_column(primary_key=True)
    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    begins_at: Mapped[Instant]
    ends_at: Mapped[datetime] = mapped_column(Utc, index=True)
    message: Mapped[dict[str, Any]] = mapped_column(Json)
    posted_by: Mapped[str] = mapped_column(String(100))
    ended_at: Mapped[MaybeInstant]


class MarkRow(Base):
    """A service that a person has marked, or has used, at one office (empty: unknown)."""

    __tablename__ = "service_mark"
    sub: Mapped[Id] = mapped_column(primary_key=True)
    office: Mapped[str] = mapped_column(String(20), primary_key=True)
    service_id: Mapped[Id] = mapped_column(primary_key=True)
    favourite_at: Mapped[MaybeInstant]
    used_at: Mapped[MaybeInstant]


class PersonRow(Base):
    """What a person has chosen for all pages, on every machine."""

    __tablename__ = "person"
    sub: Mapped[Id] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(2))
    chosen_at: Mapped[Instant]


class ContextRow(Base):
    """What an EPJ opened. `sealed` is emptied when nothing needs the patient any more."""

    __tablename__ = "context"
    id: Mapped[Id] = mapped_column(primary_key=True)
    epj_id: Mapped[str] = mapped_column(ForeignKey("epj.id"))
    client_id: Mapped[str] = mapped_column(String(200))
    sub: Mapped[Id]
    sid: Mapped[str] = mapped_column(String(200))
    patient_ref: Mapped[Hash]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    org_parent: Mapped[str] = mapped_column(String(9))
    org_child: Mapped[str | None] = mapped_column(String(9))
    service_id: Mapped[str | None] = mapped_column(String(60))
    challenge: Mapped[str] = mapped_column(String(43))
    created_at: Mapped[Instant]
    activated_at: Mapped[MaybeInstant]
    expires_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    ended_at: Mapped[MaybeInstant]

    __table_args__ = (Index("ix_context_session", "sub", "client_id", "sid", "created_at"),)


class LaunchRow(Base):
    """One click from one Context (or none) to one Service; `id` is the trace id."""

    __tablename__ = "launch"
    id: Mapped[Id] = mapped_column(primary_key=True)
    context_id: Mapped[str | None] = mapped_column(ForeignKey("context.id"), index=True)
    service_id: Mapped[Id]
    client_id: Mapped[str | None] = mapped_column(ForeignKey("client.id"))
    sub: Mapped[Id] = mapped_column(index=True)
    session_hash: Mapped[Hash]
    patient_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Utc, index=True)
    redeemed_at: Mapped[MaybeInstant]
    revoked_at: Mapped[MaybeInstant]


class TokenRow(Base):
    """An access token or a write-back grant; stored as a hash, bound to a key (`jkt`, RFC 9449)."""

    __tablename__ = "token"
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    launch_id: Mapped[str] = mapped_column(ForeignKey("launch.id"), index=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"))
    jkt: Mapped[str] = mapped_column(String(43))
    scope: Mapped[str] = mapped_column(String(500))
    expires_at: Mapped[Instant]
    revoked_at: Mapped[MaybeInstant]


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
