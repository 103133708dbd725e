"""What an EPJ did in the sandbox, as its page judges it; and what may be known of a context without its patient."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, cast

from sqlalchemy import delete, select

from portal.domain.conformance.observed import Facts, Fault, Observed, opaque
from portal.store.tables.launches import ContextRow, OneTimeRow
from portal.store.tables.registers import EpjObservationRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.domain.conformance.observed import Event
    from portal.store.vault import Vault


class Known(NamedTuple):
    """Whose a context is, in opaque words; `another_patient` than the one before it in the same EPJ session."""

    epj_id: str
    session: str
    epj_session: str
    another_patient: bool | None


def note(session: Session, epj_id: str, event: Event, facts: Facts, at: datetime) -> None:
    """Remember that something happened."""
    session.add(EpjObservationRow(epj_id=epj_id, at=at, event=event, facts=facts.model_dump(exclude_none=True)))


def of_epj(session: Session, epj_id: str, most: int = 1000) -> list[Observed]:
    """What was seen of an EPJ, oldest first; of a flood the newest."""
    newest = select(EpjObservationRow).where(EpjObservationRow.epj_id == epj_id)
    rows = session.scalars(newest.order_by(EpjObservationRow.id.desc()).limit(most)).all()
    return [_observed(row) for row in reversed(rows)]


def orders(session: Session, epj_id: str, since: datetime) -> dict[str, Fault]:
    """The faults that were ordered since then, by order, oldest first; whether one was answered with is not said."""
    ordered = (EpjObservationRow.epj_id == epj_id, EpjObservationRow.event == "fault", EpjObservationRow.at > since)
    rows = session.scalars(select(EpjObservationRow).where(*ordered).order_by(EpjObservationRow.id))
    return {row.facts["order"]: Fault(row.facts["fault"]) for row in rows}


def forget(session: Session, epj_id: str) -> None:
    """Start over with an EPJ."""
    session.execute(delete(EpjObservationRow).where(EpjObservationRow.epj_id == epj_id))


def context_of_code(session: Session, vault: Vault, code: str) -> str | None:
    """The context that a start code was made for, also when the code is spent or too old."""
    key = sha256(code.encode()).hexdigest()
    sealed = session.scalar(select(OneTimeRow.sealed).where(OneTimeRow.kind == "start", OneTimeRow.key_hash == key))
    return vault.open(sealed, "start") if sealed else None


def known(session: Session, context_id: str) -> Known | None:
    """What may be noted of a context."""
    row = session.get(ContextRow, context_id)
    if row is None:
        return None
    same = (ContextRow.client_id == row.client_id, ContextRow.sid == row.sid, ContextRow.created_at < row.created_at)
    earlier = select(ContextRow.patient_ref).where(*same).order_by(ContextRow.created_at.desc()).limit(1)
    before = session.scalar(earlier)
    another = None if before is None else before != row.patient_ref
    return Known(row.epj_id, opaque(row.id), opaque(row.client_id, row.sid), another)


def _observed(row: EpjObservationRow) -> Observed:
    return Observed(row.at, cast("Event", row.event), Facts.model_validate(row.facts))
