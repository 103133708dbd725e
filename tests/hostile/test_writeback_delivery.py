"""facts/security §4.7 on the way to the journal: no yes that cannot be kept, no message lost with its sender."""

from __future__ import annotations

import resource
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.journal import turn
from support.loopback import Says
from support.posted import posted

from portal.domain.delivery import State
from portal.store import registry, wishes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import PostgreSQL
    from support.posted import Posted

    from portal.adapters.http import Answer

pytestmark = pytest.mark.hostile


@pytest.fixture
def post(database_url: str, tmp_path: Path) -> Iterator[Posted]:
    with posted(database_url, tmp_path) as at:
        yield at


@contextmanager
def full_disk(url: str, room: int) -> Iterator[None]:
    """No file of this process may grow `room` bytes beyond SQLite's log: the kernel refuses, as on a full disk."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = Path(f"{url.removeprefix('sqlite:///')}-wal").stat().st_size + room
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


@contextmanager
def away(server: PostgreSQL, url: str) -> Iterator[None]:
    """The database takes no connections and ends those that it has."""
    name = url.partition("?")[0].rpartition("/")[2]
    server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    try:
        yield
    finally:
        server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def refused_for_now(answer: Answer) -> bool:
    wait = answer.headers.get("retry-after", "")
    return (answer.status, answer.json()["code"], wait.isdigit()) == (503, "unavailable", True)


def counted(post: Posted) -> dict[str, int]:
    """How many rows a document has left."""
    with post.world.database.read() as session:
        ask = session.connection().exec_driver_sql
        return {table: ask(f"SELECT count(*) FROM {table}").scalar_one() for table in ("document", "delivery")}


def taken_once_afterwards(post: Posted) -> None:
    """The same document again is taken, sent and answered, once."""
    assert counted(post) == {"document": 0, "delivery": 0}
    assert [post.world.put(post.given, "d-1").status for _ in range(2)] == [202, 200]
    assert counted(post) == {"document": 1, "delivery": 1}
    assert turn(post.tools)
    assert len(post.journal.posts) == 1


def test_H177_a_full_disk_gets_no_yes(sqlite_url: str, tmp_path: Path) -> None:
    with posted(sqlite_url, tmp_path) as post:
        with full_disk(sqlite_url, 0):
            answers = [post.world.put(post.given, "d-1") for _ in range(2)]
        assert [refused_for_now(answer) for answer in answers] == [True, True]
        taken_once_afterwards(post)


def test_H177_a_disk_that_fills_up_while_a_document_is_stored_leaves_all_of_it_or_nothing(
    sqlite_url: str, tmp_path: Path
) -> None:
    became = {}
    with posted(sqlite_url, tmp_path) as post:
        for room in range(0, 120_000, 12_000):
            before = counted(post)
            with full_disk(sqlite_url, room):
                answer = post.world.put(post.given, f"d-{room}")
            became[room] = answer.status
            assert answer.status == 202 or refused_for_now(answer)
            stored = int(answer.status == 202)
            assert counted(post) == {table: count + stored for table, count in before.items()}
    assert set(became.values()) == {202, 503}


def test_H177_a_database_that_is_away_gets_no_yes(postgresql: PostgreSQL, postgresql_url: str, tmp_path: Path) -> None:
    with posted(postgresql_url, tmp_path) as post:
        with away(postgresql, postgresql_url):
            answers = [post.world.put(post.given, "d-1") for _ in range(2)]
        assert [refused_for_now(answer) for answer in answers] == [True, True]
        taken_once_afterwards(post)


@pytest.mark.parametrize("status", [400, 403, 404, 422, 423])
def test_H185_a_no_of_the_journal_parks_the_message_tells_its_sender_and_can_be_sent_again(
    post: Posted, status: int
) -> None:
    name, msg_id = post.put()
    post.journal.says = Says({"detail": "nei"}, status)
    assert turn(post.tools)
    told = post.world.state_of(post.given, name).json()
    assert (told["state"], told["sent"]) == ("rejected_transport", False)
    assert [event["code"] for event in told["history"]] == ["", "upstream_refused"]
    post.world.clock.ahead += timedelta(hours=2)
    assert not turn(post.tools)
    post.journal.says = None
    with post.world.database.write() as session:
        assert wishes.send_again(session, post.delivery(msg_id), post.world.clock())
    assert turn(post.tools)
    assert post.state(msg_id) == "sent"
    assert post.journal.posts == [msg_id, msg_id]


def test_H187_what_a_target_handed_in_before_it_was_removed_is_still_delivered(post: Posted) -> None:
    _, msg_id = post.put()
    with post.world.database.write() as session:
        registry.disable_client(session, "demo-melding")
    refused = post.world.put(post.given, "d-late")
    assert refused.status == 401
    assert turn(post.tools)
    post.read(post.journal.receipt(post.journal.messages[msg_id], "1"))
    assert post.delivery(msg_id).state is State.COMPLETED
