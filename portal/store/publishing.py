"""Putting a catalogue in force, audited: what the command line and the demo do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from portal.domain.audit import AuditEvent
from portal.store import audit, catalogue
from portal.store.database import Database

if TYPE_CHECKING:
    from portal.domain.catalogue import Catalogue
    from portal.settings import Settings


def publish(settings: Settings, wanted: Catalogue, by: str, based_on: int | None) -> int:
    """Put a catalogue in force and return its revision; raises CatalogueRejected on a stale base."""
    database, now = Database(settings.database_url), datetime.now(UTC)
    try:
        with database.write() as session:
            revision = catalogue.publish(session, wanted, by=by, now=now, based_on=based_on)
            subject = f"revision {revision}"
            audit.record(session, AuditEvent(now, "catalogue_published", "ok", f"operator {by}", subject=subject))
    finally:
        database.close()
    return revision
