from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from support import sealed_rows
from support.keys import ec, rsa
from support.sealed_rows import NOW

from portal.domain.client_key import Ring, State
from portal.domain.keyring import Keyring
from portal.errors import RequestRejected, Unavailable
from portal.lifetimes import Lifetimes
from portal.store import client_keys, retention
from portal.store.tables.sign_on import ClientKeyRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.domain.client_key import PrivateJwk
    from portal.store.database import Database, Session
    from portal.store.vault import Vault

FIRST, NEW, NEWER = ec("first").private, rsa("new", "PS256").private, ec("newer").private
LIVES = Lifetimes()
HOUR = timedelta(hours=1)
STEPS: dict[State, Callable[[Session, str], object]] = {
    State.PENDING: lambda session, kid: client_keys.registered(session, kid, NOW, None),
    State.REGISTERED: lambda session, kid: client_keys.probed(session, kid, NOW),
    State.PROBED: lambda session, kid: client_keys.activate(session, kid, NOW),
}


@pytest.fixture
def box() -> Vault:
    return sealed_rows.vault()


def take(database: Database, box: Vault, key: PrivateJwk, state: State = State.PENDING) -> None:
    """A new key, brought as far as `state`."""
    with database.write() as session:
        client_keys.add(session, box, key, "kari", NOW)
    with database.write() as session:
        while (at := client_keys.find(session, key["kid"]).state) is not state:
            STEPS[at](session, key["kid"])


def ring(database: Database, box: Vault) -> Ring:
    with database.read() as session:
        return client_keys.ring(session, box, FIRST)


def proving(database: Database, box: Vault) -> set[str]:
    return {key["kid"] for key in ring(database, box).proving.values()}


def states(database: Database) -> dict[str, str]:
    with database.read() as session:
        return {key.kid: key.state for key in client_keys.listed(session)}


def sealed(database: Database, kid: str) -> bytes | None:
    with database.read() as session:
        return session.scalar(select(ClientKeyRow.sealed).where(ClientKeyRow.kid == kid))


@pytest.mark.parametrize("key", [NEW, NEWER])
def test_a_new_key_is_pending_and_its_private_half_sealed(database: Database, box: Vault, key: PrivateJwk) -> None:
    take(database, box, key)
    with database.read() as session:
        (told,) = client_keys.listed(session)
    assert (told.kid, told.state, told.made_by, told.changed_at) == (key["kid"], State.PENDING, "kari", NOW)
    assert told.public["alg"] == key["alg"]
    assert "d" not in told.public
    assert key["d"].encode() not in (sealed(database, key["kid"]) or b"")


def test_a_name_is_taken_once(database: Database, box: Vault) -> None:
    take(database, box, NEW)
    with pytest.raises(RequestRejected, match="taken"), database.write() as session:
        client_keys.add(session, box, NEW, "kari", NOW)


@pytest.mark.parametrize("key", [NEW, NEWER])
def test_a_key_signs_when_it_is_active_and_not_before(database: Database, box: Vault, key: PrivateJwk) -> None:
    take(database, box, key)
    for state, step in STEPS.items():
        assert states(database) == {key["kid"]: state}
        assert ring(database, box).active == FIRST
        assert proving(database, box) == {"first"}
        with database.write() as session:
            step(session, key["kid"])
    assert ring(database, box).active == key
    assert proving(database, box) == {"first", key["kid"]}


def test_the_key_for_the_probe_is_handed_out_when_it_is_registered(database: Database, box: Vault) -> None:
    take(database, box, NEW, State.REGISTERED)
    take(database, box, NEWER)
    with database.write() as session:
        assert client_keys.to_probe(session, box, "new") == NEW
        with pytest.raises(RequestRejected, match="newer: pending, not registered"):
            client_keys.to_probe(session, box, "newer")


@pytest.mark.parametrize("state", [State.PENDING, State.REGISTERED, State.ACTIVE])
def test_a_step_is_not_left_out(database: Database, box: Vault, state: State) -> None:
    take(database, box, NEW, state)
    with pytest.raises(RequestRejected, match=f"new: {state}, cannot become active"), database.write() as session:
        client_keys.activate(session, "new", NOW)
    assert states(database) == {"new": state}


