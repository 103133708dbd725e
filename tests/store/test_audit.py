from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from portal.domain.audit import AuditEvent
from portal.store import audit

if TYPE_CHECKING:
    from portal.store.audit import Head, Verdict
    from portal.store.database import Database

KEY = bytes(range(32))
NOW = datetime(2026, 11, 20, 8, 0, 0, 123456, tzinfo=UTC)
SIZE = 4
TAMPERINGS = {
    "a changed time": "UPDATE audit_event SET at = '2026-11-20 07:00:00.000000' WHERE batch = 2 AND place = 1",
    "a changed action": "UPDATE audit_event SET action = 'logout' WHERE batch = 2 AND place = 1",
    "a changed outcome": "UPDATE audit_event SET outcome = 'refused' WHERE batch = 2 AND place = 1",
    "a changed actor": "UPDATE audit_event SET actor = 'somebody else' WHERE batch = 2 AND place = 1",
    "a changed office": "UPDATE audit_event SET organisation = '999999999' WHERE batch = 2 AND place = 1",
    "a changed patient": "UPDATE audit_event SET patient_ref = 'f' WHERE batch = 2 AND place = 1",
    "a forgotten patient": "UPDATE audit_event SET patient_ref = NULL WHERE batch = 2 AND place = 1",
    "a changed subject": "UPDATE audit_event SET subject = 'context 0' WHERE batch = 2 AND place = 1",
    "a changed basis": "UPDATE audit_event SET basis = 'consent' WHERE batch = 2 AND place = 1",
    "a removed row": "DELETE FROM audit_event WHERE batch = 2 AND place = 1",
    "a removed last row": f"DELETE FROM audit_event WHERE batch = 2 AND place = {SIZE - 1}",
    "an inserted row": "INSERT INTO audit_event (at, action, outcome, actor, batch, place) "
    f"VALUES ('2026-11-20 08:00:00.000000', 'login', 'ok', 'nobody', 2, {SIZE})",
    "two rows that changed places": f"UPDATE audit_event SET place = {SIZE - 1} - place WHERE batch = 2",
    "a row that was taken out": "UPDATE audit_event SET batch = NULL, place = NULL WHERE batch = 2 AND place = 1",
    "a row that moved to another batch": "UPDATE audit_event SET batch = 3, place = 9 WHERE batch = 2 AND place = 1",
    "a changed link": "UPDATE audit_batch SET digest = '0' WHERE id = 2",
    "a changed sealing time": "UPDATE audit_batch SET sealed_at = '2026-11-20 07:00:00.000000' WHERE id = 2",
    "a changed size": "UPDATE audit_batch SET size = 3 WHERE id = 2",
    "a removed batch": "DELETE FROM audit_event WHERE batch = 2; DELETE FROM audit_batch WHERE id = 2",
    "a removed first batch": "DELETE FROM audit_event WHERE batch = 1; DELETE FROM audit_batch WHERE id = 1",
    "an inserted batch": "INSERT INTO audit_batch (id, size, digest, sealed_at) "
    "VALUES (4, 0, '0', '2026-11-20 08:00:00.000000')",
    "an inserted gap": "INSERT INTO audit_batch (id, size, digest, sealed_at) "
    "VALUES (0, 0, '0', '2026-11-20 08:00:00.000000')",
}


def record(database: Database, *subjects: str) -> None:
    for subject in subjects:
        with database.write() as session:
            event = AuditEvent(NOW, "context_activated", "ok", "sub-1", "310000124", "a" * 64, subject, "session")
            audit.record(session, event)


def seal(database: Database, key: bytes = KEY, limit: int = 500) -> Head | None:
    with database.write() as session:
        return audit.seal(session, key, NOW + timedelta(seconds=1), limit)


def verify(database: Database, head: str | None = None, key: bytes = KEY) -> Verdict:
    with database.read() as session:
        return audit.verify(session, key, head)


def tamper(database: Database, statements: str) -> None:
    with database.write() as session:
        for statement in statements.split("; "):
            session.execute(text(statement))


