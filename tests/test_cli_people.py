"""Roles, offices and who is kept out, as an operator keeps them from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import sealed_rows

from portal.domain.identity import Person
from portal.store import assignments, logins
from portal.store.tables.sign_on import LoginRow

if TYPE_CHECKING:
    from support.operator import Operator

    from portal.store.database import Database

ANNA = "hpr:565501872"


def test_a_role_and_an_office_are_assigned_listed_and_taken_back(on_sqlite: Operator, sqlite: Database) -> None:
    on_sqlite.run("people", "assign", ANNA, "--role", "kommuneoverlege", "--municipality", "0301")
    on_sqlite.run("people", "assign", "sub:anna", "--office", "999977774/999977775", "--name", "Granfjelldal")
    with sqlite.read() as session:
        assert assignments.roles(session, [ANNA]) == {"kommuneoverlege:0301"}
    listed = [line.split("\t")[:4] for line in on_sqlite.run("people", "list").stdout.splitlines()]
    assert listed == [
        [ANNA, "role", "kommuneoverlege:0301", ""],
        ["sub:anna", "office", "999977774/999977775", "Granfjelldal"],
    ]
    taking = ("people", "unassign", ANNA, "--role", "kommuneoverlege", "--municipality", "0301")
    on_sqlite.run(*taking)
    assert "is not assigned" in on_sqlite.run(*taking, status=1).stderr
    acts = [(action, subject) for _, action, subject in on_sqlite.audited()]
    assert acts == [("role_assigned", ANNA), ("office_assigned", "sub:anna"), ("role_unassigned", ANNA)]


@pytest.mark.parametrize("holder", [ANNA, "sub:anna"])
def test_who_is_disabled_is_out_at_once(on_sqlite: Operator, sqlite: Database, holder: str) -> None:
    with sqlite.write() as session:
        person = Person("anna", "Syntetisk", 4, "565501872")
        sealed_rows.log_in(session, sealed_rows.vault(), logins.hashed("cookie"), person=person)
    assert "1 sessions ended" in on_sqlite.run("people", "disable", holder).stdout
    with sqlite.read() as session:
        assert session.get_one(LoginRow, logins.hashed("cookie")).ended_at
        assert assignments.is_disabled(session, [holder])
    on_sqlite.run("people", "enable", holder)
    assert "is not disabled" in on_sqlite.run("people", "enable", holder, status=1).stderr
    assert [action for _, action, _ in on_sqlite.audited()] == ["person_disabled", "person_enabled"]


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("assign", "565501872", "--role", "vikar"), "hpr:NUMBER"),
        (("assign", "hpr:13917099805", "--role", "vikar"), "hpr:NUMBER"),
        (("assign", ANNA, "--role", "sjef"), "role"),
        (("assign", ANNA, "--role", "vikar", "--municipality", "30"), "municipality"),
        (("assign", ANNA, "--office", "99997777"), "parent"),
        (("disable", "anna"), "hpr:NUMBER"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_done(
    on_sqlite: Operator, arguments: tuple[str, ...], fault: str
) -> None:
    ended = on_sqlite.run("people", *arguments, status=1)
    assert fault in ended.stderr
    assert "13917099805" not in ended.stderr
    assert on_sqlite.run("people", "list").stdout == ""
    assert on_sqlite.audited() == []
