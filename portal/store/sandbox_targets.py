"""Targets that their owners registered alone, in force at once: in a sandbox or a demo, and nowhere else."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from portal.domain.client_registration import Client
from portal.errors import RequestRejected
from portal.store import registry
from portal.store.logins import hashed
from portal.store.registry import DISABLED
from portal.store.tables.launches import LaunchRow
from portal.store.tables.registers import ClientRow
from portal.store.tables.sandbox import SandboxTargetRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST = 200
"""So many at once; one that an operator has disabled takes no place."""
UNUSED = timedelta(days=30)
"""So long a target may be left alone; then it is out of force, and its name is anybody's."""
_OWNER, _SANDBOX = "owner", "sandbox"


def register(session: Session, client: Client, secret: str, now: datetime) -> None:
    """Put a target in force that only who knows `secret` may change; raises RequestRejected when it cannot be."""
    forget_unused(session, now)
    row = session.get(ClientRow, client.client_id)
    if (row and row.state != DISABLED) or session.get(SandboxTargetRow, client.client_id):
        raise RequestRejected("invalid_body", "client_id: somebody has it")
    if len(in_force(session, now)) >= MOST:
        raise RequestRejected("invalid_body", "the sandbox is full: a place is free when a target was left for 30 days")
    change(session, client)
    session.add(SandboxTargetRow(client_id=client.client_id, secret_hash=hashed(secret), used_at=now))


def change(session: Session, client: Client) -> None:
    """Put another registration of a target in force; raises RequestRejected when its service is another's."""
    registry.propose_client(session, client, _OWNER)
    registry.approve_client(session, client.client_id, _SANDBOX)


def is_protected(session: Session, client_id: str) -> bool:
    """Whether a target was registered by its owner alone; an operator's are anybody's to try."""
    return session.get(SandboxTargetRow, client_id) is not None


def is_secret(session: Session, client_id: str, secret: str) -> bool:
    """Whether somebody knows the target's secret."""
    row = session.get(SandboxTargetRow, client_id)
    return row is not None and hmac.compare_digest(row.secret_hash, hashed(secret))


def touch(session: Session, client_id: str, now: datetime) -> None:
    """Note that a target is in use."""
    session.execute(update(SandboxTargetRow).where(SandboxTargetRow.client_id == client_id).values(used_at=now))


def in_force(session: Session, now: datetime) -> tuple[Client, ...]:
    """Every target that its owner registered alone and has not left, by id."""
    used = (SandboxTargetRow.used_at > now - UNUSED, ClientRow.state == registry.ENABLED)
    joined = select(ClientRow.registration).join(SandboxTargetRow, SandboxTargetRow.client_id == ClientRow.id)
    return tuple(map(Client.model_validate, session.scalars(joined.where(*used).order_by(ClientRow.id))))


def forget_unused(session: Session, now: datetime) -> int:
    """Take out of force what was left for 30 days; how many those were."""
    left = select(SandboxTargetRow.client_id).where(SandboxTargetRow.used_at <= now - UNUSED)
    ids = list(session.scalars(left))
    for client_id in ids:
        registry.disable_client(session, client_id)
    session.execute(delete(SandboxTargetRow).where(SandboxTargetRow.client_id.in_(ids)))
    return len(ids)


def let_expire(session: Session, launch_id: str, made: datetime) -> None:
    """Let a launch be as old as if it had been made then, for either way that a target takes it up."""
    session.execute(update(LaunchRow).where(LaunchRow.id == launch_id).values(created_at=made, authorize_by=made))
