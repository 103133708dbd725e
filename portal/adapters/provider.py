"""What an OpenID provider says about itself (OpenID Connect Discovery §4, RFC 8414, RFC 7517 §5)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from portal.adapters.clock_skew import ClockSkew
from portal.adapters.remembered import Remembered
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.adapters.http import Answer, Egress

ENDPOINTS = (
    "authorization_endpoint",
    "end_session_endpoint",
    "jwks_uri",
    "pushed_authorization_request_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
)
OPTIONAL = frozenset({"revocation_endpoint"})
_PATH = re.compile(r"(?=.{1,200}\Z)(/[A-Za-z0-9._~-]+)+")
_METADATA_AGE = timedelta(hours=24)  # HelseID FK2
_KEYS_AGE = timedelta(hours=1)  # a key that is withdrawn is not trusted for long
_MOST_KEYS = 50
_MOST_SKEW = timedelta(seconds=5)  # half of what an assertion lives; `Date` has whole seconds


class Provider:
    """Metadata and keys of the provider `issuer`, remembered; thread-safe.

    Every method raises UpstreamError when there is nothing to remember and the provider does not answer as agreed.
    """

    def __init__(self, issuer: str, egress: Egress, now: Callable[[], datetime]) -> None:
        self.issuer = issuer
        self._egress = egress
        self._metadata = Remembered(self._fetch_metadata, now)
        self._keys = Remembered(self._fetch_keys, now)
        self.skew = ClockSkew(now)

    def metadata(self) -> dict[str, Any]:
        """Return the discovery document; its issuer is ours and every endpoint lies on the issuer's origin."""
        return self._metadata.get(_METADATA_AGE)

    def endpoint(self, name: str) -> str:
        """Return the address of an endpoint of ENDPOINTS."""
        return str(self.metadata()[name])

    def troubles(self) -> list[str]:
        """Return codes of what an operator should look at: what could not be renewed, and a clock that is off."""
        ahead = self.skew.ahead
        found = {
            "helseid_discovery": self._metadata.fails,
            "helseid_keys": self._keys.fails,
            "clock_skew": ahead is not None and abs(ahead) > _MOST_SKEW,
        }
        return [code for code, holds in found.items() if holds]

    def keys(self, kid: str | None = None) -> list[dict[str, Any]]:
        """Return the public signing keys; an unknown `kid` has them fetched again, at most once a minute."""
        known = self._keys.get(_KEYS_AGE)
        if kid is None or any(key["kid"] == kid for key in known):
            return known
        return self._keys.newest()

    def _fetch_metadata(self) -> dict[str, Any]:
        metadata = _object(self._get(f"{self.issuer}/.well-known/openid-configuration"))
        # A document that names another issuer or sends us elsewhere is how logins are mixed up (RFC 9700 §4.4).
        if metadata.get("issuer") != self.issuer:
            raise UpstreamError("upstream_malformed", "discovery: issuer")
        for name in (*ENDPOINTS, *OPTIONAL & metadata.keys()):
            if not _is_on(self.issuer, metadata.get(name)):
                raise UpstreamError("upstream_malformed", f"discovery: {name}")
        return metadata

    def _fetch_keys(self) -> list[dict[str, Any]]:
        keys = _object(self._get(self.endpoint("jwks_uri"))).get("keys")
        if not isinstance(keys, list) or not 0 < len(keys) <= _MOST_KEYS:
            raise UpstreamError("upstream_malformed", "jwks")
        usable = [key for key in keys if _is_for_signatures(key)]
        if not usable or len({key["kid"] for key in usable}) != len(usable):
            raise UpstreamError("upstream_malformed", "jwks: kid")
        return usable

    def _get(self, url: str) -> Answer:
        return self.skew.note(self._egress.send("GET", url))


def _object(answer: Answer) -> dict[str, Any]:
    body = answer.json() if answer.status == 200 else None  # noqa: PLR2004  RFC 9110's number is its name
    if not isinstance(body, dict):
        raise UpstreamError("upstream_malformed", "discovery: no JSON object")
    return body


def _is_on(issuer: str, address: Any) -> bool:
    """Whether it is a plain path on the issuer's origin: parsers that forgive do not agree on anything else."""
    scheme, host, *_ = urlsplit(issuer)
    origin = f"{scheme}://{host}"
    return isinstance(address, str) and address.startswith(origin) and bool(_PATH.fullmatch(address, len(origin)))


def _is_for_signatures(key: Any) -> bool:
    return isinstance(key, dict) and isinstance(key.get("kid"), str) and key.get("use", "sig") == "sig"
