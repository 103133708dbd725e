"""Who may talk to us, and the catalogue with its notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.columns import Json, Utc
from portal.store.tables.base import Base, Id, Instant, MaybeInstant, Sequence


class EpjRow(Base):
    """A journal system's registration; `proposal` waits for a second person while the one in force goes on."""

    __tablename__ = "epj"
    id: Mapped[Id] = mapped_column(primary_key=True)
    registration: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(20))
    proposed_by: Mapped[str] = mapped_column(String(100))
    approved_by: Mapped[str | None] = mapped_column(String(100))
    proposal: Mapped[dict[str, Any] | None] = mapped_column(Json)
    cursor: Mapped[str] = mapped_column(String(100), server_default="")


class EpjObservationRow(Base):
    """What an EPJ did in the sandbox; nothing of any patient."""

    __tablename__ = "epj_observation"
    id: Mapped[Sequence]
    epj_id: Mapped[Id] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(Utc, index=True)
    event: Mapped[str] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)


class ClientRow(Base):
    """A target portal's registration; `proposal` as for an EPJ."""

    __tablename__ = "client"
    id: Mapped[Id] = mapped_column(primary_key=True)
    service_id: Mapped[Id] = mapped_column(unique=True)
    registration: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(20))
    proposed_by: Mapped[str] = mapped_column(String(100))
    approved_by: Mapped[str | None] = mapped_column(String(100))
    proposal: Mapped[dict[str, Any] | None] = mapped_column(Json)


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