@pytest.fixture
def heads(database: Database) -> list[str]:
    """Three sealed batches of SIZE rows and one row that waits; the head after each batch."""
    published = []
    for number in range(3):
        record(database, *(f"context {number}-{place}" for place in range(SIZE)))
        head = seal(database)
        assert head
        assert head.batch == number + 1
        published.append(head.digest)
    record(database, "context 3-0")
    return published


def test_what_was_not_committed_is_not_recorded(database: Database) -> None:
    with database.read() as session:
        audit.record(session, AuditEvent(NOW, "login", "ok", "sub-1"))
        session.flush()
    assert verify(database) == audit.Verdict(0, 0, 0, None)


def test_an_untouched_chain_verifies(database: Database, heads: list[str]) -> None:
    assert verify(database) == audit.Verdict(rows=3 * SIZE + 1, batches=3, unsealed=1, fault=None)
    for head in heads:
        assert verify(database, head).fault is None


def test_nothing_to_seal_makes_no_batch(database: Database) -> None:
    assert seal(database) is None
    record(database, "context 1")
    assert seal(database)
    assert seal(database) is None
    assert verify(database).batches == 1


def test_a_batch_has_a_limit(database: Database) -> None:
    record(database, "one", "two", "three")
    first = seal(database, limit=2)
    assert verify(database) == audit.Verdict(3, 1, 1, None)
    last = seal(database, limit=2)
    assert verify(database) == audit.Verdict(3, 2, 0, None)
    assert [head.full for head in (first, last) if head] == [True, False]


@pytest.mark.parametrize("statements", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_tampering_is_found(database: Database, heads: list[str], statements: str) -> None:
    assert verify(database, heads[-1]).fault is None
    tamper(database, statements)
    assert verify(database).fault


def test_the_fault_names_the_batch(database: Database, heads: list[str]) -> None:
    tamper(database, TAMPERINGS["a changed actor"])
    assert verify(database, heads[-1]).fault == "batch 2 does not match its link"


def test_only_a_published_head_shows_that_the_end_was_cut_off(database: Database, heads: list[str]) -> None:
    tamper(database, "DELETE FROM audit_event WHERE batch = 3; DELETE FROM audit_batch WHERE id = 3")
    assert verify(database).fault is None
    assert verify(database, heads[1]).fault is None
    assert verify(database, heads[2]).fault == "the published head is not in the chain"


def test_who_has_no_key_cannot_make_a_chain(database: Database, heads: list[str]) -> None:
    tamper(database, TAMPERINGS["a changed actor"])
    tamper(database, "UPDATE audit_event SET batch = NULL, place = NULL; DELETE FROM audit_batch")
    assert seal(database, key=bytes(32))
    assert verify(database, key=bytes(32)).fault is None
    assert verify(database).fault == "batch 1 does not match its link"
    assert verify(database, heads[0], key=bytes(32)).fault == "the published head is not in the chain"


def test_sealers_at_once_do_not_fork_the_chain(database: Database) -> None:
    record(database, *(f"context {number}" for number in range(40)))
    start = Barrier(8)

    def some() -> int:
        start.wait()
        return sum(seal(database, limit=3) is not None for _ in range(5))

    with ThreadPoolExecutor(8) as pool:
        sealed = sum(future.result() for future in [pool.submit(some) for _ in range(8)])
    while seal(database):
        sealed += 1
    assert verify(database) == audit.Verdict(rows=40, batches=sealed, unsealed=0, fault=None)


def test_the_export_holds_every_row_once_behind_its_batch(database: Database, heads: list[str]) -> None:
    with database.read() as session:
        lines = list(audit.export(session))
    assert [line["digest"] for line in lines if "digest" in line] == heads
    rows = [line for line in lines if "digest" not in line]
    places = [(number, place) for number in (1, 2, 3) for place in range(SIZE)]
    assert [(row["batch"], row["place"]) for row in rows] == [*places, (None, None)]
    assert rows[0] == {
        "batch": 1,
        "place": 0,
        "at": "2026-11-20T08:00:00.123456+00:00",
        "action": "context_activated",
        "outcome": "ok",
        "actor": "sub-1",
        "organisation": "310000124",
        "patient_ref": "a" * 64,
        "subject": "context 0-0",
        "basis": "session",
    }
