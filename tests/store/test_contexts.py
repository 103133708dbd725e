from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from support import sealed_rows
from support.sealed_rows import NOW, NUMBER, OFFICE

from portal.domain.context import Patient, Practitioner, ReplyTo
from portal.domain.epj_session import EpjSession
from portal.domain.identity import Authorisation, Person
from portal.domain.keyring import Keyring
from portal.domain.oids import FNR
from portal.store import contexts, endings
from portal.store.tables.launches import ContextRow
from portal.store.vault import Vault

if TYPE_CHECKING:
    from datetime import datetime

    from portal.domain.context import Context
    from portal.store.database import Database

HERS = EpjSession("sub-1", "epj", "sid-1", "999999901", OFFICE)
OTHERS = [replace(HERS, sub="sub-2"), replace(HERS, client_id="epj-2"), replace(HERS, sid="sid-2")]
ANNA = Person("sub-1", "Anna Fastlege", 4)
HOUR, MINUTE, MOMENT = timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1)
EXPIRES, LIMIT = NOW + 30 * MINUTE, NOW + 8 * HOUR
THREADS = 8


@pytest.fixture
def box(database: Database) -> Vault:
    """The vault of a database with one open context, `c-1`."""
    sealed_rows.register(database)
    box = sealed_rows.vault()
    put(database, box)
    return box


def put(database: Database, box: Vault, context_id: str = "c-1", **changes: Any) -> None:
    with database.write() as session:
        sealed_rows.open_context(session, box, context_id, **changes)


def find(database: Database, box: Vault, context_id: str = "c-1") -> Context:
    with database.read() as session:
        found = contexts.find(session, box, context_id)
    assert found
    return found


def activate(database: Database, box: Vault, context_id: str = "c-1", *, by: Person = ANNA, at: datetime = NOW) -> bool:
    context = find(database, box, context_id)
    with database.write() as session:
        return contexts.activate(session, box, context, by, "login-1", at)


def refresh(database: Database, until: datetime, by: EpjSession = HERS, at: datetime = NOW) -> datetime | None:
    with database.write() as session:
        return contexts.refresh(session, "c-1", by, at, until)


def end(database: Database, by: EpjSession = HERS) -> bool:
    with database.write() as session:
        return endings.of_context(session, "c-1", by, NOW + MINUTE)


def live(database: Database, box: Vault, at: datetime, sub: str = "sub-1") -> list[str]:
    with database.read() as session:
        return [context.id for context in contexts.live_of(session, box, sub, at)]


def is_newest(database: Database) -> bool:
    with database.read() as session:
        return contexts.is_newest(session, "c-1")


def test_what_an_epj_opened_is_found_whole(database: Database, box: Vault) -> None:
    found = find(database, box)
    assert found.patient == Patient(NUMBER, FNR, "Testpasient", "Syntetisk", date(1975, 1, 1))
    assert found.practitioner == Practitioner("LE", "999999901")
    assert (found.sub, found.epj_id, found.organisation) == ("sub-1", "epj", OFFICE)
    assert (found.reply_to, found.created_at) == (ReplyTo("99000102", "99000101"), NOW)
    assert (found.expires_at, found.activated_at, found.ended_at) == (EXPIRES, None, None)
    with database.read() as session:
        assert contexts.challenge_of(session, "c-1") == "c" * 43
        assert contexts.challenge_of(session, "c-2") is None
        assert contexts.find(session, box, "c-2") is None


def test_a_context_without_an_address_for_messages_has_none(database: Database, box: Vault) -> None:
    put(database, box, "c-2", reply_to=None)
    assert find(database, box, "c-2").reply_to is None


def test_a_destroyed_key_takes_the_patient_along(database: Database, box: Vault) -> None:
    assert activate(database, box)
    destroyed = Vault(Keyring({"2026-2": b"\x01" * 32}, bytes(32)), bytes)
    with database.read() as session:
        assert contexts.find(session, destroyed, "c-1") is None
        assert contexts.live_of(session, destroyed, "sub-1", NOW) == []


def test_a_context_is_activated_once_and_learns_the_name(database: Database, box: Vault) -> None:
    assert activate(database, box)
    assert not activate(database, box, at=NOW + MINUTE)
    found = find(database, box)
    assert found.practitioner == Practitioner("LE", "999999901", "Anna Fastlege")
    assert found.activated_at == NOW


def test_of_many_who_activate_at_once_one_is_let_in(database: Database, box: Vault) -> None:
    start = Barrier(THREADS)

    def one(_: int) -> bool:
        start.wait()
        return activate(database, box)

    with ThreadPoolExecutor(THREADS) as pool:
        assert sorted(pool.map(one, range(THREADS))) == [False] * (THREADS - 1) + [True]


def test_nobody_else_activates_it_and_nobody_too_late(database: Database, box: Vault) -> None:
    assert not activate(database, box, by=replace(ANNA, sub="sub-2"))
    assert not activate(database, box, at=EXPIRES)
    assert activate(database, box, at=EXPIRES - MOMENT)


