"""The public keys that the portal signs its assertions with, from where it publishes them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.adapters.proven import accepted
from portal.adapters.remembered import Remembered
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from portal.adapters.http import Egress

_AGE = timedelta(minutes=5)


class PortalKeys:
    """A JWK set by its address (SMART App Launch 2.2 "client-confidential-asymmetric": `jwks_uri`), remembered."""

    def __init__(self, jwks_uri: str, egress: Egress, now: Callable[[], datetime]) -> None:
        self._jwks_uri = jwks_uri
        self._egress = egress
        self._keys = Remembered(self._fetch, now)

    def for_key_id(self, key_id: str | None) -> list[dict[str, Any]]:
        """Return the keys; an unknown id has them fetched again, once a minute. Raises UpstreamError."""
        known = self._keys.get(_AGE)
        return known if any(key.get("kid") == key_id for key in known) else self._keys.newest()

    def _fetch(self) -> list[dict[str, Any]]:
        keys = accepted(self._egress.send("GET", self._jwks_uri), "jwks").get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise UpstreamError("upstream_malformed", "jwks")
        return keys
