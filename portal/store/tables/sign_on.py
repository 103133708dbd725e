"""Who is signed in, what they chose and were assigned, and what HelseID gave us."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.columns import Json, Utc
from portal.store.tables.base import Base, Id, Instant, MaybeInstant


class LoginRow(Base):
    """A signed-in browser; the cookie's secret is stored as a hash, `placed_at` is when its office was settled."""

    __tablename__ = "login_session"
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    sub: Mapped[str] = mapped_column(String(64), index=True)
    hpr_number: Mapped[str | None] = mapped_column(String(20))
    sid: Mapped[str] = mapped_column(String(200), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    org_parent: Mapped[str | None] = mapped_column(String(9))
    org_child: Mapped[str | None] = mapped_column(String(9))
    placed_at: Mapped[MaybeInstant]
    created_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[MaybeInstant]


class HelseIdTokenRow(Base):
    """A token that HelseID gave us for one audience, and who may fetch the next; `fence` counts the leases."""

    __tablename__ = "helseid_token"
    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    audience: Mapped[str] = mapped_column(String(200), primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[MaybeInstant]
    leased_until: Mapped[MaybeInstant]
    fence: Mapped[int] = mapped_column(server_default="0")
    keep_until: Mapped[datetime] = mapped_column(Utc, index=True)


class ClientKeyRow(Base):
    """A key of ours at HelseID; the private half is sealed, and gone when nothing needs it any more."""

    __tablename__ = "client_key"
    kid: Mapped[str] = mapped_column(String(100), primary_key=True)
    public: Mapped[dict[str, Any]] = mapped_column(Json)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(20))
    made_by: Mapped[str] = mapped_column(String(100))
    made_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    expires_at: Mapped[MaybeInstant]


class PersonRow(Base):
    """What a person has chosen for all pages, on every machine."""

    __tablename__ = "person"
    sub: Mapped[Id] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(2))
    chosen_at: Mapped[Instant]


class MarkRow(Base):
    """A service that a person has marked, or has used, at one office (empty: unknown)."""

    __tablename__ = "service_mark"
    sub: Mapped[Id] = mapped_column(primary_key=True)
    office: Mapped[str] = mapped_column(String(20), primary_key=True)
    service_id: Mapped[Id] = mapped_column(primary_key=True)
    favourite_at: Mapped[MaybeInstant]
    used_at: Mapped[MaybeInstant]


class KnownPersonRow(Base):
    """What HelseID said of a person at the latest login, for the list that her EPJ shows before the next one."""

    __tablename__ = "known_person"
    sub: Mapped[Id] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    seen_at: Mapped[Instant]


class AssignmentRow(Base):
    """What an operator assigned to a person (`hpr:…` or `sub:…`): a local role, or an office to work at."""

    __tablename__ = "assignment"
    holder: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    value: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), server_default="")
    assigned_by: Mapped[str] = mapped_column(String(100))
    assigned_at: Mapped[Instant]


class DisabledRow(Base):
    """A person (`hpr:…` or `sub:…`) who may not use the portal."""

    __tablename__ = "disabled_person"
    holder: Mapped[str] = mapped_column(String(100), primary_key=True)
    disabled_by: Mapped[str] = mapped_column(String(100))
    disabled_at: Mapped[Instant]
