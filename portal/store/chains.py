"""Chains of corrections: an older document must not come to the journal after a newer one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from portal.domain.delivery import State
from portal.store.tables.journal import DeliveryRow, DocumentRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import CTE
    from sqlalchemy.orm import Session


def overtaken(session: Session, document_ids: Collection[str], *, lock: bool = False) -> set[str]:
    """Those of these documents that a later one of the same chain may have reached the journal before.

    One query for any number. With `lock` no worker takes up a later one until the transaction ends.
    """
    if not document_ids:
        return set()
    chain = _chain(document_ids)
    later = (
        select(chain.c.start, DeliveryRow.attempts, DeliveryRow.sent_at, DeliveryRow.state)
        .join(DocumentRow, DocumentRow.id == chain.c.id)
        .join(DeliveryRow, DeliveryRow.document_id == DocumentRow.id)
        .where(DocumentRow.accepted_at > chain.c.start_at)
    )
    if lock:
        later = later.with_for_update(of=DeliveryRow)
    # An attempt that failed may have arrived all the same; our own rules stop a message before it is one.
    return {
        start
        for start, attempts, sent_at, state in session.execute(later)
        if sent_at or (attempts and state != State.INVALID)
    }


def _chain(document_ids: Collection[str]) -> CTE:
    """Every document that is tied to one of these by corrections, however far."""
    own = (DocumentRow.id, DocumentRow.corrects)
    first = select(DocumentRow.id.label("start"), DocumentRow.accepted_at.label("start_at"), *own)
    chain = first.where(DocumentRow.id.in_(document_ids)).cte("chain", recursive=True)
    tied = or_(DocumentRow.corrects == chain.c.id, DocumentRow.id == chain.c.corrects)
    return chain.union(select(chain.c.start, chain.c.start_at, *own).join(chain, tied))
