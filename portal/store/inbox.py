"""How far the news of each transport were read, and what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select

from portal.store.database import insert
from portal.store.tables.journal import QuarantineRow, ReceiptCursorRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.store.vault import Vault

_PURPOSE = "quarantine"
_TOLD = select(QuarantineRow.id, QuarantineRow.source, QuarantineRow.at, QuarantineRow.rule)


class Unreadable(NamedTuple):
    """What could not be read: where it came from, when, and the rule that it breaks."""

    id: int
    source: str
    at: datetime
    rule: str


def cursor(session: Session, source: str) -> str:
    """Up to where the news of this source were read; empty before the first."""
    row = session.get(ReceiptCursorRow, source)
    return row.cursor if row else ""


def move_cursor(session: Session, source: str, to: str) -> None:
    """Remember how far the news were read, in the transaction that took them in."""
    statement = insert(session, ReceiptCursorRow).values(source=source, cursor=to)
    session.execute(statement.on_conflict_do_update(index_elements=["source"], set_={"cursor": to}))


def quarantine(session: Session, vault: Vault, source: str, document: bytes, rule: str, now: datetime) -> None:
    """Keep what could not be read, sealed, until a person has looked at it."""
    sealed = vault.seal_bytes(document, _PURPOSE)
    session.add(QuarantineRow(source=source, at=now, rule=rule, sealed=sealed))


def unreadable(session: Session) -> Sequence[Unreadable]:
    """All of it, oldest first."""
    return [Unreadable(*row) for row in session.execute(_TOLD.order_by(QuarantineRow.id))]


def one_unreadable(session: Session, quarantine_id: int) -> Unreadable | None:
    """One of it, by its number."""
    row = session.execute(_TOLD.where(QuarantineRow.id == quarantine_id)).one_or_none()
    return Unreadable(*row) if row else None


def document_of(session: Session, vault: Vault, quarantine_id: int) -> bytes | None:
    """The bytes as they came; they may name a patient. None when their key was destroyed."""
    return vault.open_bytes(session.get_one(QuarantineRow, quarantine_id).sealed, _PURPOSE)


def drop(session: Session, quarantine_id: int) -> bool:
    """Delete what has been seen to; False when there is no such thing."""
    dropped = delete(QuarantineRow).where(QuarantineRow.id == quarantine_id).returning(QuarantineRow.id)
    return session.scalar(dropped) is not None
