"""One EPJ's SMART server: its addresses, its keys, and the only way to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from portal.adapters.http import Egress
from portal.adapters.remembered import Remembered
from portal.domain.smart import discovery
from portal.errors import SmartRejected, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from portal.adapters.http import Answer, Form
    from portal.domain.registration import SmartServer
    from portal.domain.smart.discovery import Configuration

_AGE = timedelta(minutes=5)
_LONGEST = 5.0
_LARGEST = 1_000_000
_TROUBLE = 500
_FAULTY = "must be an answer of at most 1 MB of JSON that names nothing twice, uncompressed (RFC 8259, RFC 7493)"


class _Kept(NamedTuple):
    configuration: Configuration
    fetched_at: datetime


class Server:
    """What a registered server says of itself, at most five minutes old; thread-safe.

    Only the issuer's origin and the registered ones are ever asked: each answer within 5 s and 1 MB, no redirect
    followed. Every method raises SmartRejected: smart_unreachable, and `code` or smart_discovery_invalid.
    """

    def __init__(self, registration: SmartServer, now: Callable[[], datetime]) -> None:
        self.registration = registration
        self.base = registration.issuer.rstrip("/")
        self._egress = _way_to({registration.issuer, *registration.origins})
        self._now = now
        # Not `Remembered`: a vendor who breaks it must be told so, not be served from what was right before.
        self._kept: _Kept | None = None
        self._keys = Remembered(self._fetch_keys, now)

    def configuration(self) -> Configuration:
        """Return the addresses of its endpoints."""
        kept, now = self._kept, self._now()
        if kept is None or now - kept.fetched_at >= _AGE:
            found = self._fetch(f"{self.base}/.well-known/smart-configuration", "smart-configuration")
            kept = self._kept = _Kept(discovery.read(found, self.registration), now)
        return kept.configuration

    def keys(self, kid: str | None) -> list[dict[str, Any]]:
        """Return its public signing keys; an unknown `kid` has them fetched again, at most once a minute."""
        known = self._keys.get(_AGE)
        if kid is None or any(key.get("kid") == kid for key in known):
            return known
        return self._keys.newest()

    def send(
        self,
        method: str,
        url: str,
        what: str,
        code: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Form | None = None,
    ) -> Answer:
        """Send one request once; `what` and `code` tell an answer that is too large. 5xx is smart_unreachable."""
        accept = {"Accept": "application/json"}
        try:
            answer = self._egress.send(method, url, headers={**accept, **(headers or {})}, data=data)
        except UpstreamError as error:
            if error.code == "upstream_malformed":
                raise SmartRejected(code, f"{what}: {_FAULTY}") from error
            raise SmartRejected("smart_unreachable", f"{what}: no whole answer came within 5 seconds") from error
        if answer.status >= _TROUBLE:
            raise SmartRejected("smart_unreachable", f"{what}: was answered {answer.status}")
        return answer

    def _fetch_keys(self) -> list[dict[str, Any]]:
        return discovery.keys(self._fetch(self.configuration().jwks_uri, "jwks_uri"))

    def _fetch(self, url: str, what: str) -> Any:
        return body_of(self.send("GET", url, what, "smart_discovery_invalid"), what, "smart_discovery_invalid")


def _way_to(origins: set[str]) -> Egress:
    try:
        return Egress(origins, max_bytes=_LARGEST, total_timeout=_LONGEST)
    except UpstreamError as error:
        rule = "issuer and origins must each be the address of one host, in ASCII (RFC 3986 §3.2.2)"
        raise SmartRejected("smart_discovery_invalid", f"the registration: {rule}") from error


def body_of(answer: Answer, what: str, code: str) -> Any:
    """Return the JSON of a 200 answer; raises SmartRejected with `code`."""
    if answer.status != 200:  # noqa: PLR2004  RFC 9110's number is its name
        raise SmartRejected(code, f"{what}: must be answered 200, was answered {answer.status} (RFC 9110 §15)")
    try:
        return answer.json()
    except UpstreamError as error:
        raise SmartRejected(code, f"{what}: {_FAULTY}") from error
