from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

import pytest
from sqlalchemy import select

from portal.store import one_time
from portal.store.tables.launches import OneTimeRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.store.database import Database

T = TypeVar("T")
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=60)
KEY = "hR1x-a-secret-of-256-bits"
THREADS = 50


def at_once(run: Callable[[], T]) -> list[T]:
    """What THREADS callers get who all start in the same moment."""
    start = Barrier(THREADS)

    def one() -> T:
        start.wait()
        return run()

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(THREADS)]]


@pytest.fixture
def code(database: Database) -> str:
    """A code of client `a`."""
    with database.write() as session:
        one_time.put(session, "code", KEY, client="a", payload=b"sealed", expires_at=LATER, keep_until=LATER)
    return KEY


def spend(database: Database, key: str, client: str = "a", now: datetime = NOW, kind: str = "code") -> bytes | None:
    with database.write() as session:
        return one_time.spend(session, kind, key, client=client, now=now)


def remember(database: Database, jti: str, client: str = "a", kind: str = "jti") -> bool:
    with database.write() as session:
        return one_time.remember(session, kind, jti, client=client, expires_at=LATER, now=NOW)


def test_a_value_holds_once(database: Database, code: str) -> None:
    assert spend(database, code) == b"sealed"
    assert spend(database, code) is None


def test_fifty_spenders_have_one_winner(database: Database, code: str) -> None:
    got = at_once(lambda: spend(database, code))
    assert sorted(value for value in got if value is not None) == [b"sealed"]


def test_a_value_without_payload_is_still_spent_once(database: Database) -> None:
    with database.write() as session:
        one_time.put(session, "state", KEY, payload=None, expires_at=LATER, keep_until=LATER)
    assert spend(database, KEY, client="", kind="state") == b""
    assert spend(database, KEY, client="", kind="state") is None


def test_a_wrong_client_burns_nothing(database: Database, code: str) -> None:
    assert spend(database, code, client="b") is None
    assert spend(database, code) == b"sealed"


def test_another_kind_or_key_is_another_value(database: Database, code: str) -> None:
    assert spend(database, code, kind="launch") is None
    assert spend(database, f"{code}x") is None
    assert spend(database, code) == b"sealed"


def test_a_value_ends_at_its_moment(database: Database, code: str) -> None:
    assert spend(database, code, now=LATER) is None
    assert spend(database, code, now=LATER - timedelta(microseconds=1)) == b"sealed"


def test_a_look_spends_nothing_and_sees_only_what_could_be_spent(database: Database, code: str) -> None:
    with database.read() as session:
        assert one_time.peek(session, "code", code, client="a", now=NOW) == b"sealed"
        assert one_time.peek(session, "code", code, client="b", now=NOW) is None
        assert one_time.peek(session, "code", code, client="a", now=LATER) is None
    assert spend(database, code) == b"sealed"
    with database.read() as session:
        assert one_time.peek(session, "code", code, client="a", now=NOW) is None


def test_a_tombstone_tells_what_was_given(database: Database, code: str) -> None:
    with database.read() as session:
        assert one_time.tombstone(session, "code", code, client="a") is None
    spend(database, code)
    with database.read() as session:
        assert one_time.tombstone(session, "code", code, client="a") == b"sealed"
        assert one_time.tombstone(session, "code", code, client="b") is None


def test_a_spending_that_is_not_committed_did_not_happen(database: Database, code: str) -> None:
    with database.read() as session:
        assert one_time.spend(session, "code", code, client="a", now=NOW) == b"sealed"
    assert spend(database, code) == b"sealed"


def test_a_jti_is_new_once_for_each_client(database: Database) -> None:
    assert [remember(database, "j1"), remember(database, "j1"), remember(database, "j1", client="b")] == [
        True,
        False,
        True,
    ]
    assert remember(database, "j1", kind="dpop")


def test_fifty_proofs_with_one_jti_have_one_winner(database: Database) -> None:
    assert at_once(lambda: remember(database, "j1")).count(True) == 1


def test_what_was_remembered_cannot_be_spent(database: Database) -> None:
    remember(database, "j1")
    assert spend(database, "j1", kind="jti") is None


def test_the_key_itself_is_not_stored(database: Database, code: str) -> None:
    with database.read() as session:
        row = session.scalars(select(OneTimeRow)).one()
        stored = [str(getattr(row, column.key)) for column in OneTimeRow.__table__.columns]
    assert not any(code in value for value in stored)
    assert len(row.key_hash) == 64
