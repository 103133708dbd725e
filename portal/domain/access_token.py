"""HelseID's access tokens, checked as a resource server must (NHN: validering av access token, RFC 9068 §4)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.domain import jose
from portal.domain.identity import HPR_NUMBER, PID, SECURITY_LEVEL, SID, SUB, VerifiedClaims
from portal.domain.jose import Jwt, Unsound, demand
from portal.errors import TokenRejected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_LEEWAY = timedelta(seconds=5)
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


def check(
    token: str, *, keys: Sequence[Mapping[str, Any]], issuer: str, audience: str, scope: str, now: datetime
) -> VerifiedClaims:
    """Return the claims of a DPoP-bound token that is for this API alone.

    `keys` are HelseID's public JWKs, `scope` the one that must be among the token's. Whether a person stands behind
    it, and whether the proof fits `cnf.jkt`, is for the caller. Raises TokenRejected invalid_token or
    insufficient_scope, naming the claim.
    """
    try:
        jwt = jose.verify(token, keys, algorithms=("RS256",), types=("at+jwt", "JWT"))
        demand(jwt.text("iss") == issuer, "iss")
        jwt.check_audience(audience)
        jwt.check_lifetime(now, leeway=_LEEWAY, ahead=_LEEWAY)
        _check_types(jwt)
        scopes = _scopes(jwt)
    except Unsound as unsound:
        raise TokenRejected("invalid_token", str(unsound)) from unsound
    if scope not in scopes:
        raise TokenRejected("insufficient_scope", "scope")
    return VerifiedClaims(dict(jwt.claims))


def _check_types(jwt: Jwt) -> None:
    jwt.text("client_id")
    for name, longest in (("sub", SUB), ("sid", SID)):
        if name in jwt.claims:
            jwt.identifier(name, longest)
    for name in ("jti", PID, SECURITY_LEVEL, HPR_NUMBER):
        jwt.optional_text(name)
    confirmation = jwt.claims.get("cnf")
    thumbprint = confirmation.get("jkt") if isinstance(confirmation, dict) else None
    demand(isinstance(thumbprint, str) and _THUMBPRINT.fullmatch(thumbprint) is not None, "cnf.jkt")


def _scopes(jwt: Jwt) -> list[str]:
    # HelseID sends an array, RFC 9068 §2.2.3 a string.
    scopes = jwt.claims.get("scope")
    if isinstance(scopes, str):
        return scopes.split(" ")
    if isinstance(scopes, list) and all(isinstance(scope, str) for scope in scopes):
        return scopes
    raise Unsound("scope")
