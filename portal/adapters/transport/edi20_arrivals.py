"""Which of our messages are at the message service already, found by MsgId where it can only be asked by offset."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError

from portal.adapters.transport.edi20_status import NEW_MESSAGE, Notification

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from portal.adapters.transport.edi20_status import Numbered

_PAGE = 1000  # the most that the service gives
_MOST = 50_000
_SKEW = timedelta(minutes=10)
"""How far the service's clock may be behind ours."""


class Arrivals:
    """What the service calls each of our messages that it has told of since a moment; reads on where it ended.

    `page` gives at most so many notifications after an offset, oldest first; `msg_id` that of a message, empty where
    there is none. Both may raise UpstreamError, after which the next call reads on. At most 50 000 are remembered.
    """

    def __init__(self, page: Callable[[int, int], list[Numbered]], msg_id: Callable[[str], str]) -> None:
        self._page = page
        self._msg_id = msg_id
        self._since: datetime | None = None
        self._offset = 0
        self._references: dict[str, str] = {}
        self._read: set[str] = set()

    def find(self, msg_id: str, since: datetime) -> str | None:
        """Return what the service calls the message, which it cannot have told of before `since`."""
        if self._since is None or since < self._since or len(self._read) > _MOST:
            self._offset, self._since = self._offset_before(since - _SKEW), since
            self._references, self._read = {}, set()
        while found := self._page(self._offset, _PAGE):
            for one in found:
                self._take(_notification(one))
                self._offset = one.offset
        return self._references.get(msg_id.lower())

    def _take(self, notification: Notification | None) -> None:
        reference = notification.related if notification and notification.type != NEW_MESSAGE else None
        if reference and reference not in self._read:
            self._references[self._msg_id(reference).lower()] = reference
            self._read.add(reference)

    def _offset_before(self, moment: datetime) -> int:
        """An offset that everything from `moment` on comes after: offsets have gaps, but follow the time."""
        low, high = 0, 1
        while (older := self._older(high, moment)) is not None:
            low, high = older, 2 * older
        while high - low > 1:
            middle = (low + high) // 2
            older = self._older(middle, moment)
            low, high = (low, middle) if older is None else (older, high)
        return low

    def _older(self, offset: int, moment: datetime) -> int | None:
        """The offset of the next notification after `offset`, if it is older than `moment`."""
        for one in self._page(offset, 1):
            notification = _notification(one)
            if notification and notification.created_at and notification.created_at < moment:
                return one.offset
        return None


def _notification(numbered: Numbered) -> Notification | None:
    try:
        return Notification.model_validate(numbered.model_dump())
    except ValidationError:
        return None
