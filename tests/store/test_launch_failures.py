from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support import sealed_rows
from support.sealed_rows import CLIENT, NOW

from portal.domain.launch_failure import Code, Failure
from portal.store import launch_failures

if TYPE_CHECKING:
    from portal.store.database import Database

FAILURE = Failure("l-1", CLIENT.service, Code.OTHER_PERSON, NOW)


@pytest.fixture
def launched(database: Database) -> Database:
    """Two launches from one context."""
    sealed_rows.register(database)
    with database.write() as session:
        sealed_rows.open_context(session, sealed_rows.vault())
        for launch_id in ("l-1", "l-2"):
            sealed_rows.launch(session, launch_id)
    return database


def note(database: Database, failure: Failure) -> bool:
    with database.write() as session:
        return launch_failures.note(session, failure)


def test_a_failure_is_found_by_its_reference(launched: Database) -> None:
    assert note(launched, FAILURE)
    with launched.read() as session:
        assert launch_failures.find(session, FAILURE.reference) == FAILURE
        assert launch_failures.find(session, "x" * 16) is None


def test_told_again_it_is_the_one_that_was_told_of_first(launched: Database) -> None:
    assert note(launched, FAILURE)
    assert not note(launched, replace(FAILURE, at=NOW + timedelta(minutes=1)))
    with launched.read() as session:
        assert launch_failures.find(session, FAILURE.reference) == FAILURE


def test_told_many_times_at_once_it_is_one(launched: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: note(launched, FAILURE), range(8))) == [False] * 7 + [True]


def test_they_are_counted_by_service_and_code_from_a_time_on(launched: Database) -> None:
    others = replace(FAILURE, launch_id="l-2"), replace(FAILURE, code=Code.INTERNAL, at=NOW + timedelta(hours=1))
    for failure in (FAILURE, *others):
        note(launched, failure)
    with launched.read() as session:
        assert launch_failures.counts(session, NOW) == {
            (CLIENT.service, Code.OTHER_PERSON): 2,
            (CLIENT.service, Code.INTERNAL): 1,
        }
        assert launch_failures.counts(session, NOW + timedelta(minutes=1)) == {(CLIENT.service, Code.INTERNAL): 1}