def test_helseids_word_for_the_expiry_is_kept(database: Database, box: Vault) -> None:
    take(database, box, NEW)
    with database.write() as session:
        client_keys.registered(session, "new", NOW + HOUR, NOW + 1000 * HOUR)
    with database.read() as session:
        told = client_keys.find(session, "new")
    assert (told.changed_at, told.expires_at) == (NOW + HOUR, NOW + 1000 * HOUR)


def test_activation_retires_the_former_which_may_still_make_proofs(database: Database, box: Vault) -> None:
    take(database, box, NEW, State.ACTIVE)
    take(database, box, NEWER, State.PROBED)
    with database.write() as session:
        assert client_keys.activate(session, "newer", NOW) == "new"
    assert states(database) == {"new": State.RETIRED, "newer": State.ACTIVE}
    assert ring(database, box).active == NEWER
    assert proving(database, box) == {"first", "new", "newer"}


def test_an_activation_that_fails_leaves_the_former_active(database: Database, box: Vault) -> None:
    take(database, box, NEW, State.ACTIVE)
    take(database, box, NEWER)
    with pytest.raises(RequestRejected), database.write() as session:
        client_keys.activate(session, "newer", NOW)
    assert states(database) == {"new": State.ACTIVE, "newer": State.PENDING}


def test_of_two_that_are_activated_at_once_one_is_active_after(database: Database, box: Vault) -> None:
    keys = [ec(f"k-{number}").private for number in range(4)]
    for key in keys:
        take(database, box, key, State.PROBED)

    def activate(kid: str) -> None:
        with database.write() as session:
            client_keys.activate(session, kid, NOW)

    with ThreadPoolExecutor(len(keys)) as pool:
        list(pool.map(activate, [key["kid"] for key in keys]))
    assert sorted(states(database).values()) == [State.ACTIVE, *[State.RETIRED] * 3]


@pytest.mark.parametrize("state", [State.PENDING, State.REGISTERED, State.PROBED])
def test_a_key_that_never_signed_is_retired_and_forgotten_at_once(database: Database, box: Vault, state: State) -> None:
    take(database, box, NEW, state)
    with database.write() as session:
        client_keys.retire(session, "new", NOW)
    assert states(database) == {"new": State.RETIRED}
    assert sealed(database, "new") is None
    assert proving(database, box) == {"first"}


def test_the_active_key_is_not_retired_by_itself(database: Database, box: Vault) -> None:
    take(database, box, NEW, State.ACTIVE)
    with pytest.raises(RequestRejected, match="activate another"), database.write() as session:
        client_keys.retire(session, "new", NOW)


def test_a_key_that_nobody_made_is_refused(database: Database) -> None:
    for ask in (client_keys.find, lambda session, kid: client_keys.retire(session, kid, NOW)):
        with pytest.raises(RequestRejected, match="there is no such key"), database.write() as session:
            ask(session, "nobody")


def test_a_retired_key_is_emptied_when_every_session_from_before_is_over(database: Database, box: Vault) -> None:
    for key in (NEW, NEWER):
        take(database, box, key, State.ACTIVE)
    over = NOW + LIVES.login + LIVES.session + retention.IN_FLIGHT
    assert retention.run(database, over - timedelta(seconds=1), LIVES).keys == 0
    assert proving(database, box) == {"first", "new", "newer"}
    assert retention.run(database, over, LIVES).keys == 1
    assert retention.run(database, over + 10_000 * HOUR, LIVES).keys == 0
    assert proving(database, box) == {"first", "newer"}
    assert states(database) == {"new": State.RETIRED, "newer": State.ACTIVE}


def test_no_other_key_signs_for_an_active_one_that_cannot_be_opened(database: Database, box: Vault) -> None:
    take(database, box, NEW, State.ACTIVE)
    other = replace(box, keyring=Keyring({"2027-1": bytes(range(32))}, bytes(32)))
    with pytest.raises(Unavailable):
        ring(database, other)
    take(database, other, NEWER, State.ACTIVE)
    assert ring(database, other).active == NEWER
    assert proving(database, other) == {"first", "newer"}
