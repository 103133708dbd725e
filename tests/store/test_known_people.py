from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from support import sealed_rows
from support.catalogue import DOCTOR, SECRETARY
from support.sealed_rows import NOW

from portal.domain.identity import Authorisation
from portal.domain.keyring import Keyring
from portal.store import known_people
from portal.store.tables.sign_on import KnownPersonRow
from portal.store.vault import Vault

if TYPE_CHECKING:
    from datetime import datetime

    from portal.domain.identity import Person
    from portal.store.database import Database
    from portal.store.known_people import Known

DAY = timedelta(days=1)
SPECIALIST = replace(DOCTOR, authorisations=(*DOCTOR.authorisations, Authorisation("SP", "4", ("2",), ("7", "8"))))


@pytest.fixture
def box() -> Vault:
    return sealed_rows.vault()


def remember(database: Database, box: Vault, person: Person, at: datetime = NOW) -> None:
    with database.write() as session:
        known_people.remember(session, box, person, at)


def known(database: Database, box: Vault, sub: str = DOCTOR.sub, since: datetime = NOW - DAY) -> Known | None:
    with database.read() as session:
        return known_people.find(session, box, sub, since)


@pytest.mark.parametrize("person", [DOCTOR, SPECIALIST, SECRETARY])
def test_what_hpr_says_is_remembered_and_the_name_and_local_roles_are_not(
    database: Database, box: Vault, person: Person
) -> None:
    remember(database, box, replace(person, roles=frozenset({"vikar:0301"})))
    assert known(database, box, person.sub) == (replace(person, name=""), NOW)
    assert known(database, box, "somebody-else") is None


def test_the_latest_login_is_what_counts(database: Database, box: Vault) -> None:
    remember(database, box, SPECIALIST)
    remember(database, box, DOCTOR, NOW + DAY)
    assert known(database, box) == (replace(DOCTOR, name=""), NOW + DAY)


def test_what_was_said_too_long_ago_is_not_known(database: Database, box: Vault) -> None:
    remember(database, box, DOCTOR)
    assert known(database, box, since=NOW - timedelta(seconds=1))
    assert known(database, box, since=NOW) is None


def test_who_is_forgotten_is_unknown_and_nobody_else(database: Database, box: Vault) -> None:
    for person in (DOCTOR, SECRETARY):
        remember(database, box, person)
    with database.write() as session:
        known_people.forget(session, [DOCTOR.sub, "never-seen"])
    assert known(database, box) is None
    assert known(database, box, SECRETARY.sub)


def test_it_is_sealed_and_goes_with_its_key(database: Database, box: Vault) -> None:
    remember(database, box, DOCTOR)
    with database.read() as session:
        sealed = session.scalars(select(KnownPersonRow.sealed)).one()
    assert not any(part.encode() in sealed for part in ("Anna", str(DOCTOR.hpr_number), "authorisations"))
    assert known(database, Vault(Keyring({"2026-2": b"b" * 32}, bytes(32)), box.random)) is None
