from __future__ import annotations

from itertools import product

import pytest
from support.keys import ec, rsa

from portal.domain import dpop
from portal.domain.client_key import Ring, State, public_half, ring_of
from portal.domain.client_registration import PublicKey

FIRST, NEW, OLD = ec("first").private, rsa("new", "PS256").private, ec("old").private
ALLOWED = {
    ("pending", "registered"),
    ("registered", "probed"),
    ("probed", "active"),
    ("pending", "retired"),
    ("registered", "retired"),
    ("probed", "retired"),
    ("active", "retired"),
}


def kids(ring: Ring) -> set[str]:
    return {key["kid"] for key in ring.proving.values()}


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_a_key_takes_one_step_at_a_time_and_never_back(before: State, after: State) -> None:
    assert before.may_become(after) == ((before, after) in ALLOWED)


def test_the_first_key_signs_while_no_other_is_active() -> None:
    ring = ring_of(FIRST)
    assert ring.active == FIRST
    assert kids(ring) == {"first"}


def test_the_active_key_signs_and_those_before_it_may_still_make_proofs() -> None:
    ring = ring_of(FIRST, [(State.RETIRED, OLD), (State.ACTIVE, NEW)])
    assert ring.active == NEW
    assert kids(ring) == {"first", "new", "old"}


def test_a_key_is_found_by_its_thumbprint() -> None:
    ring = ring_of(FIRST, [(State.ACTIVE, NEW)])
    assert ring.proving[dpop.thumbprint(public_half(NEW))] == NEW


@pytest.mark.parametrize("state", [State.PENDING, State.REGISTERED, State.PROBED])
def test_a_key_on_its_way_neither_signs_nor_proves(state: State) -> None:
    ring = ring_of(FIRST, [(state, NEW)])
    assert ring.active == FIRST
    assert kids(ring) == {"first"}


@pytest.mark.parametrize("key", [FIRST, NEW])
def test_the_public_half_is_fit_to_register(key: dict[str, str]) -> None:
    public = public_half(key)
    assert PublicKey.model_validate(public).kid == key["kid"]
    assert public_half(key | {"use": "sig"})["use"] == "sig"


def test_no_private_half_shows_in_a_log() -> None:
    shown = repr(ring_of(FIRST, [(State.ACTIVE, NEW)]))
    assert FIRST["d"] not in shown
    assert NEW["d"] not in shown
