from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support import sealed_rows
from support.sealed_rows import NOW

from portal.domain.assignment import Office, OfficeAssignment, RoleAssignment, holders
from portal.domain.identity import Organisation, Person
from portal.store import assignments, contexts
from portal.store.assignments import Entry

if TYPE_CHECKING:
    from portal.store.database import Database

ANNA = holders("anna", "565501872")
ROLE = RoleAssignment(role="kommuneoverlege", municipality="0301")
HOME, AWAY = Organisation("999977774", "999977775"), Organisation("310000124")
DAYS = timedelta(days=90)


def offices(database: Database, ahead: timedelta = timedelta(0)) -> list[Office]:
    with database.read() as session:
        return assignments.offices(session, ANNA, "anna", NOW + ahead - DAYS)


def assign_office(database: Database, office: Organisation, name: str = "", holder: str = ANNA[1]) -> None:
    assigned = OfficeAssignment(parent=office.parent, child=office.child, name=name)
    with database.write() as session:
        assignments.assign(session, holder, assigned, "kari", NOW)


def see(database: Database, context_id: str, office: Organisation, ago: timedelta, sub: str = "anna") -> None:
    """The journal opens a patient for Anna there, and she looks at it."""
    box, at = sealed_rows.vault(), NOW - ago
    lives = {"created_at": at, "expires_at": at + timedelta(hours=1)}
    with database.write() as session:
        sealed_rows.open_context(session, box, context_id, sub=sub, organisation=office, **lives)
        opened = contexts.find(session, box, context_id)
        assert opened
        assert contexts.activate(session, box, opened, Person(sub, "Anna", 4), "login-1", at)


@pytest.fixture
def registered(database: Database) -> Database:
    sealed_rows.register(database)
    return database


def test_roles_stand_under_either_name(database: Database) -> None:
    with database.write() as session:
        assignments.assign(session, ANNA[0], RoleAssignment(role="vikar"), "kari", NOW)
        assignments.assign(session, ANNA[1], ROLE, "kari", NOW)
        assignments.assign(session, ANNA[1], ROLE, "ola", NOW)
        assignments.assign(session, "sub:bo", RoleAssignment(role="admin"), "kari", NOW)
        assert assignments.roles(session, ANNA) == {"vikar", "kommuneoverlege:0301"}
        assert assignments.roles(session, holders("anna", None)) == {"vikar"}
        assert [assignments.unassign(session, ANNA[1], ROLE) for _ in range(2)] == [True, False]
        assert assignments.roles(session, ANNA) == {"vikar"}


def test_a_disabled_person_is_kept_out_under_either_name(database: Database) -> None:
    with database.write() as session:
        assignments.disable(session, ANNA[1], "kari", NOW)
        assignments.disable(session, ANNA[1], "ola", NOW)
        assert assignments.is_disabled(session, ANNA)
        assert not assignments.is_disabled(session, holders("anna", None))
        assert [assignments.enable(session, ANNA[1]) for _ in range(2)] == [True, False]
        assert not assignments.is_disabled(session, ANNA)


def test_offices_are_those_seen_the_latest_first_and_then_the_assigned(registered: Database) -> None:
    assert offices(registered) == []
    assign_office(registered, HOME, "Granfjelldal legekontor")
    assign_office(registered, AWAY, holder="sub:bo")
    assert offices(registered) == [Office(HOME, "Granfjelldal legekontor")]
    hour = timedelta(hours=1)
    see(registered, "c-1", AWAY, 2 * hour)
    see(registered, "c-2", Organisation("310000043"), hour, sub="bo")
    assert offices(registered) == [Office(AWAY, "", NOW - 2 * hour), Office(HOME, "Granfjelldal legekontor")]
    see(registered, "c-3", HOME, hour)
    named = Office(HOME, "Granfjelldal legekontor", NOW - hour)
    assert offices(registered) == [named, Office(AWAY, "", NOW - 2 * hour)]


def test_an_office_is_forgotten_after_ninety_days(registered: Database) -> None:
    see(registered, "c-1", AWAY, timedelta(0))
    assert offices(registered, DAYS) == [Office(AWAY, "", NOW)]
    assert offices(registered, DAYS + timedelta(seconds=1)) == []


def test_operators_see_everything_that_was_assigned_and_by_whom(database: Database) -> None:
    assign_office(database, HOME, "Granfjelldal")
    with database.write() as session:
        assignments.assign(session, ANNA[1], ROLE, "ola", NOW)
        assignments.disable(session, "sub:bo", "kari", NOW)
        assert list(assignments.listed(session)) == [
            Entry(ANNA[1], "office", HOME.label, "Granfjelldal", "kari", NOW),
            Entry(ANNA[1], "role", "kommuneoverlege:0301", "", "ola", NOW),
            Entry("sub:bo", "disabled", "", "", "kari", NOW),
        ]
