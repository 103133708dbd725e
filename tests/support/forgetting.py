"""What retention does to a clinician's afternoon, and whether its patient is still known."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from support import sealed_rows

from portal.lifetimes import Lifetimes
from portal.store import contexts, retention

if TYPE_CHECKING:
    from datetime import datetime

    from portal.domain.delivery import State
    from portal.store.database import Database
    from portal.store.retention import Counts
    from portal.store.vault import Vault

LIVES = Lifetimes()
NOTHING = retention.Counts(**dict.fromkeys((field.name for field in fields(retention.Counts)), 0))


def run(database: Database, now: datetime) -> Counts:
    return retention.run(database, now, LIVES)


def launched(database: Database, box: Vault) -> None:
    with database.write() as session:
        sealed_rows.open_context(session, box)
        sealed_rows.launch(session)


def delivered(database: Database, box: Vault, state: State, settled_at: datetime | None) -> None:
    launched(database, box)
    with database.write() as session:
        sealed_rows.put_document(session, box, state, settled_at)


def knows_patient(database: Database, box: Vault, context_id: str = "c-1") -> bool:
    with database.read() as session:
        return contexts.find(session, box, context_id) is not None
