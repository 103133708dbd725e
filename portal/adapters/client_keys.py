"""The keys that we sign with at HelseID: one, or a ring that others may turn while we run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from portal.adapters.remembered import Remembered
from portal.domain.client_key import ring_of
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.domain.client_key import PrivateJwk, Ring

_AGE = timedelta(seconds=30)


class ClientKeys:
    """A ring that `read` gives, remembered for thirty seconds; thread-safe.

    Every method raises what `read` raises, unless there is something to remember; `renew` always does.
    """

    def __init__(self, read: Callable[[], Ring], now: Callable[[], datetime]) -> None:
        self._ring = Remembered(read, now, pause=_AGE)

    def active(self) -> PrivateJwk:
        """Return the key that signs."""
        return self._ring.get(_AGE).active

    def bound(self, jkt: str) -> PrivateJwk:
        """Return the key with this thumbprint, for proofs alone; raises UpstreamError when nobody has it any more."""
        if jkt not in self._ring.get(_AGE).proving:
            # Another process may have begun this with a key that is newer than our ring.
            self.renew()
        try:
            return self._ring.get(_AGE).proving[jkt]
        except KeyError:
            raise UpstreamError("upstream_refused", "dpop: the key is gone", retryable=False) from None

    def renew(self) -> None:
        """Read the ring anew."""
        self._ring.renew()


def one_key(key: PrivateJwk) -> ClientKeys:
    """The ring of a client that has one key for all its life."""
    ring, always = ring_of(key), datetime.min.replace(tzinfo=UTC)
    return ClientKeys(lambda: ring, lambda: always)
