"""How far the news of each transport were read, and what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.store.database import insert
from portal.store.tables.journal import QuarantineRow, ReceiptCursorRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.store.vault import Vault

_PURPOSE = "quarantine"


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
