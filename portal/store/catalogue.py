"""Published catalogues: each revision whole, with the public page as it was rendered at publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from portal.domain.catalogue import Catalogue
from portal.errors import CatalogueRejected
from portal.store.tables import PageRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

Pages = dict[tuple[str, str], str]
"""HTML by zone and language."""


def newest(session: Session) -> int | None:
    """The number of the revision in force."""
    return session.scalar(select(func.max(RevisionRow.id)))


def load(session: Session, revision: int) -> Catalogue:
    """A revision as it was published."""
    return Catalogue.model_validate_json(session.get_one(RevisionRow, revision).document)


def pages(session: Session, revision: int) -> Pages:
    """The public pages of a revision."""
    rows = session.scalars(select(PageRow).where(PageRow.revision_id == revision))
    return {(row.zone, row.language): row.html for row in rows}


def publish(
    session: Session,
    catalogue: Catalogue,
    rendered: Mapping[tuple[str, str], str],
    *,
    by: str,
    now: datetime,
    based_on: int | None,
) -> int:
    """Put a new revision in force; raises CatalogueRejected when it is not based on the one that is."""
    if based_on != newest(session):
        raise CatalogueRejected("catalogue_conflict", f"the revision in force is {newest(session)}")
    row = RevisionRow(document=catalogue.model_dump_json(), based_on=based_on, published_by=by, published_at=now)
    session.add(row)
    session.flush()
    session.add_all(
        PageRow(revision_id=row.id, zone=zone, language=language, html=html)
        for (zone, language), html in rendered.items()
    )
    return row.id
