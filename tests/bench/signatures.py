"""The signatures that a launch cannot do without, made and checked by joserfc alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench.flow import CLIENT
from joserfc import jwk, jws, jwt
from support.keys import ec, rsa

from portal.demo.standin import now, token
from portal.domain import assertion, dpop

if TYPE_CHECKING:
    from collections.abc import Callable

_COUNT = 100


def cost(*, bound: bool) -> float:
    """CPU milliseconds of a flow's signatures: two assertions checked, and a proof checked or an id token signed."""
    return 2 * _took(_assertion()) + _took(_proof() if bound else _id_token())


def _assertion() -> Callable[[], object]:
    given = assertion.make(ec(CLIENT).private, CLIENT, "http://127.0.0.1:8000", now(), token())
    key = jwk.import_key(ec(CLIENT).public)
    return lambda: jws.deserialize_compact(given, key, algorithms=["ES256"])


def _proof() -> Callable[[], object]:
    """Its key comes with it, so reading that is a part of it."""
    given = dpop.make_proof(ec(CLIENT).private, "POST", "http://127.0.0.1:8000/oauth/token", now(), token())
    key = dpop.public_members(ec(CLIENT).public)
    return lambda: jws.deserialize_compact(given, jwk.import_key(key), algorithms=["ES256"])


def _id_token() -> Callable[[], object]:
    key = jwk.import_key({**rsa("bench").private})
    claims = {"iss": "http://127.0.0.1:8000", "aud": CLIENT, "sub": token(), "iat": 0, "exp": 300}
    return lambda: jwt.encode({"alg": "RS256", "kid": "bench"}, claims, key, algorithms=["RS256"])


def _took(act: Callable[[], object]) -> float:
    act()
    before = time.process_time()
    for _ in range(_COUNT):
        act()
    return (time.process_time() - before) * 1000 / _COUNT
