"""HelseID's id tokens: who has just logged in (OpenID Connect Core §3.1.3.7)."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.domain import jose
from portal.domain.identity import HPR_NUMBER, PID, SECURITY_LEVEL, SID, SUB, VerifiedClaims
from portal.domain.jose import Jwt, Unsound, demand
from portal.errors import SignInError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_AHEAD = timedelta(seconds=10)


def check(
    token: str, *, keys: Sequence[Mapping[str, Any]], issuer: str, client_id: str, nonce: str, now: datetime
) -> VerifiedClaims:
    """Return the claims of an id token that answers our own login with `nonce`.

    `keys` are HelseID's public JWKs. Raises SignInError login_token_invalid naming the claim.
    """
    try:
        jwt = jose.verify(token, keys, algorithms=("RS256",), types=("JWT", None))
        demand(jwt.text("iss") == issuer, "iss")
        jwt.check_audience(client_id)
        demand(jwt.optional_text("azp") in {None, client_id}, "azp")
        jwt.seconds("iat")
        jwt.check_lifetime(now, leeway=timedelta(0), ahead=_AHEAD)
        demand(hmac.compare_digest(jwt.text("nonce").encode(), nonce.encode()), "nonce")
        _check_types(jwt)
    except Unsound as unsound:
        raise SignInError("login_token_invalid", str(unsound)) from unsound
    return VerifiedClaims(dict(jwt.claims))


def _check_types(jwt: Jwt) -> None:
    jwt.identifier("sub", SUB)
    jwt.identifier("sid", SID)
    for name in ("name", "acr", "idp", PID, SECURITY_LEVEL, HPR_NUMBER):
        jwt.optional_text(name)
    if "auth_time" in jwt.claims:
        jwt.seconds("auth_time")
    methods = jwt.claims.get("amr", [])
    demand(isinstance(methods, list) and all(isinstance(method, str) for method in methods), "amr")
