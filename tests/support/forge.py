"""Tokens signed by hand, with headers and bodies that no library would put its name to."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey
from support.keys import rsa as known_pair

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

Part = dict[str, Any] | bytes


def encoded(part: Part) -> str:
    """One segment of a token."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: Part, claims: Part, key: RSAPrivateKey | None = None) -> str:
    """A token with these very bytes and a right RS256 signature; of the liar's own key unless another is given."""
    signing_input = f"{encoded(header)}.{encoded(claims)}"
    signer = key or _private("rsa-1")
    return f"{signing_input}.{encoded(signer.sign(signing_input.encode(), padding.PKCS1v15(), SHA256()))}"


@cache
def weak_key(bits: int) -> RSAPrivateKey:
    """An RSA key that joserfc would warn about."""
    return rsa.generate_private_key(65_537, bits)


def public_jwk(key: RSAPrivateKey, kid: str) -> dict[str, Any]:
    """What a JWKS says about a key."""
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "kid": kid, "use": "sig", "n": _number(numbers.n), "e": _number(numbers.e)}


@cache
def _private(kid: str) -> RSAPrivateKey:
    private: dict[str, str | list[str]] = dict(known_pair(kid).private)
    return cast("RSAPrivateKey", RSAKey.import_key(private).private_key)


def _number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))
