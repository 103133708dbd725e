"""Published catalogues, each revision whole; the newest is the one in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.domain.catalogue import Catalogue
from portal.errors import CatalogueRejected
from portal.store.tables.base import plain
from portal.store.tables.registers import RevisionRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_NEWEST = select(func.max(plain(RevisionRow).c.id))


def newest(session: Session) -> int | None:
    """The number of the revision in force."""
    number: int | None = session.scalar(_NEWEST)
    return number


def load(session: Session, revision: int) -> Catalogue:
    """A revision as it was published."""
    return Catalogue.model_validate_json(session.get_one(RevisionRow, revision).document)


def stored(session: Session, revision: int | None) -> tuple[int, Catalogue]:
    """A revision by its number, or the one in force; raises CatalogueRejected `revision_unknown`."""
    number = newest(session) if revision is None else revision
    if number is None or session.get(RevisionRow, number) is None:
        raise CatalogueRejected("revision_unknown", "no such revision")
    return number, load(session, number)


def publish(
    session: Session,
    catalogue: Catalogue,
    *,
    by: str,
    now: datetime,
    based_on: int | None,
) -> int:
    """Put a new revision in force; raises CatalogueRejected when it is not based on the one that is."""
    # Whoever is to replace the same revision waits here, and then finds that it has been replaced.
    session.execute(select(RevisionRow.id).where(RevisionRow.id == based_on).with_for_update())
    if based_on != newest(session):
        raise CatalogueRejected("catalogue_conflict", f"the revision in force is {newest(session)}")
    row = RevisionRow(document=catalogue.model_dump_json(), based_on=based_on, published_by=by, published_at=now)
    session.add(row)
    session.flush()
    return row.id
