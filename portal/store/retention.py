"""What the portal forgets, and when (DESIGN "Patients at rest" and the lifetimes).

Deleted: one-time values past their tombstone, logins that are over, tokens that have expired, notices that are long
over, why launches failed, what a person chose or used long ago, and what HelseID said of a person who does not come any
more. Emptied: documents and contexts that nothing needs any more, and retired keys of ours; their ids, states, times
and `patient_ref` stay. The audit log is never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, exists, func, or_, select, update

from portal.domain import client_key
from portal.domain.delivery import State
from portal.store import sandbox_targets
from portal.store.tables.journal import DeliveryRow, DocumentRow
from portal.store.tables.launches import ContextRow, LaunchFailureRow, LaunchRow, OneTimeRow, TokenRow
from portal.store.tables.registers import EpjObservationRow, NoticeRow
from portal.store.tables.sandbox import TargetObservationRow
from portal.store.tables.sign_on import ClientKeyRow, HelseIdTokenRow, KnownPersonRow, LoginRow, MarkRow, PersonRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import Delete, Update

    from portal.settings import Lifetimes
    from portal.store.database import Database

IN_FLIGHT = timedelta(minutes=1)
"""A request that found its token or context alive may still be at work this much later."""
OBSERVED = timedelta(days=14)
"""So long a vendor sees in the sandbox what its EPJ did, and an owner what its target did."""
FAILED = timedelta(days=90)
"""So long it is known why a launch failed."""


@dataclass(frozen=True)
class Counts:
    """How many of each were emptied (documents, contexts, keys) or deleted (the others)."""

    one_time: int
    logins: int
    tokens: int
    documents: int
    contexts: int
    notices: int
    marks: int
    people: int
    keys: int
    helseid_tokens: int
    known_people: int
    launch_failures: int


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
        documents=_count(session, _emptied_documents(now, lifetimes)),
        contexts=_count(session, _emptied_contexts(now - IN_FLIGHT)),
        notices=_count(session, delete(NoticeRow).where(NoticeRow.ends_at <= now - lifetimes.notice)),
        marks=_count(session, _forgotten_marks(now, lifetimes)),
        people=_count(session, delete(PersonRow).where(PersonRow.chosen_at <= now - lifetimes.choices)),
        keys=_count(session, _emptied_keys(now - lifetimes.login - lifetimes.session - IN_FLIGHT)),
        helseid_tokens=_count(session, delete(HelseIdTokenRow).where(HelseIdTokenRow.keep_until <= now)),
        known_people=_count(
            session, delete(KnownPersonRow).where(KnownPersonRow.seen_at <= now - lifetimes.person_known)
        ),
        launch_failures=_count(session, delete(LaunchFailureRow).where(LaunchFailureRow.at <= now - FAILED)),
    )


def scrub(database: Database) -> None:
    """Empty SQLite's write-ahead log, which still shows pages as they were; PostgreSQL vacuums by itself."""
    if database.engine.dialect.name == "sqlite":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _forgotten_marks(now: datetime, lifetimes: Lifetimes) -> Delete:
    """A favourite lives as long as a choice does from when it was marked or last used, other use not as long."""
    used = func.coalesce(MarkRow.used_at, MarkRow.favourite_at)
    chosen = and_(MarkRow.favourite_at.is_not(None), MarkRow.favourite_at > now - lifetimes.choices)
    return delete(MarkRow).where(used <= now - lifetimes.recent_use, ~chosen)


def _emptied_documents(now: datetime, lifetimes: Lifetimes) -> Update:
    received = DeliveryRow.state == State.COMPLETED
    done = or_(
        and_(received, DeliveryRow.settled_at <= now - lifetimes.payload),
        and_(~received, DeliveryRow.settled_at <= now - lifetimes.waiting_payload),
    )
    of_done = DocumentRow.id.in_(select(DeliveryRow.document_id).where(done))
    return update(DocumentRow).where(DocumentRow.sealed.is_not(None), of_done).values(sealed=None, sealed_pdf=None)


def _emptied_contexts(now: datetime) -> Update:
    over = or_(ContextRow.ended_at <= now, ContextRow.expires_at <= now)
    granted = _launched(TokenRow.launch_id == LaunchRow.id, TokenRow.revoked_at.is_(None))
    on_its_way = _launched(DocumentRow.launch_id == LaunchRow.id, DocumentRow.sealed.is_not(None))
    forgettable = (ContextRow.sealed.is_not(None), over, ~granted, ~on_its_way)
    return update(ContextRow).where(*forgettable).values(sealed=None)


def _emptied_keys(before: datetime) -> Update:
    """Of keys that nothing can be bound to any more: a login that was under way then has had its whole session."""
    retired = (ClientKeyRow.state == client_key.State.RETIRED, ClientKeyRow.changed_at <= before)
    return update(ClientKeyRow).where(*retired, ClientKeyRow.sealed.is_not(None)).values(sealed=None)


def _launched(*what: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(LaunchRow.context_id == ContextRow.id, *what)


def _count(session: Session, statement: Delete | Update) -> int:
    return session.connection().execute(statement).rowcount
