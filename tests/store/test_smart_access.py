from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from support import sealed_rows
from support.sealed_rows import NOW, OFFICE

from portal.domain.epj_session import EpjSession
from portal.domain.keyring import Keyring
from portal.domain.smart.access import Access
from portal.store import contexts, endings, smart_access
from portal.store.tables.launches import ContextRow
from portal.store.vault import Vault

if TYPE_CHECKING:
    from datetime import datetime

    from portal.store.database import Database

HERS = EpjSession("sub-1", "epj", "sid-1", "999999901", OFFICE)
MINUTE = timedelta(minutes=1)
EXPIRES = NOW + 30 * MINUTE
ACCESS = Access("at-secret", "rt-secret", NOW + 5 * MINUTE, "Patient/p-1", "Practitioner/d-1", "Encounter/e-1")
UNRENEWABLE = replace(ACCESS, refresh_token=None)
THREADS = 8


@pytest.fixture
def box(database: Database) -> Vault:
    """The vault of a database with one open context, `c-1`."""
    sealed_rows.register(database)
    box = sealed_rows.vault()
    with database.write() as session:
        sealed_rows.open_context(session, box)
    return box


def keep(database: Database, box: Vault, access: Access = ACCESS, at: datetime = NOW) -> bool:
    with database.write() as session:
        return smart_access.keep(session, box, "c-1", access, at)


def kept(database: Database, box: Vault, at: datetime = NOW) -> Access | None:
    with database.read() as session:
        return smart_access.of_context(session, box, "c-1", at)


def claim(database: Database, box: Vault, at: datetime = NOW) -> Access | None:
    with database.write() as session:
        return smart_access.claim_renewal(session, box, "c-1", at)


def until(database: Database, box: Vault) -> datetime | None:
    with database.read() as session:
        found = contexts.find(session, box, "c-1")
    assert found
    return found.documents_until


def test_what_opens_the_journal_is_found_whole_while_the_context_lives(database: Database, box: Vault) -> None:
    assert (kept(database, box), until(database, box)) == (None, None)
    assert keep(database, box)
    assert kept(database, box) == ACCESS
    assert kept(database, box, EXPIRES - MINUTE) == ACCESS
    assert kept(database, box, EXPIRES) is None
    assert not keep(database, box, at=EXPIRES)


def test_it_stands_there_sealed(database: Database, box: Vault) -> None:
    keep(database, box)
    with database.read() as session:
        sealed = session.scalars(select(ContextRow.sealed_smart)).one()
    assert sealed
    assert [word for word in (b"at-secret", b"rt-secret", b"p-1") if word in sealed] == []


def test_documents_are_taken_as_long_as_something_opens_the_journal(database: Database, box: Vault) -> None:
    keep(database, box, UNRENEWABLE)
    assert until(database, box) == ACCESS.expires_at
    keep(database, box)
    assert until(database, box) == EXPIRES


def test_it_ends_with_the_context(database: Database, box: Vault) -> None:
    keep(database, box)
    with database.write() as session:
        assert endings.of_context(session, "c-1", HERS, NOW + MINUTE)
    with database.read() as session:
        assert session.scalars(select(ContextRow.sealed_smart)).one() is None
    assert kept(database, box) is None
    assert not keep(database, box)


def test_it_is_renewed_by_one_and_by_the_next_when_that_one_died(database: Database, box: Vault) -> None:
    keep(database, box)
    assert claim(database, box) == ACCESS
    assert claim(database, box, NOW + timedelta(seconds=19)) is None
    assert kept(database, box) == ACCESS
    assert claim(database, box, NOW + timedelta(seconds=20)) == ACCESS


def test_what_was_renewed_may_be_renewed_again(database: Database, box: Vault) -> None:
    keep(database, box)
    claim(database, box)
    renewed = replace(ACCESS, access_token="at-2", expires_at=NOW + 10 * MINUTE)
    keep(database, box, renewed)
    assert claim(database, box) == renewed


def test_of_many_who_would_renew_at_once_one_does(database: Database, box: Vault) -> None:
    keep(database, box)
    start = Barrier(THREADS)

    def one(_: int) -> bool:
        start.wait()
        return claim(database, box) is not None

    with ThreadPoolExecutor(THREADS) as pool:
        assert sorted(pool.map(one, range(THREADS))) == [False] * (THREADS - 1) + [True]


def test_what_cannot_be_renewed_is_nobody_s_to_renew(database: Database, box: Vault) -> None:
    assert claim(database, box) is None
    keep(database, box, UNRENEWABLE)
    assert claim(database, box) is None
    keep(database, box)
    assert claim(database, box, EXPIRES) is None


def test_what_opens_nothing_any_more_is_let_go(database: Database, box: Vault) -> None:
    keep(database, box)
    with database.write() as session:
        smart_access.forget(session, "c-1")
    assert (kept(database, box), until(database, box)) == (None, None)


def test_a_destroyed_key_takes_it_along(database: Database, box: Vault) -> None:
    keep(database, box)
    destroyed = Vault(Keyring({"2026-2": b"\x01" * 32}, bytes(32)), bytes)
    assert kept(database, destroyed) is None
    assert claim(database, destroyed) is None
