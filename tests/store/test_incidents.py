from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

from support.sealed_rows import NOW

from portal.domain.incident import Kind
from portal.store import incidents
from portal.store.tables.journal import IncidentRow

if TYPE_CHECKING:
    from datetime import datetime

    from portal.store.database import Database
    from portal.store.incidents import Closed

MINUTE = timedelta(minutes=1)
KEY = "sending simulator http://a_b upstream_refused"
MANY = 8


def note(database: Database, key: str = KEY, now: datetime = NOW) -> bool:
    with database.write() as session:
        return incidents.note(session, key, now)


def close(database: Database, scope: str, now: datetime = NOW) -> list[Closed]:
    with database.write() as session:
        return incidents.close(session, scope, now)


def test_an_incident_opens_once_counts_closes_once_and_opens_anew(database: Database) -> None:
    assert [note(database, now=NOW + number * MINUTE) for number in range(3)] == [True, False, False]
    with database.read() as session:
        row = session.get_one(IncidentRow, KEY)
        assert (row.opened_at, row.last_at, row.count) == (NOW, NOW + 2 * MINUTE, 3)
    assert close(database, "sending simulator http://a_b ") == [(KEY, 3)]
    assert close(database, "sending simulator http://a_b ") == []
    assert note(database, now=NOW + 5 * MINUTE)
    with database.read() as session:
        row = session.get_one(IncidentRow, KEY)
        assert (row.opened_at, row.count, row.closed_at) == (NOW + 5 * MINUTE, 1, None)


def test_what_ends_one_ends_no_other(database: Database) -> None:
    others = ("sending simulator http://aXb upstream_refused", "transport simulator http://a_b abandoned")
    for key in (KEY, *others):
        note(database, key)
    assert [key for key, _ in close(database, "sending simulator http://a_b ")] == [KEY]
    with database.read() as session:
        assert list(incidents.open_keys(session)) == sorted(others)


def test_they_are_counted_by_kind(database: Database) -> None:
    for key in (KEY, "overdue a no_receipt", "overdue b no_receipt"):
        note(database, key)
    close(database, "overdue a ")
    with database.read() as session:
        by_kind = incidents.open_by_kind(session)
    assert by_kind == dict.fromkeys(Kind, 0) | {Kind.SENDING: 1, Kind.OVERDUE: 1}


def test_of_many_at_once_one_opens_it_and_all_are_counted(database: Database) -> None:
    start = Barrier(MANY)

    def one(_: int) -> bool:
        start.wait()
        return note(database)

    with ThreadPoolExecutor(MANY) as pool:
        assert sorted(pool.map(one, range(MANY))) == [False] * (MANY - 1) + [True]
    assert close(database, "sending") == [(KEY, MANY)]
