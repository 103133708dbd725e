"""The public keys of target portals that keep them at an address of their own (RFC 7517 §5)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from portal.adapters.pinned import PinnedAdapter, PinnedEgress, Resolve, resolve
from portal.domain.key_set import signing_keys
from portal.errors import OAuthError, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_AGE, _PAUSE = timedelta(minutes=5), timedelta(minutes=1)
_FAILED = timedelta(seconds=10)
_log = logging.getLogger(__name__)


class TargetKeys:
    """Fetches each address every five minutes at most, and for an unknown `kid` once a minute; thread-safe.

    It goes to the open internet, and to the origins in `allow` (PORTAL_EGRESS_ALLOW). The last good keys stand when an
    address fails; one that has never answered is asked again after ten seconds.
    """

    def __init__(self, now: Callable[[], datetime], allow: Collection[str] = (), resolve: Resolve = resolve) -> None:
        self._now, self._adapter = now, PinnedAdapter(allow, resolve)
        self._kept: dict[str, _Kept] = {}

    def keys(self, jwks_uri: str, kid: str | None) -> list[dict[str, Any]]:
        """Return the public keys at an address; raises OAuthError `invalid_client`, which tells nothing of why."""
        kept = self._kept.setdefault(jwks_uri, _Kept())
        # Who has the key that is needed waits for nobody.
        if kept.is_due(kid, self._now()) and kept.lock.acquire(blocking=not kept.has(kid)):
            try:
                self._renew(kept, jwks_uri, kid)
            finally:
                kept.lock.release()
        if kept.keys is None:
            raise OAuthError("invalid_client", "jwks_uri")
        return kept.keys

    def _renew(self, kept: _Kept, jwks_uri: str, kid: str | None) -> None:
        now = self._now()
        if not kept.is_due(kid, now):  # another thread has done it meanwhile
            return
        try:
            kept.keys, kept.fetched_at = self._fetch(jwks_uri), now
        except UpstreamError as error:
            _log.warning("a target's keys cannot be had: %s", error)
        kept.tried_at = now

    def _fetch(self, jwks_uri: str) -> list[dict[str, Any]]:
        origin = "/".join(jwks_uri.split("/", 3)[:3])
        answer = PinnedEgress(origin, self._adapter).send("GET", jwks_uri)
        if answer.status != 200:  # noqa: PLR2004  also no redirect
            raise UpstreamError("upstream_refused", f"{origin}: {answer.status}")
        try:
            return signing_keys(answer.json())
        except (UpstreamError, ValueError):
            raise UpstreamError("upstream_malformed", origin) from None


class _Kept:
    """What is known of one address."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.keys: list[dict[str, Any]] | None = None
        self.fetched_at: datetime | None = None
        self.tried_at: datetime | None = None

    def has(self, kid: str | None) -> bool:
        """Whether the key is at hand."""
        return self.keys is not None and (kid is None or any(key["kid"] == kid for key in self.keys))

    def is_due(self, kid: str | None, now: datetime) -> bool:
        """Whether it is time to ask."""
        pause = _FAILED if self.keys is None else _PAUSE
        if self.tried_at is not None and now - self.tried_at < pause:
            return False
        return not self.has(kid) or self.fetched_at is None or now - self.fetched_at >= _AGE
