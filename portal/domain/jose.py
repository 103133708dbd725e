"""Signed tokens: the one place that makes and opens them (RFC 7515, RFC 7519, RFC 8725)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from joserfc import jwk, jws, jwt
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from portal.domain import strict_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, timedelta

    from joserfc.jwk import Key

TOKEN_LIMIT = 8192
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_IDENTIFIER = re.compile(r"[!-~]+")
_RSA_BITS = 2048
_PUBLIC_MEMBERS = frozenset({"kty", "alg", "use", "n", "e", "crv", "x", "y"})
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that datetime can hold


class Unsound(Exception):
    """A token does not hold; the text names the rule, never a value. Every caller turns it into its own error."""


class _Registry(jws.JWSRegistry):
    max_header_length = TOKEN_LIMIT  # joserfc's 512 bytes do not fit an RSA key in a DPoP header


@dataclass(frozen=True)
class Jwt:
    """Header and claims of a token, with readers that demand the type; each raises Unsound naming the claim."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    def text(self, name: str, longest: int = 512) -> str:
        """Return a claim that must be a string of 1 to `longest` characters."""
        value = self.claims.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            raise Unsound(name)
        return value

    def optional_text(self, name: str, longest: int = 512) -> str | None:
        """As `text`, but the claim may be missing."""
        return self.text(name, longest) if name in self.claims else None

    def identifier(self, name: str, longest: int) -> str:
        """As `text`, of printable ASCII without spaces: what can be kept, compared and logged as it is."""
        value = self.text(name, longest)
        demand(_IDENTIFIER.fullmatch(value) is not None, name)
        return value

    def seconds(self, name: str) -> float:
        """Return a claim that must be a NumericDate between 1970 and 9999 (RFC 7519 §2)."""
        value = self.claims.get(name)
        # NaN fails every comparison, true is an int to Python.
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
            raise Unsound(name)
        return float(value)

    def check_lifetime(self, now: datetime, *, leeway: timedelta, ahead: timedelta) -> None:
        """Demand `exp` after now - `leeway`, and `iat` and `nbf`, where given, up to now + `ahead`."""
        demand(self.seconds("exp") > (now - leeway).timestamp(), "exp")
        for name in {"iat", "nbf"} & self.claims.keys():
            demand(self.seconds(name) <= (now + ahead).timestamp(), name)

    def check_audience(self, audience: str) -> None:
        """Demand that `aud` names this audience and nobody else, as a string or a list of one."""
        demand(self.claims.get("aud") in (audience, [audience]), "aud")


def demand(holds: bool, rule: str) -> None:  # noqa: FBT001  reads as a sentence: demand(that, "rule")
    """Raise Unsound naming `rule` unless it holds."""
    if not holds:
        raise Unsound(rule)


def sign(header: dict[str, Any], claims: dict[str, Any], key: Mapping[str, str]) -> str:
    """Return `claims` signed by a private JWK with its own `alg` (RFC 7515 §7.1)."""
    registry = _Registry(algorithms=[key["alg"]], strict_check_header=False)
    whole = {"alg": key["alg"], **header}
    return jwt.encode(whole, claims, _private(tuple(sorted(key.items()))), registry=registry, default_type=None)


def peek(token: str) -> Jwt:
    """Read a token without trusting it; raises Unsound when it is over 8 kB, not compact or not strict JSON."""
    demand(isinstance(token, str) and len(token) <= TOKEN_LIMIT, "size")
    demand(_COMPACT.fullmatch(token) is not None, "compact")
    try:
        header, claims = (strict_json.loads(urlsafe_b64decode(part.encode())) for part in token.split(".")[:2])
    except ValueError:
        raise Unsound("json") from None
    demand(isinstance(header, dict) and isinstance(claims, dict), "json")
    return Jwt(header, claims)


def key_id_of(token: str) -> str | None:
    """Return the `kid` that a token claims to be signed with, None when it cannot be read; nothing is verified."""
    try:
        key_id = peek(token).header.get("kid")
    except Unsound:
        return None
    return key_id if isinstance(key_id, str) else None


def verify(
    token: str, keys: Collection[Mapping[str, Any]], *, algorithms: Collection[str], types: Collection[str | None]
) -> Jwt:
    """Return a token signed by the one key in `keys` that its `kid` names.

    `keys` are public JWKs that were registered beforehand, `types` the `typ` values that may stand in the header.
    Raises Unsound (RFC 8725 §3.1, §3.11).
    """
    unverified = peek(token)
    key_id = unverified.header.get("kid")
    demand(isinstance(key_id, str), "kid")
    named = [key for key in keys if key.get("kid") == key_id]
    demand(len(named) == 1, "kid")
    return verify_with(token, named[0], algorithms=algorithms, types=types, unverified=unverified)


def verify_with(
    token: str,
    key: Mapping[str, Any],
    *,
    algorithms: Collection[str],
    types: Collection[str | None],
    unverified: Jwt | None = None,
) -> Jwt:
    """As `verify`, with the key given: for proofs that carry their own (RFC 9449 §4.3).

    `unverified` is what a look at the token gave, if someone has looked.
    """
    unverified = unverified or peek(token)
    header = unverified.header
    demand(header.get("alg") in list(algorithms), "alg")
    demand(header.get("typ") in list(types), "typ")
    # We know no extension; b64=false (RFC 7797) would let a second reading of the same bytes pass.
    demand(not {"crit", "b64"} & header.keys(), "crit")
    try:
        registry = _Registry(algorithms=list(algorithms), strict_check_header=False)
        jws.deserialize_compact(token, _strong(key), registry=registry)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        # joserfc's texts quote the header, which came from outside.
        raise Unsound("signature") from None
    return unverified


@lru_cache(maxsize=16)
def _private(members: tuple[tuple[str, str], ...]) -> Key:
    # Kept, because OpenSSL proves an RSA key's primes at every import: 0.4 s for 4096 bits.
    return jwk.import_key(dict(members))


def _strong(key: Mapping[str, Any]) -> Key:
    demand(key.get("kty") in ("RSA", "EC"), "key")
    if key["kty"] == "RSA":
        # joserfc only warns (FAPI 2.0 §5.4).
        demand(int.from_bytes(urlsafe_b64decode(key["n"].encode()), "big").bit_length() >= _RSA_BITS, "key")
    return _public(tuple(sorted((name, value) for name, value in key.items() if name in _PUBLIC_MEMBERS)))


@lru_cache(maxsize=256)
def _public(members: tuple[tuple[str, Any], ...]) -> Key:
    # Kept, because the same few clients prove themselves again and again.
    return jwk.import_key(dict(members))
