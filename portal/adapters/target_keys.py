"""The public keys of target portals that keep them at an address of their own (RFC 7517 §5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from portal.adapters.http import Egress
from portal.adapters.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_AGE = timedelta(minutes=5)


class TargetKeys:
    """Fetches each address at most every five minutes, and for an unknown `kid` once a minute; thread-safe."""

    def __init__(self, now: Callable[[], datetime], allow: Collection[str] = ()) -> None:
        self._now = now
        self._allow = frozenset(allow)
        self._kept: dict[str, Remembered[list[dict[str, Any]]]] = {}

    def keys(self, jwks_uri: str, kid: str | None) -> list[dict[str, Any]]:
        """Return the public keys at an address."""
        kept = self._kept.setdefault(jwks_uri, Remembered(lambda: self._fetch(jwks_uri), self._now))
        known = kept.get(_AGE)
        if kid is None or any(key.get("kid") == kid for key in known):
            return known
        return kept.newest()

    def _fetch(self, jwks_uri: str) -> list[dict[str, Any]]:
        answer = Egress({"/".join(jwks_uri.split("/", 3)[:3])}, total_timeout=3).send("GET", jwks_uri)
        return list(answer.json()["keys"])
