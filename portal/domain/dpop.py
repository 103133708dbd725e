"""DPoP: a token is of use only to whoever holds the key it was given to (RFC 9449)."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from joserfc import jwk

from portal.domain import jose
from portal.domain.jose import Jwt, Unsound, demand
from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ALGORITHMS = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
_TYP = "dpop+jwt"
_PUBLIC = {"EC": ("kty", "crv", "x", "y"), "RSA": ("kty", "n", "e")}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_PORTS = {"http": 80, "https": 443}
SLACK = timedelta(seconds=2)
"""`iat` is in whole seconds, and the way here takes time: ten seconds old is held to be so (FAPI 2.0's own tests)."""
_NONCE_STEP = 60  # seconds; a client that talks to us often sees the same nonce for a while


class Proof(NamedTuple):
    """A proof that holds: the key's thumbprint, what to remember against replay, and the nonce to judge."""

    jkt: str
    jti: str
    nonce: str | None
    issued_at: datetime


def make_proof(
    key: Mapping[str, str],
    method: str,
    url: str,
    now: datetime,
    jti: str,
    *,
    nonce: str | None = None,
    access_token: str | None = None,
) -> str:
    """Return a proof for one request, signed by a private JWK with `alg` (RFC 9449 §4.2).

    `htu` is `url` without query and fragment; `access_token` is given when the request carries one.
    """
    claims: dict[str, Any] = {"jti": jti, "htm": method, "iat": int(now.timestamp())}
    claims["htu"] = urlsplit(url)._replace(query="", fragment="").geturl()
    if nonce is not None:
        claims["nonce"] = nonce
    if access_token is not None:
        claims["ath"] = _digest(access_token.encode())
    return jose.sign({"typ": _TYP, "jwk": public_members(key)}, claims, key)


def thumbprint(key: Mapping[str, Any]) -> str:
    """Return `jkt`, the SHA-256 thumbprint of a key (RFC 7638 §3); private members play no part."""
    return jwk.thumbprint(public_members(key))


def public_members(key: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes an EC or RSA key the key that it is, without any private member (RFC 7638 §3.2)."""
    return {name: key[name] for name in _PUBLIC[key["kty"]]}


def check_proof(
    proof: str,
    *,
    method: str,
    url: str,
    now: datetime,
    window: timedelta,
    access_token: str | None = None,
    algorithms: Collection[str] = ALGORITHMS,
) -> Proof:
    """Return a proof that holds for this request; jti, nonce and `cnf.jkt` are for the caller to compare.

    `url` is the public address of the endpoint; its query is ignored. `window` is how far `iat` may lie from `now`,
    both ways. Raises OAuthError invalid_dpop_proof naming the rule; for a foreign clock also the measured skew
    (RFC 9449 §4.3).
    """
    try:
        jwt = _opened(proof, algorithms)
        demand(jwt.text("htm") == method, "htm")
        demand(_target(jwt.text("htu", longest=2048)) == _target(url), "htu")
        if access_token is not None:
            demand(hmac.compare_digest(jwt.text("ath").encode(), _digest(access_token.encode()).encode()), "ath")
        issued_at = _issued_at(jwt, now, window)
        return Proof(thumbprint(jwt.header["jwk"]), jwt.text("jti"), jwt.optional_text("nonce"), issued_at)
    except Unsound as unsound:
        raise OAuthError("invalid_dpop_proof", str(unsound)) from unsound


def issue_nonce(secret: bytes, now: datetime) -> str:
    """Return a nonce to offer, good for some minutes on every host that shares `secret` (RFC 9449 §8)."""
    return _nonce(secret, int(now.timestamp()) // _NONCE_STEP)


def nonce_holds(nonce: str, secret: bytes, now: datetime, life: timedelta = timedelta(minutes=5)) -> bool:
    """Whether we issued `nonce` within `life`, counted in whole minutes; a host one minute fast is borne with."""
    newest = int(now.timestamp()) // _NONCE_STEP + 1
    oldest = int((now - life).timestamp()) // _NONCE_STEP
    given = nonce.encode("utf-8", "replace")
    return any(hmac.compare_digest(_nonce(secret, step).encode(), given) for step in range(oldest, newest + 1))


def _opened(proof: str, algorithms: Collection[str]) -> Jwt:
    unverified = jose.peek(proof)
    key = unverified.header.get("jwk")
    if not isinstance(key, dict) or key.get("kty") not in tuple(_PUBLIC):
        raise Unsound("jwk")
    demand(not _PRIVATE & key.keys(), "jwk")
    return jose.verify_with(proof, key, algorithms=algorithms, types=(_TYP,), unverified=unverified)


def _issued_at(jwt: Jwt, now: datetime, window: timedelta) -> datetime:
    issued_at = datetime.fromtimestamp(jwt.seconds("iat"), UTC)
    skew = round((issued_at - now).total_seconds())
    way = "ahead" if skew > 0 else "behind"
    demand(abs(issued_at - now) < window + SLACK, f"iat: the clock is {abs(skew)} s {way}")
    if "exp" in jwt.claims:
        jwt.check_lifetime(now, leeway=window, ahead=window)
    return issued_at


def _target(url: str) -> tuple[str, str | None, int | None, str]:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        raise Unsound("htu") from None
    demand(parts.username is None, "htu")
    return parts.scheme, parts.hostname, port, parts.path or "/"


def _nonce(secret: bytes, step: int) -> str:
    return _digest(hmac.digest(secret, b"dpop-nonce %d" % step, "sha256"))


def _digest(data: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
