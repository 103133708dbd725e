"""What a target did in the sandbox, as its page judges it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import delete, select

from portal.domain.conformance.target.observed import Facts, Fault, Observed
from portal.store import launches
from portal.store.tables.sandbox import TargetObservationRow as Row

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.domain.conformance.target.observed import Event
    from portal.store.launches import Token


def note(session: Session, client_id: str, event: Event, facts: Facts, at: datetime) -> None:
    """Remember that something happened."""
    kept = facts.model_dump(mode="json", exclude_none=True)
    session.add(Row(client_id=client_id, at=at, event=event, facts=kept))


def of_target(session: Session, client_id: str, most: int = 1000) -> list[Observed]:
    """What was seen of a target, oldest first; of a flood the newest."""
    newest = select(Row).where(Row.client_id == client_id).order_by(Row.id.desc()).limit(most)
    return [_observed(row) for row in reversed(session.scalars(newest).all())]


def orders(session: Session, client_id: str, since: datetime) -> dict[str, Fault]:
    """The faults that were ordered since then, by order, oldest first; whether one was given is not said."""
    ordered = (Row.client_id == client_id, Row.event == "fault", Row.at > since)
    rows = session.scalars(select(Row).where(*ordered).order_by(Row.id))
    return {row.facts["order"]: Fault(row.facts["fault"]) for row in rows}


def rotations(session: Session, since: datetime) -> list[str]:
    """The orders, of any target, of a key that nobody has seen before."""
    rows = session.scalars(select(Row).where(Row.event == "fault", Row.at > since).order_by(Row.id))
    return [row.facts["order"] for row in rows if row.facts["fault"] == Fault.KEY_ROTATION]


def forget(session: Session, client_id: str) -> None:
    """Start over with a target."""
    session.execute(delete(Row).where(Row.client_id == client_id))


def holder(session: Session, secret: str, now: datetime) -> Token | None:
    """What an access token or a right to write back stands for, by whatever scheme it came."""
    kinds = (launches.ACCESS, launches.WRITEBACK)
    return next((held for kind in kinds if (held := launches.holder(session, secret, kind, now))), None)


def _observed(row: Row) -> Observed:
    return Observed(row.at, cast("Event", row.event), Facts.model_validate(row.facts))
