"""A value that someone else's server publishes, kept close."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_PAUSE = timedelta(minutes=1)
_log = logging.getLogger(__name__)


class Remembered(Generic[T]):
    """Fetches a value when the one at hand is too old, at most once a minute; the last good one stands if that fails.

    Only the very first fetch can fail with UpstreamError; until it succeeds every caller tries. Thread-safe.
    """

    def __init__(self, fetch: Callable[[], T], now: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._now = now
        self._lock = Lock()
        self._value: T | None = None
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None

    def get(self, max_age: timedelta) -> T:
        """Return the value at hand, renewed first if it is older than `max_age` and nobody else is at it."""
        if self._value is None:
            return self._renew()
        if self._is_due(max_age) and self._lock.acquire(blocking=False):
            try:
                return self._renewed_or_kept(self._value)
            finally:
                self._lock.release()
        return self._value

    def newest(self) -> T:
        """Return a value that is a minute old at most if the server answers; waits for another caller's attempt."""
        if self._value is None:
            return self._renew()
        with self._lock:
            return self._renewed_or_kept(self._value) if self._is_due(_PAUSE) else self._value

    def _is_due(self, max_age: timedelta) -> bool:
        now = self._now()
        return _passed(self._fetched_at, now) >= max_age and _passed(self._tried_at, now) >= _PAUSE

    def _renewed_or_kept(self, kept: T) -> T:
        try:
            return self._renew()
        except UpstreamError as error:
            _log.warning("kept the last good value: %s", error)
            return kept

    def _renew(self) -> T:
        self._tried_at = self._now()
        self._value = self._fetch()
        self._fetched_at = self._tried_at
        return self._value


def _passed(since: datetime | None, now: datetime) -> timedelta:
    return timedelta.max if since is None else now - since
