from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.sealed_rows import NOW

from portal.lifetimes import Lifetimes
from portal.store import people, retention
from portal.store.people import Marks

if TYPE_CHECKING:
    from portal.store.database import Database

OFFICE, OTHER = "983744516/310000043", ""
HOUR = timedelta(hours=1)


def marks(database: Database, sub: str = "sub-1", office: str = OFFICE) -> Marks:
    with database.read() as session:
        return people.marks(session, sub, office)


@pytest.fixture
def marked(database: Database) -> Database:
    """A person with two favourites and two services used, one of them both."""
    with database.write() as session:
        for hours, service in enumerate(("dodsmelding", "msis")):
            people.favour(session, "sub-1", OFFICE, service, NOW + hours * HOUR)
        for hours, service in enumerate(("kjernejournal", "msis")):
            people.use(session, "sub-1", OFFICE, service, NOW + hours * HOUR)
    return database


def test_favourites_stand_as_they_were_marked_and_what_was_used_last_comes_first(marked: Database) -> None:
    assert marks(marked) == Marks(("dodsmelding", "msis"), ("msis", "kjernejournal"))


def test_marks_belong_to_one_person_at_one_office(marked: Database) -> None:
    assert marks(marked, sub="sub-2") == marks(marked, office=OTHER) == Marks()


def test_a_mark_is_taken_back_and_what_was_used_is_forgotten(marked: Database) -> None:
    with marked.write() as session:
        people.favour(session, "sub-1", OFFICE, "dodsmelding", None)
        people.favour(session, "sub-1", OFFICE, "never-marked", None)
    assert marks(marked) == Marks(("msis",), ("msis", "kjernejournal"))
    with marked.write() as session:
        people.forget_used(session, "sub-1", OFFICE)
    assert marks(marked) == Marks(("msis",), ())


def test_using_again_moves_to_the_front_and_makes_no_second_row(marked: Database) -> None:
    with marked.write() as session:
        people.use(session, "sub-1", OFFICE, "kjernejournal", NOW + 9 * HOUR)
    assert marks(marked).used == ("kjernejournal", "msis")


def test_what_nobody_has_used_for_long_is_forgotten_before_what_was_chosen(marked: Database) -> None:
    lives = Lifetimes()
    with marked.write() as session:
        people.speak(session, "sub-1", "nn", NOW)
    done = retention.run(marked, NOW + lives.recent_use, lives)
    assert (done.marks, done.people) == (1, 0)
    assert marks(marked).favourites == ("dodsmelding", "msis")
    done = retention.run(marked, NOW + HOUR + lives.choices, lives)
    assert (done.marks, done.people) == (2, 1)
    assert marks(marked) == Marks()
