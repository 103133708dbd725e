"""What the portal forgets, and when (DESIGN "Patients at rest" and the lifetimes).

Deleted: one-time values past their tombstone, logins that are over, tokens that have expired, notices and incidents
that are long over, why launches failed, what could not be read as a receipt, what a person chose or used long ago, and
what HelseID said of a person who does not come any more. Emptied: documents with what their journals said of them,
contexts and their access to journals that nothing needs any more, and retired keys of ours; their ids, states, times
and `patient_ref` stay. What an office has chosen stays. The audit log is never touched.

What is on its way, or waits for a person, is not emptied; a report that nobody said yes or no to is given up instead.
That the bytes are gone from the disk too: store/scrubbing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import and_, delete, exists, func, or_, select, update

from portal.domain import client_key
from portal.domain.delivery import State, Step
from portal.store import outbox, sandbox_targets, wishes
from portal.store.tables.journal import DeliveryRow, DocumentRow, IncidentRow, QuarantineRow
from portal.store.tables.launches import ContextRow, LaunchFailureRow, LaunchRow, OneTimeRow, TokenRow
from portal.store.tables.registers import EpjObservationRow, NoticeRow
from portal.store.tables.sandbox import TargetObservationRow
from portal.store.tables.sign_on import ClientKeyRow, HelseIdTokenRow, KnownPersonRow, LoginRow, MarkRow, PersonRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import Delete, Update

    from portal.lifetimes import Lifetimes
    from portal.store.database import Database

    _Emptied: TypeAlias = DocumentRow | DeliveryRow | ContextRow
    _Which: TypeAlias = tuple[ColumnElement[bool], ...]

IN_FLIGHT = timedelta(minutes=1)
"""A request that found its token or context alive may still be at work this much later."""
OBSERVED = timedelta(days=14)
"""So long a vendor sees in the sandbox what its EPJ did, and an owner what its target did."""
FAILED = timedelta(days=90)
"""So long it is known why a launch failed, and of an incident that is over."""
UNREAD = timedelta(days=90)
"""So long a person has for what could not be read as a receipt; it may name a patient."""

_AT_ONCE = 500
"""So many are emptied in one transaction; a document may be megabytes."""


@dataclass(frozen=True)
class Counts:
    """How many of each were given up (unanswered), emptied (documents … smart_access, keys) or deleted (the others)."""

    one_time: int
    logins: int
    tokens: int
    unanswered: int
    documents: int
    receipts: int
    contexts: int
    smart_access: int
    notices: int
    marks: int
    people: int
    keys: int
    helseid_tokens: int
    known_people: int
    launch_failures: int
    quarantine: int
    incidents: int

    def basis(self) -> str:
        """What was done, as the audit log has it."""
        return ", ".join(f"{name} {count}" for name, count in asdict(self).items() if count)[:200]


def run(database: Database, now: datetime, lifetimes: Lifetimes) -> Counts:
    """Delete and empty what has had its time; running it again changes nothing, or goes on where it broke off.

    What there is much of is looked for without keeping writers waiting, and emptied in short transactions.
    """
    with database.write() as session:
        deleted = _delete(session, now, lifetimes)
        unanswered = _give_up(session, now, now - lifetimes.waiting_payload)
        keys = _count(session, _emptied_keys(now - lifetimes.login - lifetimes.session - IN_FLIGHT))
    closed = now - IN_FLIGHT
    return Counts(
        **deleted,
        unanswered=unanswered,
        keys=keys,
        documents=_empty(database, DocumentRow, _done_documents(now, lifetimes), "sealed", "sealed_pdf"),
        receipts=_empty(database, DeliveryRow, _done_receipts(), "sealed_errors"),
        contexts=_empty(database, ContextRow, _done_contexts(closed), "sealed"),
        smart_access=_empty(database, ContextRow, _done_smart_access(closed), "sealed_smart"),
    )


def _delete(session: Session, now: datetime, lifetimes: Lifetimes) -> dict[str, int]:
    for table in (EpjObservationRow, TargetObservationRow):
        session.execute(delete(table).where(table.at <= now - OBSERVED))
    sandbox_targets.forget_unused(session, now)
    idle = LoginRow.seen_at <= now - lifetimes.session_idle
    over = {
        "one_time": delete(OneTimeRow).where(OneTimeRow.keep_until <= now),
        "logins": delete(LoginRow).where(or_(LoginRow.ended_at.is_not(None), LoginRow.expires_at <= now, idle)),
        "tokens": delete(TokenRow).where(TokenRow.expires_at <= now - IN_FLIGHT),
        "notices": delete(NoticeRow).where(NoticeRow.ends_at <= now - lifetimes.notice),
        "marks": _forgotten_marks(now, lifetimes),
        "people": delete(PersonRow).where(PersonRow.chosen_at <= now - lifetimes.choices),
        "helseid_tokens": delete(HelseIdTokenRow).where(HelseIdTokenRow.keep_until <= now),
        "known_people": delete(KnownPersonRow).where(KnownPersonRow.seen_at <= now - lifetimes.person_known),
        "launch_failures": delete(LaunchFailureRow).where(LaunchFailureRow.at <= now - FAILED),
        "quarantine": delete(QuarantineRow).where(QuarantineRow.at <= now - UNREAD),
        "incidents": delete(IncidentRow).where(IncidentRow.closed_at <= now - FAILED),
    }
    return {name: _count(session, statement) for name, statement in over.items()}


def _empty(database: Database, row: type[_Emptied], which: _Which, *columns: str) -> int:
    """Asked again as it is emptied: what is needed may have become so since it was looked for."""
    with database.read() as session:
        ids = session.scalars(select(row.id).where(*which)).all()
    emptied = 0
    for start in range(0, len(ids), _AT_ONCE):
        these = row.id.in_(ids[start : start + _AT_ONCE])
        with database.write() as session:
            emptied += _count(session, update(row).where(these, *which).values(dict.fromkeys(columns)))
    return emptied


def _forgotten_marks(now: datetime, lifetimes: Lifetimes) -> Delete:
    """A favourite lives as long as a choice does from when it was marked or last used, other use not as long."""
    used = func.coalesce(MarkRow.used_at, MarkRow.favourite_at)
    chosen = and_(MarkRow.favourite_at.is_not(None), MarkRow.favourite_at > now - lifetimes.choices)
    return delete(MarkRow).where(used <= now - lifetimes.recent_use, ~chosen)


def _give_up(session: Session, now: datetime, before: datetime) -> int:
    """Cancel what has waited for its clinician's word since `before`."""
    waiting = outbox.joined().where(wishes.asks(), DocumentRow.accepted_at <= before)
    given_up = [outbox.of_row(*row) for row in session.execute(waiting)]
    step = Step(State.CANCELLED, None, "unanswered")
    return sum(outbox.move(session, one, step, now, wishes.asks(), settled_at=now) for one in given_up)


