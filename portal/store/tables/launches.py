"""Values that hold once, contexts, launches and what those gave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.columns import Utc
from portal.store.tables.base import Base, Hash, Id, Instant, MaybeInstant


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


class ContextRow(Base):
    """What an EPJ opened. `sealed` is emptied when nothing needs the patient any more.

    At door B there is no `challenge`, and no `sub` before `login_hash`, the login that it was activated in;
    `sealed_smart` is what opens the journal for documents while the SMART launch lives.
    """

    __tablename__ = "context"
    id: Mapped[Id] = mapped_column(primary_key=True)
    epj_id: Mapped[str] = mapped_column(ForeignKey("epj.id"))
    client_id: Mapped[str] = mapped_column(String(200))
    sub: Mapped[str | None] = mapped_column(String(64))
    sid: Mapped[str] = mapped_column(String(200))
    login_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    patient_ref: Mapped[Hash]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_smart: Mapped[bytes | None] = mapped_column(LargeBinary)
    org_parent: Mapped[str] = mapped_column(String(9))
    org_child: Mapped[str | None] = mapped_column(String(9))
    service_id: Mapped[str | None] = mapped_column(String(60))
    challenge: Mapped[str | None] = mapped_column(String(43))
    created_at: Mapped[Instant]
    activated_at: Mapped[MaybeInstant]
    expires_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    ended_at: Mapped[MaybeInstant]

    __table_args__ = (
        Index("ix_context_session", "client_id", "sid", "created_at"),
        Index("ix_context_sub", "sub"),
    )


class LaunchRow(Base):
    """One click from one Context (or none) to one Service; `id` is the trace id.

    `authorize_by` is until when its target may take it up, None for one that takes nothing up.
    """

    __tablename__ = "launch"
    id: Mapped[Id] = mapped_column(primary_key=True)
    context_id: Mapped[str | None] = mapped_column(ForeignKey("context.id"), index=True)
    service_id: Mapped[Id]
    client_id: Mapped[str | None] = mapped_column(ForeignKey("client.id"))
    sub: Mapped[Id] = mapped_column(index=True)
    session_hash: Mapped[Hash]
    patient_id: Mapped[str | None] = mapped_column(String(64))
    organisation: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Utc, index=True)
    authorize_by: Mapped[MaybeInstant]
    redeemed_at: Mapped[MaybeInstant]
    revoked_at: Mapped[MaybeInstant]


class TokenRow(Base):
    """An access token, a refresh token or a write-back grant; stored as a hash.

    `jkt` is the key that it is bound to (RFC 9449 §6.1), None for a bearer token of the classic profile.
    """

    __tablename__ = "token"
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    launch_id: Mapped[str] = mapped_column(ForeignKey("launch.id"), index=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"))
    jkt: Mapped[str | None] = mapped_column(String(43))
    scope: Mapped[str] = mapped_column(String(500))
    expires_at: Mapped[Instant]
    revoked_at: Mapped[MaybeInstant]


class LaunchFailureRow(Base):
    """That a target, or our own authorization server, could not take a launch up; nothing of the patient."""

    __tablename__ = "launch_failure"
    id: Mapped[Id] = mapped_column(primary_key=True)
    launch_id: Mapped[str] = mapped_column(ForeignKey("launch.id"), index=True)
    service_id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Utc, index=True)
