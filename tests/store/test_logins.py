from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support import sealed_rows
from support.sealed_rows import NOW
from support.statements import queries

from portal.domain.assignment import RoleAssignment
from portal.domain.identity import Authorisation, Organisation, Person
from portal.domain.keyring import Keyring
from portal.store import assignments, endings, logins, people
from portal.store.logins import Login
from portal.store.tables.sign_on import LoginRow
from portal.store.vault import Vault

if TYPE_CHECKING:
    from portal.store.database import Database

SECRET = "a-cookie-of-256-bits"
KEY = logins.hashed(SECRET)
IDLE, DAY, MOMENT = timedelta(minutes=30), timedelta(hours=10), timedelta(microseconds=1)
DOCTOR = Person(
    "sub-1",
    "Syntetisk Testlege",
    4,
    "999999901",
    (Authorisation("LE", "1", ("1", "2"), ("allmennmedisin",)), Authorisation("SP", "1")),
)
LOGIN = Login(KEY, DOCTOR, None, "sid-1", "id-token", NOW, NOW, NOW + DAY)


@pytest.fixture
def signed_in(database: Database) -> Database:
    """Two logins of one person in one HelseID session, on two machines."""
    with database.write() as session:
        logins.begin(session, sealed_rows.vault(), LOGIN)
        logins.begin(session, sealed_rows.vault(), replace(LOGIN, key_hash=logins.hashed("other")))
    return database


def find(database: Database, after: timedelta, secret: str = SECRET) -> Login | None:
    with database.read() as session:
        return logins.find(session, sealed_rows.vault(), secret, NOW + after, IDLE)


def touch(database: Database, after: timedelta) -> None:
    with database.write() as session:
        logins.touch(session, KEY, NOW + after)


def end(database: Database, after: timedelta) -> None:
    with database.write() as session:
        endings.of_login(session, KEY, NOW + after)


def test_a_login_is_found_by_its_secret_as_it_began(signed_in: Database) -> None:
    assert find(signed_in, MOMENT) == LOGIN
    assert find(signed_in, MOMENT, KEY) is None
    assert find(signed_in, MOMENT, "another") is None


def test_an_idle_login_ends_at_its_moment_and_activity_puts_that_off(signed_in: Database) -> None:
    assert find(signed_in, IDLE - MOMENT)
    assert find(signed_in, IDLE) is None
    touch(signed_in, IDLE - MOMENT)
    assert find(signed_in, IDLE)
    assert find(signed_in, IDLE, "other") is None
    assert find(signed_in, 2 * IDLE - MOMENT) is None


def test_no_activity_prolongs_a_login_past_its_day(signed_in: Database) -> None:
    touch(signed_in, DAY - MOMENT)
    assert find(signed_in, DAY - MOMENT)
    assert find(signed_in, DAY) is None


def test_an_ended_login_is_ended_alone_and_for_good(signed_in: Database) -> None:
    end(signed_in, MOMENT)
    end(signed_in, IDLE)
    touch(signed_in, 2 * MOMENT)
    assert find(signed_in, 3 * MOMENT) is None
    assert find(signed_in, 3 * MOMENT, "other")
    with signed_in.read() as session:
        assert session.get_one(LoginRow, KEY).ended_at == NOW + MOMENT


def test_a_login_acts_for_the_office_that_was_last_said(signed_in: Database) -> None:
    for office in (Organisation("310000124"), Organisation("310000043", "310000051"), None, Organisation("310000124")):
        with signed_in.write() as session:
            logins.work_for(session, KEY, office, NOW)
        found = find(signed_in, MOMENT)
        assert found
        assert (found.organisation, found.placed) == (office, True)
    assert find(signed_in, MOMENT, "other") == replace(LOGIN, key_hash=logins.hashed("other"))


def test_a_login_is_over_when_its_key_was_destroyed(signed_in: Database) -> None:
    other = Vault(Keyring({"2026-2": b"\x01" * 32}, bytes(32)), bytes)
    with signed_in.read() as session:
        assert logins.find(session, other, SECRET, NOW, IDLE) is None


def test_neither_secret_nor_name_nor_id_token_is_readable(signed_in: Database) -> None:
    with signed_in.read() as session:
        row = session.get_one(LoginRow, KEY)
        stored = [str(getattr(row, column.key)) for column in LoginRow.__table__.columns]
    assert stored
    assert not any(secret in value for value in stored for secret in (SECRET, "Testlege", "id-token"))


def test_a_role_has_force_at_the_next_click_and_until_it_is_taken_back(signed_in: Database) -> None:
    assigned = RoleAssignment(role="kommuneoverlege", municipality="0301")
    for holder in ("hpr:999999901", "sub:sub-1"):
        with signed_in.write() as session:
            assignments.assign(session, holder, assigned, "kari", NOW)
        found = find(signed_in, MOMENT)
        assert found
        assert found.person.roles == {"kommuneoverlege:0301"}
        with signed_in.write() as session:
            assert assignments.unassign(session, holder, assigned)
        assert find(signed_in, MOMENT) == LOGIN


@pytest.mark.parametrize("holder", ["hpr:999999901", "sub:sub-1"])
def test_nobody_is_signed_in_while_disabled(signed_in: Database, holder: str) -> None:
    with signed_in.write() as session:
        assignments.disable(session, holder, "kari", NOW)
    assert find(signed_in, MOMENT) is None
    with signed_in.write() as session:
        assert assignments.enable(session, holder)
    assert find(signed_in, MOMENT) == LOGIN


def test_the_person_s_language_comes_along(signed_in: Database) -> None:
    for language in ("nn", "en"):
        with signed_in.write() as session:
            people.speak(session, "sub-1", language, NOW)
        found = find(signed_in, MOMENT)
        assert found
        assert found.language == language


def test_a_person_s_logins_are_listed_while_they_live(signed_in: Database) -> None:
    touch(signed_in, MOMENT)
    with signed_in.read() as session:
        seen = logins.of_person(session, "sub-1", NOW + MOMENT, IDLE)
        assert [one.handle for one in seen] == [LOGIN.handle, logins.handle_of(logins.hashed("other"))]
        assert len(logins.of_person(session, "sub-1", NOW + IDLE, IDLE)) == 1
        assert logins.of_person(session, "sub-2", NOW, IDLE) == []


def test_a_login_and_its_roles_are_found_by_one_question(signed_in: Database) -> None:
    with queries(signed_in) as asked:
        assert find(signed_in, MOMENT)
    assert len(asked) == 1
