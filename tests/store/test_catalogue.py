"""Revisions: one after the other, and nobody overwrites what another has just put in force."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from support.catalogue import a_catalogue
from support.sealed_rows import NOW

from portal.errors import CatalogueRejected
from portal.store import catalogue

if TYPE_CHECKING:
    from portal.store.database import Database

FIRST, SECOND = a_catalogue({"id": "en"}), a_catalogue({"id": "to"})


def publish(database: Database, based_on: int | None, what: object = FIRST) -> int:
    with database.write() as session:
        return catalogue.publish(session, what, by="test", now=NOW, based_on=based_on)  # type: ignore[arg-type]


def test_every_revision_stays_as_it_was_published(database: Database) -> None:
    assert (publish(database, None), publish(database, 1, SECOND)) == (1, 2)
    with database.read() as session:
        assert catalogue.newest(session) == 2
        assert catalogue.stored(session, None) == (2, SECOND)
        assert catalogue.stored(session, 1) == (1, FIRST)
        with pytest.raises(CatalogueRejected, match="revision_unknown"):
            catalogue.stored(session, 3)


def test_nothing_is_stored_before_the_first_publish(database: Database) -> None:
    with database.read() as session, pytest.raises(CatalogueRejected, match="revision_unknown"):
        catalogue.stored(session, None)


@pytest.mark.parametrize("base", [None, 7])
def test_another_base_than_the_revision_in_force_applies_nothing(database: Database, base: int | None) -> None:
    publish(database, None)
    with pytest.raises(CatalogueRejected, match="the revision in force is 1"):
        publish(database, base, SECOND)
    with database.read() as session:
        assert catalogue.newest(session) == 1


def test_of_two_at_once_one_is_told_that_the_other_was_first(database: Database) -> None:
    publish(database, None)
    ready = Barrier(2)

    def attempt(_: int) -> str:
        ready.wait()
        try:
            return str(publish(database, 1, SECOND))
        except CatalogueRejected as error:
            return error.code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(attempt, range(2))) == ["2", "catalogue_conflict"]
