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
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, exists, func, or_, update

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

IN_FLIGHT = timedelta(minutes=1)
"""A request that found its token or context alive may still be at work this much later."""
OBSERVED = timedelta(days=14)
"""So long a vendor sees in the sandbox what its EPJ did, and an owner what its target did."""
FAILED = timedelta(days=90)
"""So long it is known why a launch failed, and of an incident that is over."""
UNREAD = timedelta(days=90)
"""So long a person has for what could not be read as a receipt; it may name a patient."""


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


def run(session: Session, now: datetime, lifetimes: Lifetimes) -> Counts:
    """Delete and empty what has had its time; running it again changes nothing."""
    idle = LoginRow.seen_at <= now - lifetimes.session_idle
    over = or_(LoginRow.ended_at.is_not(None), LoginRow.expires_at <= now, idle)
    for table in (EpjObservationRow, TargetObservationRow):
        session.execute(delete(table).where(table.at <= now - OBSERVED))
    sandbox_targets.forget_unused(session, now)
    return Counts(
        one_time=_count(session, delete(OneTimeRow).where(OneTimeRow.keep_until <= now)),
        logins=_count(session, delete(LoginRow).where(over)),
        tokens=_count(session, delete(TokenRow).where(TokenRow.expires_at <= now - IN_FLIGHT)),
        unanswered=_give_up(session, now, now - lifetimes.waiting_payload),
        documents=_count(session, _emptied_documents(now, lifetimes)),
        receipts=_count(session, _emptied_receipts()),
        contexts=_count(session, _emptied_contexts(now - IN_FLIGHT)),
        smart_access=_count(session, _emptied_smart_access(now - IN_FLIGHT)),
        notices=_count(session, delete(NoticeRow).where(NoticeRow.ends_at <= now - lifetimes.notice)),
        marks=_count(session, _forgotten_marks(now, lifetimes)),
        people=_count(session, delete(PersonRow).where(PersonRow.chosen_at <= now - lifetimes.choices)),
        keys=_count(session, _emptied_keys(now - lifetimes.login - lifetimes.session - IN_FLIGHT)),
        helseid_tokens=_count(session, delete(HelseIdTokenRow).where(HelseIdTokenRow.keep_until <= now)),
        known_people=_count(
            session, delete(KnownPersonRow).where(KnownPersonRow.seen_at <= now - lifetimes.person_known)
        ),
        launch_failures=_count(session, delete(LaunchFailureRow).where(LaunchFailureRow.at <= now - FAILED)),
        quarantine=_count(session, delete(QuarantineRow).where(QuarantineRow.at <= now - UNREAD)),
        incidents=_count(session, delete(IncidentRow).where(IncidentRow.closed_at <= now - FAILED)),
    )


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


def _emptied_documents(now: datetime, lifetimes: Lifetimes) -> Update:
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
    return update(DocumentRow).where(DocumentRow.sealed.is_not(None), ~needed).values(sealed=None, sealed_pdf=None)


def _emptied_receipts() -> Update:
    """What a journal says is wrong with a document is kept as long as the document."""
    of_emptied = exists().where(DocumentRow.id == DeliveryRow.document_id, DocumentRow.sealed.is_(None))
    return update(DeliveryRow).where(DeliveryRow.sealed_errors.is_not(None), of_emptied).values(sealed_errors=None)


def _over(now: datetime) -> ColumnElement[bool]:
    return or_(ContextRow.ended_at <= now, ContextRow.expires_at <= now)


def _emptied_contexts(now: datetime) -> Update:
    granted = _launched(TokenRow.launch_id == LaunchRow.id, TokenRow.revoked_at.is_(None))
    on_its_way = _launched(DocumentRow.launch_id == LaunchRow.id, DocumentRow.sealed.is_not(None))
    forgettable = (ContextRow.sealed.is_not(None), _over(now), ~granted, ~on_its_way)
    return update(ContextRow).where(*forgettable).values(sealed=None)


def _emptied_smart_access(now: datetime) -> Update:
    return update(ContextRow).where(ContextRow.sealed_smart.is_not(None), _over(now)).values(sealed_smart=None)


def _emptied_keys(before: datetime) -> Update:
    """Of keys that nothing can be bound to any more: a login that was under way then has had its whole session."""
    retired = (ClientKeyRow.state == client_key.State.RETIRED, ClientKeyRow.changed_at <= before)
    return update(ClientKeyRow).where(*retired, ClientKeyRow.sealed.is_not(None)).values(sealed=None)


def _launched(*what: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(LaunchRow.context_id == ContextRow.id, *what)


def _count(session: Session, statement: Delete | Update) -> int:
    return session.connection().execute(statement).rowcount
