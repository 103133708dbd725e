"""HelseID's logout tokens: whose session has ended there (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from portal.domain import jose
from portal.domain.identity import SID, SUB
from portal.domain.jose import Jwt, Unsound, demand
from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_AHEAD = timedelta(seconds=10)
_LONGEST = timedelta(hours=1)  # §4 recommends two minutes; a `jti` is remembered as long as its token


class LoggedOut(NamedTuple):
    """One session (`sid`), or without it every one of `sub`; `jti` is to be remembered until `expires_at`."""

    sid: str | None
    sub: str | None
    jti: str
    expires_at: datetime


def check(token: str, *, keys: Sequence[Mapping[str, Any]], issuer: str, client_id: str, now: datetime) -> LoggedOut:
    """Return what a logout token says; that its `jti` is new is for the caller to find out.

    `keys` are HelseID's public JWKs. Raises OAuthError invalid_request naming the claim.
    """
    try:
        jwt = jose.verify(token, keys, algorithms=("RS256",), types=("logout+jwt", "JWT", None))
        demand(jwt.text("iss") == issuer, "iss")
        jwt.check_audience(client_id)
        jwt.seconds("iat")
        jwt.check_lifetime(now, leeway=timedelta(0), ahead=_AHEAD)
        demand(jwt.seconds("exp") <= (now + _LONGEST).timestamp(), "exp")
        _check_event(jwt)
        said = LoggedOut(_optional(jwt, "sid", SID), _optional(jwt, "sub", SUB), jwt.text("jti"), _end(jwt))
        demand(bool(said.sid or said.sub), "sid")
    except Unsound as unsound:
        raise OAuthError("invalid_request", f"logout_token: {unsound}") from unsound
    return said


def _check_event(jwt: Jwt) -> None:
    events = jwt.claims.get("events")
    demand(isinstance(events, dict) and isinstance(events.get(_EVENT), dict), "events")
    # What an id token has and a logout token must not, so that neither passes for the other (§2.4).
    demand("nonce" not in jwt.claims, "nonce")


def _optional(jwt: Jwt, name: str, longest: int) -> str | None:
    return jwt.identifier(name, longest) if name in jwt.claims else None


def _end(jwt: Jwt) -> datetime:
    return datetime.fromtimestamp(jwt.seconds("exp"), UTC)