def test_what_has_ended_is_not_activated(database: Database, box: Vault) -> None:
    assert end(database)
    assert not activate(database, box)


def test_the_live_ones_are_hers_activated_and_newest_first(database: Database, box: Vault) -> None:
    put(database, box, "c-2", created_at=NOW + MINUTE)
    put(database, box, "c-3")
    assert activate(database, box, "c-1")
    assert activate(database, box, "c-2")
    assert live(database, box, NOW) == ["c-2", "c-1"]
    assert live(database, box, NOW, "sub-2") == []
    assert live(database, box, EXPIRES) == []
    assert end(database)
    assert live(database, box, NOW) == ["c-2"]


def test_a_refresh_keeps_it_alive_but_never_past_its_limit(database: Database, box: Vault) -> None:
    assert refresh(database, NOW + HOUR) == NOW + HOUR
    assert find(database, box).expires_at == NOW + HOUR
    assert refresh(database, LIMIT + MINUTE) == LIMIT
    assert find(database, box).expires_at == LIMIT


def test_what_is_over_is_not_refreshed(database: Database, box: Vault) -> None:
    assert refresh(database, LIMIT, at=EXPIRES) is None
    assert end(database)
    assert refresh(database, LIMIT) is None
    assert find(database, box).expires_at == EXPIRES


@pytest.mark.parametrize("other", OTHERS)
def test_another_session_neither_refreshes_nor_ends_it(database: Database, box: Vault, other: EpjSession) -> None:
    assert refresh(database, LIMIT, by=other) is None
    assert not end(database, by=other)
    assert find(database, box).is_live(NOW)


def test_a_context_ends_once(database: Database, box: Vault) -> None:
    assert end(database)
    assert not end(database)
    assert find(database, box).ended_at == NOW + MINUTE


def test_another_patient_in_the_same_session_makes_it_old(database: Database, box: Vault) -> None:
    assert is_newest(database)
    put(database, box, "c-2", created_at=NOW + MINUTE)
    put(database, box, "c-3", created_at=NOW - MINUTE, patient_ref="f" * 64)
    assert is_newest(database)
    put(database, box, "c-4", created_at=NOW + MINUTE, patient_ref="f" * 64)
    assert not is_newest(database)


@pytest.mark.parametrize("other", [{"sub": "sub-2"}, {"client_id": "epj-2"}, {"sid": "sid-2"}])
def test_another_patient_in_another_session_does_not(database: Database, box: Vault, other: dict[str, str]) -> None:
    put(database, box, "c-2", created_at=NOW + MINUTE, patient_ref="f" * 64)
    with database.write() as session:
        for name, value in other.items():
            setattr(session.get_one(ContextRow, "c-2"), name, value)
    assert is_newest(database)


def test_a_newer_patient_who_was_closed_does_not(database: Database, box: Vault) -> None:
    put(database, box, "c-2", created_at=NOW + MINUTE, patient_ref="f" * 64)
    with database.write() as session:
        endings.of_context(session, "c-2", HERS, NOW + MINUTE)
    assert is_newest(database)


def test_back_to_the_first_patient_makes_it_new_again(database: Database, box: Vault) -> None:
    put(database, box, "c-2", created_at=NOW + MINUTE, patient_ref="f" * 64)
    assert not is_newest(database)
    put(database, box, "c-3", created_at=NOW + 2 * MINUTE)
    assert is_newest(database)


def test_a_patient_whom_a_smart_server_opened_counts_before_anybody_has_looked(database: Database, box: Vault) -> None:
    put(database, box, "c-2", created_at=NOW + MINUTE, patient_ref="f" * 64, sub=None)
    assert not is_newest(database)


def test_without_a_sub_the_hpr_number_says_whose_it_is(database: Database, box: Vault) -> None:
    put(database, box, "c-2", sub=None)
    assert not activate(database, box, "c-2")
    assert not activate(database, box, "c-2", by=replace(ANNA, hpr_number="999999902"))
    assert activate(database, box, "c-2", by=replace(ANNA, hpr_number="999999901"))
    assert find(database, box, "c-2").sub == "sub-1"
    assert live(database, box, NOW) == ["c-2"]


def test_without_an_hpr_number_it_is_nobodys(database: Database, box: Vault) -> None:
    put(database, box, "c-2", sub=None, practitioner=Practitioner(None, None))
    assert not activate(database, box, "c-2")


def test_the_profession_is_the_epjs_word_or_else_helseids(database: Database, box: Vault) -> None:
    nurse = replace(ANNA, hpr_number="999999901", authorisations=(Authorisation("SP", "1"),))
    for context_id, given in (("c-2", None), ("c-3", "LE")):
        put(database, box, context_id, sub=None, practitioner=Practitioner(given, "999999901"))
        assert activate(database, box, context_id, by=nurse)
    assert find(database, box, "c-2").practitioner.profession == "SP"
    assert find(database, box, "c-3").practitioner.profession == "LE"
