"""What exists in a sandbox or a demo alone: targets that registered themselves, and what targets did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.columns import Json, Utc
from portal.store.tables.base import Base, Hash, Id, Sequence


class SandboxTargetRow(Base):
    """A target that its owner registered alone; `secret_hash` is of what only the owner knows."""

    __tablename__ = "sandbox_target"
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"), primary_key=True)
    secret_hash: Mapped[Hash]
    used_at: Mapped[datetime] = mapped_column(Utc, index=True)


class TargetObservationRow(Base):
    """What a target did in the sandbox; nothing of any patient."""

    __tablename__ = "target_observation"
    id: Mapped[Sequence]
    client_id: Mapped[Id] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(Utc, index=True)
    event: Mapped[str] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
