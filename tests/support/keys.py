"""Key pairs for tests, made once per run, and tokens that say whatever a test wants them to say."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any, NamedTuple

from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey


class Pair(NamedTuple):
    private: dict[str, str]
    public: dict[str, Any]


def ec(kid: str = "ec-1", curve: str = "P-256", alg: str = "ES256") -> Pair:
    return _ec(kid, curve, alg)


def rsa(kid: str = "rsa-1", alg: str = "RS256", bits: int = 2048) -> Pair:
    return _rsa(kid, alg, bits)


def signed(header: dict[str, Any], claims: dict[str, Any] | bytes, key: dict[str, str]) -> str:
    """A token with exactly this header and body, whatever they are."""
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    registry.max_header_length = 20_000
    kind = ECKey if key["kty"] == "EC" else RSAKey
    return jws.serialize_compact(header, payload, kind.import_key({"kty": key["kty"], **_bare(key)}), registry=registry)


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join([_segment(header), _segment(claims), "AA"])


def with_public_key_as_secret(header: dict[str, Any], claims: dict[str, Any], key: dict[str, Any]) -> str:
    """The classic confusion: HMAC keyed with what everybody can read."""
    secret = OctKey.import_key(json.dumps(key))
    return jws.serialize_compact({**header, "alg": "HS256"}, json.dumps(claims).encode(), secret, algorithms=["HS256"])


@cache
def _ec(kid: str, curve: str, alg: str) -> Pair:
    return _pair(ECKey.generate_key(curve, parameters={"kid": kid, "alg": alg}))


@cache
def _rsa(kid: str, alg: str, bits: int) -> Pair:
    return _pair(RSAKey.generate_key(bits, parameters={"kid": kid, "alg": alg}))


def _pair(key: ECKey | RSAKey) -> Pair:
    private = {name: str(value) for name, value in key.as_dict(private=True).items()}
    return Pair(private, dict(key.as_dict(private=False)))


def _bare(key: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in key.items() if name not in {"alg", "kid", "use"}}


def _segment(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
