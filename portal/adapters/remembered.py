"""A value that is kept elsewhere, at someone else's server or in the database, kept close."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from portal.errors import PortalError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_PAUSE = timedelta(minutes=1)
_log = logging.getLogger(__name__)


class Remembered(Generic[T]):
    """Fetches a value when the one at hand is too old, once per `pause`; the last good one stands if that fails.

    Only the very first fetch can fail with a PortalError; until it succeeds every caller tries. Thread-safe.
    """

    def __init__(self, fetch: Callable[[], T], now: Callable[[], datetime], pause: timedelta = _PAUSE) -> None:
        self._fetch = fetch
        self._now = now
        self._pause = pause
        self._lock = Lock()
        self._value: T | None = None
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._pressed_at: datetime | None = None
        self.fails = False
        """Whether the latest attempt brought nothing."""

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
        """Return a value fetched because somebody asked for more than is at hand, once per `pause`, however many ask.

        How fresh the one at hand is plays no part: a server may change its mind right after it was asked.
        """
        if self._value is None:
            return self._renew()
        with self._lock:
            now = self._now()
            if _passed(self._pressed_at, now) < self._pause:
                return self._value
            self._pressed_at = now
            return self._renewed_or_kept(self._value)

    def renew(self) -> None:
        """Fetch the value now, whatever is at hand; raises what `fetch` raises."""
        with self._lock:
            self._renew()

    def _is_due(self, max_age: timedelta) -> bool:
        now = self._now()
        return _passed(self._fetched_at, now) >= max_age and _passed(self._tried_at, now) >= self._pause

    def _renewed_or_kept(self, kept: T) -> T:
        try:
            return self._renew()
        except PortalError as error:
            _log.warning("kept the last good value: %s", error)
            return kept

    def _renew(self) -> T:
        self._tried_at, self.fails = self._now(), True
        self._value = self._fetch()
        self._fetched_at, self.fails = self._tried_at, False
        return self._value


def _passed(since: datetime | None, now: datetime) -> timedelta:
    return timedelta.max if since is None else now - since
