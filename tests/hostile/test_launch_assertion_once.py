"""facts/security §4.3, H041 to H050: an assertion is good once, at one endpoint, in one spelling."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert
from support.forge import encoded
from support.keys import signed
from support.liar import MISSING
from support.raw_target import NOTHING

from portal.store.tables.launches import OneTimeRow

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile

N = 5_000
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _used(gate: Gate, assertion: str) -> str:
    assert gate.target.par(NOTHING, client_assertion=assertion).status_code == 201
    return assertion


def test_H041_a_flood_of_others_makes_no_used_one_new(gate: Gate) -> None:
    used, now = _used(gate, gate.target.assertion()), gate.world.clock()
    of_all = {"kind": "assertion", "client": gate.target.client_id, "used_at": now}
    of_all |= dict.fromkeys(("expires_at", "keep_until"), now + timedelta(minutes=5))
    with gate.world.database.write() as session:
        session.execute(insert(OneTimeRow), [of_all | {"key_hash": f"{number:064}"} for number in range(N)])
    gate.is_nobody(used)


@pytest.mark.parametrize("endpoint", ["par", "token", "revoke", "introspect"])
def test_H042_what_was_used_at_one_endpoint_is_used_at_all(gate: Gate, endpoint: str) -> None:
    used = gate.target.assertion()
    form = {"grant_type": "authorization_code", "code": NOTHING, "token": NOTHING, "client_assertion": used}
    first = gate.target.post(f"/oauth/{endpoint}", gate.target.proven(form, client_assertion=used))
    assert first.status_code != 401
    gate.lines.forget()
    gate.is_nobody(used)


def test_H042_two_clients_may_use_the_same_jti(gate: Gate) -> None:
    for target in (gate.other, gate.target):
        assert target.par(NOTHING, client_assertion=target.assertion(jti="of-both")).status_code == 201
    gate.is_nobody(gate.target.assertion(jti="of-both"))


@pytest.mark.parametrize("tail", ["=", "==", "\n", " ", ".", "A", "AA", "\t"])
def test_H049_a_used_one_in_another_spelling(gate: Gate, tail: str) -> None:
    used = _used(gate, gate.target.assertion())
    gate.is_nobody(used + tail, tail + used, used.replace(".", f"{tail}.", 1))


def test_H050_a_used_one_with_the_other_signature_of_the_same_key(gate: Gate) -> None:
    """ECDSA: (r, n - s) holds wherever (r, s) does."""
    first, second = gate.target.assertion(), gate.target.assertion()
    _used(gate, _other_signature(first))
    _used(gate, second)
    gate.is_nobody(first, _other_signature(second))


def _other_signature(token: str) -> str:
    body, _, signature = token.rpartition(".")
    raw = urlsafe_b64decode(f"{signature}==")
    other = P256_ORDER - int.from_bytes(raw[32:], "big")
    return f"{body}.{encoded(raw[:32] + other.to_bytes(32, 'big'))}"


@pytest.mark.parametrize("jti", [MISSING, None, "", 1, ["x"], "x" * 513])
def test_H050_a_jti_that_is_none(gate: Gate, jti: Any) -> None:
    gate.is_nobody(gate.target.assertion(jti=jti))


def test_H050_what_is_no_token_at_all(gate: Gate) -> None:
    right, began = gate.target.assertion(), time.monotonic()
    deep = encoded(b'{"a":' + b"[" * 3_000 + b"]" * 3_000 + b"}")
    gate.is_nobody("a", "..", "a.b.c", "æ.ø.å", right.rpartition(".")[0], f"{right}.{right}", "A" * 12_000)
    gate.is_nobody(f"{deep}.{encoded(gate.target.claims())}.AA", f"{encoded(b'[]')}.{encoded(b'[]')}.AA")
    gate.is_nobody(signed({"alg": "ES256", "kid": "demo-melding"}, b"[]", gate.target.key.private))
    assert time.monotonic() - began < 10
