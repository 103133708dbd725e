from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from support.sealed_rows import NOW

from portal.domain.writeback_choice import Choice
from portal.store import choices
from portal.store.tables.journal import WritebackChoiceRow

if TYPE_CHECKING:
    from portal.store.database import Database

OFFICE, OTHER = "310000124", "310000124/310000125"


def choose(database: Database, office: str, service_id: str, wanted: Choice, by: str = "anna", days: int = 0) -> None:
    with database.write() as session:
        choices.choose(session, office, service_id, wanted, by=by, now=NOW + timedelta(days=days))


def test_an_office_that_has_chosen_nothing_wants_everything(database: Database) -> None:
    with database.read() as session:
        assert choices.choice(session, OFFICE, "dod") is Choice.ALWAYS
        assert choices.of_office(session, OFFICE) == {}


@pytest.mark.parametrize("wanted", Choice)
def test_a_choice_is_the_offices_own_and_for_one_service(database: Database, wanted: Choice) -> None:
    choose(database, OFFICE, "dod", wanted)
    with database.read() as session:
        assert choices.choice(session, OFFICE, "dod") is wanted
        assert choices.of_office(session, OFFICE) == {"dod": wanted}
        assert choices.choice(session, OFFICE, "bivirkning") is Choice.ALWAYS
        assert choices.choice(session, OTHER, "dod") is Choice.ALWAYS


def test_the_last_word_stands_and_says_whose_it_is(database: Database) -> None:
    choose(database, OFFICE, "dod", Choice.NEVER)
    choose(database, OFFICE, "dod", Choice.ASK, by="bo", days=1)
    with database.read() as session:
        (row,) = session.scalars(select(WritebackChoiceRow)).all()
    assert (row.choice, row.sub, row.chosen_at) == ("ask", "bo", NOW + timedelta(days=1))


def test_only_what_is_always_wanted_does_not_wait() -> None:
    assert [choice for choice in Choice if not choice.waits] == [Choice.ALWAYS]
