"""How much one launch has given to a journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from portal.store.tables.journal import DocumentRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def place_in_launch(session: Session, client_id: str, document_id: str) -> int:
    """The how manyth document of its launch a client's document is: 1 for the first, 0 for an unknown one."""
    other = aliased(DocumentRow)
    return session.scalars(
        select(func.count(other.id))
        .join(DocumentRow, DocumentRow.launch_id == other.launch_id)
        .where(
            DocumentRow.client_id == client_id,
            DocumentRow.document_id == document_id,
            other.accepted_at <= DocumentRow.accepted_at,
        )
    ).one()