def _done_documents(now: datetime, lifetimes: Lifetimes) -> _Which:
    """Every message with it must have had its time: one that was rejected may have another in its place."""
    settled, long_ago = DeliveryRow.settled_at, now - lifetimes.waiting_payload
    cancelled = DeliveryRow.state == State.CANCELLED
    nobody_waits = or_(DeliveryRow.state == State.COMPLETED, cancelled)
    had_its_time = or_(
        and_(nobody_waits, settled <= now - lifetimes.payload),
        settled <= long_ago,
        and_(cancelled, DocumentRow.accepted_at <= long_ago),
    )
    # A rejected one that is due is being looked up again.
    done = and_(settled.is_not(None), DeliveryRow.due_at.is_(None), had_its_time)
    needed = exists().where(DeliveryRow.document_id == DocumentRow.id, ~done)
    return DocumentRow.sealed.is_not(None), ~needed


def _done_receipts() -> _Which:
    """What a journal says is wrong with a document is kept as long as the document."""
    of_emptied = exists().where(DocumentRow.id == DeliveryRow.document_id, DocumentRow.sealed.is_(None))
    return DeliveryRow.sealed_errors.is_not(None), of_emptied


def _over(now: datetime) -> ColumnElement[bool]:
    return or_(ContextRow.ended_at <= now, ContextRow.expires_at <= now)


def _done_contexts(now: datetime) -> _Which:
    granted = _launched(TokenRow.launch_id == LaunchRow.id, TokenRow.revoked_at.is_(None))
    on_its_way = _launched(DocumentRow.launch_id == LaunchRow.id, DocumentRow.sealed.is_not(None))
    return ContextRow.sealed.is_not(None), _over(now), ~granted, ~on_its_way


def _done_smart_access(now: datetime) -> _Which:
    return ContextRow.sealed_smart.is_not(None), _over(now)


def _emptied_keys(before: datetime) -> Update:
    """Of keys that nothing can be bound to any more: a login that was under way then has had its whole session."""
    retired = (ClientKeyRow.state == client_key.State.RETIRED, ClientKeyRow.changed_at <= before)
    return update(ClientKeyRow).where(*retired, ClientKeyRow.sealed.is_not(None)).values(sealed=None)


def _launched(*what: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(LaunchRow.context_id == ContextRow.id, *what)


def _count(session: Session, statement: Delete | Update) -> int:
    return session.connection().execute(statement).rowcount
