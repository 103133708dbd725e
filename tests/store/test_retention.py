from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update
from support import sealed_rows
from support.forgetting import LIVES, NOTHING, delivered, knows_patient, launched, run
from support.sealed_rows import NOW

from portal.domain.audit import AuditEvent
from portal.domain.delivery import State
from portal.domain.identity import Person
from portal.domain.launch_failure import Code, Failure
from portal.store import audit, documents, known_people, launch_failures, launches, one_time, retention
from portal.store.tables.journal import DeliveryEventRow, DeliveryRow, DocumentRow
from portal.store.tables.launches import ContextRow, LaunchFailureRow, LaunchRow, OneTimeRow, TokenRow
from portal.store.tables.log import AuditRow
from portal.store.tables.sign_on import KnownPersonRow, LoginRow

if TYPE_CHECKING:
    from portal.store.database import Database
    from portal.store.tables.base import Base
    from portal.store.vault import Vault

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ROWS = (AuditRow, ContextRow, LaunchRow, DocumentRow, DeliveryRow, DeliveryEventRow)


@pytest.fixture
def box(database: Database) -> Vault:
    """The vault of a database that has its registrations."""
    sealed_rows.register(database)
    return sealed_rows.vault()


def count(database: Database, table: type[Base]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def has_document(database: Database, box: Vault) -> bool:
    with database.read() as session:
        return documents.load(session, box, "d-1") is not None


def test_one_time_values_stay_as_tombstones_and_then_go(database: Database) -> None:
    with database.write() as session:
        for key, keep in (("spent", DAY), ("unspent", DAY), ("later", 2 * DAY)):
            one_time.put(session, "code", key, payload=b"s", expires_at=NOW + MINUTE, keep_until=NOW + keep)
    with database.write() as session:
        assert one_time.spend(session, "code", "spent", now=NOW) == b"s"
    assert run(database, NOW + DAY - MINUTE) == NOTHING
    assert run(database, NOW + DAY).one_time == 2
    assert count(database, OneTimeRow) == 1
    assert run(database, NOW + DAY) == NOTHING


def test_logins_go_when_they_ended_expired_or_idled(database: Database, box: Vault) -> None:
    seen = NOW + HOUR
    with database.write() as session:
        sealed_rows.log_in(session, box, "live", seen_at=seen)
        sealed_rows.log_in(session, box, "idle", seen_at=seen - LIVES.session_idle)
        sealed_rows.log_in(session, box, "expired", seen_at=seen, expires_at=seen)
        sealed_rows.log_in(session, box, "ended", seen_at=seen)
    with database.write() as session:
        session.execute(update(LoginRow).where(LoginRow.key_hash == "ended").values(ended_at=seen))
    assert run(database, seen).logins == 3
    with database.read() as session:
        assert session.scalars(select(LoginRow.key_hash)).all() == ["live"]


def test_what_helseid_said_of_a_person_goes_when_she_has_not_come_for_long(database: Database, box: Vault) -> None:
    with database.write() as session:
        for sub, at in (("sub-1", NOW), ("sub-2", NOW + DAY)):
            known_people.remember(session, box, Person(sub, "Syntetisk Testlege", 4), at)
    assert run(database, NOW + LIVES.person_known - MINUTE) == NOTHING
    assert run(database, NOW + LIVES.person_known).known_people == 1
    assert count(database, KnownPersonRow) == 1


def test_why_a_launch_failed_goes_after_ninety_days(database: Database, box: Vault) -> None:
    launched(database, box)
    with database.write() as session:
        for code, at in ((Code.INTERNAL, NOW), (Code.OTHER, NOW + DAY)):
            launch_failures.note(session, Failure("l-1", sealed_rows.CLIENT.service, code, at))
    assert run(database, NOW + 90 * DAY - MINUTE).launch_failures == 0
    assert run(database, NOW + 90 * DAY).launch_failures == 1
    assert count(database, LaunchFailureRow) == 1


def test_tokens_go_after_they_expire(database: Database, box: Vault) -> None:
    launched(database, box)
    with database.write() as session:
        sealed_rows.grant(session, kind=launches.ACCESS, hours=1)
        sealed_rows.grant(session, hours=24)
    assert run(database, NOW + HOUR).tokens == 0
    assert run(database, NOW + HOUR + retention.IN_FLIGHT).tokens == 1
    assert count(database, TokenRow) == 1


def test_a_live_context_keeps_its_patient_and_an_expired_one_forgets(database: Database, box: Vault) -> None:
    launched(database, box)
    assert run(database, NOW + 30 * MINUTE) == NOTHING
    assert knows_patient(database, box)
    assert run(database, NOW + 30 * MINUTE + retention.IN_FLIGHT).contexts == 1
    assert not knows_patient(database, box)


def test_an_ended_context_forgets(database: Database, box: Vault) -> None:
    launched(database, box)
    with database.write() as session:
        session.execute(update(ContextRow).values(ended_at=NOW + MINUTE))
    assert run(database, NOW + MINUTE) == NOTHING
    assert run(database, NOW + MINUTE + retention.IN_FLIGHT).contexts == 1


def test_a_write_back_grant_outlives_its_context(database: Database, box: Vault) -> None:
    launched(database, box)
    with database.write() as session:
        sealed_rows.grant(session, hours=24)
        sealed_rows.open_context(session, box, "c-2")
        sealed_rows.launch(session, "l-2", "c-2")
    assert run(database, NOW + 23 * HOUR).contexts == 1
    assert knows_patient(database, box, "c-1")
    assert not knows_patient(database, box, "c-2")
    assert run(database, NOW + 25 * HOUR).contexts == 1
    assert not knows_patient(database, box, "c-1")


def test_a_revoked_grant_keeps_nothing(database: Database, box: Vault) -> None:
    launched(database, box)
    with database.write() as session:
        sealed_rows.grant(session, hours=24)
    with database.write() as session:
        launches.revoke_all_of(session, "l-1", NOW)
    assert run(database, NOW + HOUR).contexts == 1


@pytest.mark.parametrize("state", [State.QUEUED, State.SENT, State.TRANSPORT_OK])
def test_a_delivery_on_its_way_keeps_everything(database: Database, box: Vault, state: State) -> None:
    delivered(database, box, state, None)
    assert run(database, NOW + 365 * DAY) == NOTHING
    assert has_document(database, box)
    assert knows_patient(database, box)


@pytest.mark.parametrize(
    ("state", "days"),
    [
        (State.COMPLETED, 30),
        (State.CANCELLED, 30),
        (State.OVERDUE, 90),
        (State.REJECTED_APPREC, 90),
        (State.REJECTED_TRANSPORT, 90),
        (State.INVALID, 90),
    ],
)
def test_a_settled_delivery_keeps_its_payload_for_a_time(
    database: Database, box: Vault, state: State, days: int
) -> None:
    settled_at = NOW + 2 * DAY
    delivered(database, box, state, settled_at)
    assert run(database, settled_at + days * DAY - MINUTE) == NOTHING
    assert has_document(database, box)
    assert knows_patient(database, box)
    done = run(database, settled_at + days * DAY)
    assert (done.documents, done.contexts) == (1, 1)
    assert not has_document(database, box)
    assert not knows_patient(database, box)


def test_ids_states_times_and_the_audit_log_stay(database: Database, box: Vault) -> None:
    delivered(database, box, State.COMPLETED, NOW)
    with database.write() as session:
        audit.record(session, AuditEvent(NOW, "context_opened", "ok", "sub-1", patient_ref="a" * 64))
    before = [count(database, table) for table in ROWS]
    run(database, NOW + 365 * DAY)
    assert [count(database, table) for table in ROWS] == before
    assert all(before)
    with database.read() as session:
        context = session.get_one(ContextRow, "c-1")
        assert len(context.patient_ref) == 64
        receipt = documents.receipt(session, "melding", "doc-1")
    assert receipt
    assert (receipt.state, receipt.msg_id) == (State.COMPLETED, "m-1")
    assert receipt.history == ((NOW, "queued", ""),)
