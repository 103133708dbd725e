"""How much one launch has given to a journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from portal.store.tables.base import plain
from portal.store.tables.journal import DocumentRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Built once: every document asks it.
_ROW = plain(DocumentRow)
_OTHER = _ROW.alias()
_PLACE = (
    select(func.count(_OTHER.c.id))
    .join(_ROW, _ROW.c.launch_id == _OTHER.c.launch_id)
    .where(
        _ROW.c.client_id == bindparam("client_id"),
        _ROW.c.document_id == bindparam("document_id"),
        _OTHER.c.accepted_at <= _ROW.c.accepted_at,
    )
)


def place_in_launch(session: Session, client_id: str, document_id: str) -> int:
    """The how manyth document of its launch a client's document is: 1 for the first, 0 for an unknown one."""
    return session.scalars(_PLACE, {"client_id": client_id, "document_id": document_id}).one()
