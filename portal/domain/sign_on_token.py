"""The tokens that we sign for targets: an id token, and an access token for those who want to read theirs."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from portal.domain import jose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta


def id_token(
    key: Mapping[str, str], claims: Mapping[str, Any], access_token: str, now: datetime, life: timedelta
) -> str:
    """Return an id token that belongs to an access token (OpenID Connect Core §2, §3.1.3.6); empty claims are left out.

    `key` is for RS256, which SMART App Launch 2.2 demands.
    """
    return _signed(key, "JWT", {**claims, "at_hash": _half_hash(access_token)}, now, life)


def access_token(key: Mapping[str, str], claims: Mapping[str, Any], now: datetime, life: timedelta) -> str:
    """Return an access token as RFC 9068 has it; nothing of the patient or the clinician's numbers belongs in it."""
    return _signed(key, "at+jwt", claims, now, life)


def _signed(key: Mapping[str, str], typ: str, claims: Mapping[str, Any], now: datetime, life: timedelta) -> str:
    issued = int(now.timestamp())
    times = {"iat": issued, "exp": issued + int(life.total_seconds())}
    told = {name: value for name, value in claims.items() if value is not None}
    return jose.sign({"typ": typ, "kid": key["kid"]}, told | times, key)


def _half_hash(access_token: str) -> str:
    return urlsafe_b64encode(sha256(access_token.encode("ascii")).digest()[:16]).rstrip(b"=").decode()
