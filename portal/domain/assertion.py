"""A client proves who it is with a signed assertion, fresh for every request (RFC 7523, private_key_jwt)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from portal.domain import jose
from portal.domain.jose import Jwt, Unsound, demand
from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from portal.domain.assertion_details import Details

_CLIENT_ID = re.compile(r"[\x21-\x7e]{1,200}")
ALGORITHMS = ("ES256", "PS256")
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TYP = "client-authentication+jwt"
STRICT, CLASSIC = timedelta(seconds=60), timedelta(minutes=5)
"""The longest life of an assertion in each profile (DESIGN, SMART App Launch 2.2)."""
_LIFE = 10  # seconds, as HelseID's own library
_AHEAD = timedelta(seconds=10)  # FAPI 2.0 Security Profile §5.3.2.1: accept a clock that is up to 10 s fast


class Checked(NamedTuple):
    """What the caller must remember until `expires_at`, so that the assertion is accepted once."""

    jti: str
    expires_at: datetime


def make(
    key: Mapping[str, str],
    client_id: str,
    audience: str,
    now: datetime,
    jti: str,
    details: Details | None = None,
) -> str:
    """Return an assertion for one request, signed by a private JWK with `alg` and `kid`; it lives 10 seconds.

    HelseID takes no assertion twice, also not when a request is repeated with a DPoP nonce: `jti` is fresh each time.
    `details` say whom we act for (HelseID FK5, domain/assertion_details).
    """
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": jti,
        "iat": issued_at,
        "nbf": issued_at,
        "exp": issued_at + _LIFE,
    }
    if details is not None:
        claims["assertion_details"] = details
    return jose.sign({"typ": _TYP, "kid": key["kid"]}, claims, key)


def check(
    assertion: str,
    *,
    keys: Sequence[Mapping[str, Any]],
    client_id: str,
    audiences: Collection[str],
    now: datetime,
    algorithms: Collection[str] = ALGORITHMS,
    longest: timedelta = STRICT,
) -> Checked:
    """Return what to remember about an assertion that holds; that its `jti` is new is for the caller to find out.

    `keys` are the client's registered public JWKs, `audiences` the strings of which `aud` must be one, `longest`
    the longest life. Raises OAuthError invalid_client (RFC 7523 §3, FAPI 2.0 §5.3.2.1).
    """
    try:
        jwt = jose.verify(assertion, keys, algorithms=algorithms, types=(_TYP, "JWT", None))
        return _checked(jwt, client_id, audiences, now, longest)
    except Unsound as unsound:
        raise OAuthError("invalid_client", f"client_assertion: {unsound}") from unsound


def client_id_of(assertion: str) -> str:
    """Return who the assertion claims to be from, to find its keys by; nothing is verified.

    Raises OAuthError invalid_client, also for what could be nobody's id.
    """
    try:
        claimed = jose.peek(assertion).text("sub", longest=200)
        demand(_CLIENT_ID.fullmatch(claimed) is not None, "sub")
    except Unsound as unsound:
        raise OAuthError("invalid_client", f"client_assertion: {unsound}") from unsound
    return claimed


def _checked(jwt: Jwt, client_id: str, audiences: Collection[str], now: datetime, longest: timedelta) -> Checked:
    for name in ("iss", "sub"):
        demand(jwt.text(name) == client_id, name)
    demand(jwt.text("aud") in audiences, "aud")
    jwt.check_lifetime(now, leeway=timedelta(0), ahead=_AHEAD)
    expires, issued = jwt.seconds("exp"), jwt.seconds("iat")
    demand(0 < expires - issued <= longest.total_seconds(), "exp")
    return Checked(jwt.text("jti"), datetime.fromtimestamp(expires, UTC))
