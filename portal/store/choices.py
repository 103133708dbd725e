"""What an office has chosen for the reports of each service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.domain.writeback_choice import Choice
from portal.store.database import insert
from portal.store.tables.journal import WritebackChoiceRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def of_office(session: Session, office: str) -> dict[str, Choice]:
    """What an office (`Organisation.label`) has chosen, by service; of the others it wants ALWAYS."""
    row = WritebackChoiceRow
    chosen = session.execute(select(row.service_id, row.choice).where(row.office == office))
    return {service_id: Choice(choice) for service_id, choice in chosen}


def choice(session: Session, office: str, service_id: str) -> Choice:
    """What an office wants of one service."""
    row = WritebackChoiceRow
    chosen = session.scalar(select(row.choice).where(row.office == office, row.service_id == service_id))
    return Choice(chosen) if chosen else Choice.ALWAYS


def choose(session: Session, office: str, service_id: str, wanted: Choice, *, by: str, now: datetime) -> None:
    """Let an office want this from now on, as the person with the `sub` `by` says; what came before stays as it was."""
    key, chosen = {"office": office, "service_id": service_id}, {"choice": wanted, "sub": by, "chosen_at": now}
    statement = insert(session, WritebackChoiceRow).values(**key, **chosen)
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=chosen))
