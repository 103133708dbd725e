from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support import sealed_rows
from support.sealed_rows import CLIENT, NOW, OFFICE

from portal.domain.identity import Organisation, Person
from portal.domain.launch import Launch
from portal.store import contexts, endings, launches, logins
from portal.store.tables.launches import ContextRow, LaunchRow
from portal.store.tables.sign_on import HelseIdTokenRow, LoginRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.store.database import Database

IDLE = timedelta(minutes=30)
KEYS = {name: logins.hashed(name) for name in ("desk", "other-desk", "bo")}


@pytest.fixture
def working(database: Database) -> Database:
    """Anna at two machines in two HelseID sessions, and Bo; each has a patient open, a launch and a token."""
    sealed_rows.register(database)
    box = sealed_rows.vault()
    with database.write() as session:
        sealed_rows.open_context(session, box, sub="anna")
        for name, sub, sid in (("desk", "anna", "sid-1"), ("other-desk", "anna", "sid-2"), ("bo", "bo", "sid-3")):
            person = Person(sub, "Syntetisk", 4, f"{'1' if sub == 'anna' else '2'}00000")
            sealed_rows.log_in(session, box, KEYS[name], person=person, sid=sid)
            opened = sealed_rows.open_context(session, box, name, sub=sub)
            assert contexts.activate(session, box, opened, person, KEYS[name], NOW)
            begun = Launch(name, None, CLIENT.service, CLIENT.client_id, sub, KEYS[name], None, NOW, OFFICE.label)
            launches.begin(session, begun)
            session.flush()
            for kind in (launches.ACCESS, launches.WRITEBACK):
                sealed_rows.grant(session, name, kind)
            session.add(HelseIdTokenRow(owner=KEYS[name], audience="a", keep_until=NOW))
    return database


def ended(database: Database, ending: Callable[[Session], object]) -> set[str]:
    """Who is signed in no more, with no patient, access or token; what is handed in is always still delivered."""
    with database.write() as session:
        ending(session)
    with database.read() as session:
        gone = {name for name, key in KEYS.items() if session.get_one(LoginRow, key).ended_at}
        access = {name for name in KEYS if not launches.holder(session, f"token-access-{name}", launches.ACCESS, NOW)}
        tokens = {name for name, key in KEYS.items() if not session.get(HelseIdTokenRow, (key, "a"))}
        closed = {name for name in KEYS if session.get_one(ContextRow, name).ended_at}
        revoked = {name for name in KEYS if session.get_one(LaunchRow, name).revoked_at}
        kept = [launches.holder(session, f"token-writeback-{name}", launches.WRITEBACK, NOW) for name in KEYS]
    assert gone == access == tokens == closed == revoked
    assert all(kept)
    return gone


@pytest.mark.parametrize(
    ("ending", "gone"),
    [
        pytest.param(lambda s: endings.of_login(s, KEYS["desk"], NOW), {"desk"}, id="one login"),
        pytest.param(lambda s: endings.of_handle(s, "anna", KEYS["other-desk"][:16], NOW), {"other-desk"}, id="handle"),
        pytest.param(lambda s: endings.of_handle(s, "anna", KEYS["bo"][:16], NOW), set(), id="somebody else's handle"),
        pytest.param(lambda s: endings.of_handle(s, "anna", "%", NOW), set(), id="a pattern for a handle"),
        pytest.param(lambda s: endings.of_sid(s, "sid-2", None, NOW), {"other-desk"}, id="a session at HelseID"),
        pytest.param(lambda s: endings.of_sid(s, "sid-2", "bo", NOW), set(), id="a session and another person"),
        pytest.param(
            lambda s: endings.of_sid(s, None, "anna", NOW), {"desk", "other-desk"}, id="every one of a person"
        ),
        pytest.param(lambda s: endings.of_person(s, "sub:anna", NOW), {"desk", "other-desk"}, id="a disabled person"),
        pytest.param(lambda s: endings.of_person(s, "hpr:200000", NOW), {"bo"}, id="disabled by HPR number"),
        pytest.param(lambda s: endings.of_person(s, "hpr:300000", NOW), set(), id="disabled before any login"),
    ],
)
def test_what_ends(working: Database, ending: Callable[[Session], object], gone: set[str]) -> None:
    assert ended(working, ending) == gone


def test_a_login_ends_once(working: Database) -> None:
    with working.write() as session:
        assert [endings.of_login(session, KEYS["desk"], NOW) for _ in range(2)] == [1, 0]


def test_a_disabled_person_s_patients_are_closed(working: Database) -> None:
    with working.write() as session:
        endings.of_person(session, "sub:anna", NOW)
    with working.read() as session:
        assert contexts.live_of(session, sealed_rows.vault(), "anna", NOW) == []
        found = contexts.find(session, sealed_rows.vault(), "c-1")
        assert found
        assert found.ended_at == NOW


@pytest.mark.parametrize(
    ("office", "ends"),
    [
        pytest.param(OFFICE, False, id="the same office"),
        pytest.param(Organisation("999977774"), True, id="another office"),
        pytest.param(replace(OFFICE, child="999977775"), True, id="a unit of it"),
        pytest.param(None, True, id="an office that is not known"),
    ],
)
def test_what_is_open_for_another_office_ends(working: Database, office: Organisation | None, *, ends: bool) -> None:
    with working.write() as session:
        endings.of_other_offices(session, "anna", KEYS["desk"], office, NOW)
    with working.read() as session:
        alive = {name for name in KEYS if launches.holder(session, f"token-access-{name}", launches.ACCESS, NOW)}
        opened = {name for name in KEYS if not session.get_one(ContextRow, name).ended_at}
    assert alive == opened == ({"other-desk", "bo"} if ends else set(KEYS))


@pytest.mark.parametrize(
    ("over", "goes_on"),
    [
        pytest.param(None, {"desk"}, id="the one before it in the browser"),
        pytest.param({"ended_at": NOW}, {"desk", "other-desk"}, id="and one that has ended"),
        pytest.param({"expires_at": NOW}, {"desk", "other-desk"}, id="and one that has expired"),
        pytest.param({"seen_at": NOW - IDLE}, {"desk", "other-desk"}, id="and one that was left alone"),
    ],
)
def test_patients_go_on_in_a_new_login_of_the_same_person(
    working: Database, over: dict[str, datetime] | None, goes_on: set[str]
) -> None:
    with working.write() as session:
        for name, value in (over or {}).items():
            setattr(session.get_one(LoginRow, KEYS["other-desk"]), name, value)
        session.flush()
        contexts.adopt(session, "anna", "n" * 64, KEYS["desk"], NOW, IDLE)
    with working.read() as session:
        assert goes_on == {name for name in KEYS if session.get_one(ContextRow, name).login_hash == "n" * 64}


def test_launches_go_on_from_the_login_that_takes_another_one_s_place(working: Database) -> None:
    with working.write() as session:
        launches.move(session, "anna", KEYS["desk"], "n" * 64)
        launches.move(session, "anna", KEYS["bo"], "n" * 64)
        endings.of_login(session, KEYS["desk"], NOW)
    with working.read() as session:
        assert launches.holder(session, "token-access-desk", launches.ACCESS, NOW)
        moved = launches.find(session, "desk")
        assert moved
        assert moved.session_hash == "n" * 64
        untouched = launches.find(session, "bo")
        assert untouched
        assert untouched.session_hash == KEYS["bo"]
