"""How far somebody else's clock is from ours: every answer says its time (RFC 9110 §6.6.1)."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from portal.adapters.http import Answer


class ClockSkew:
    """The difference that the newest answer showed: `ahead` is theirs ahead of ours, None before any answer."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.ahead: timedelta | None = None

    def note(self, answer: Answer) -> Answer:
        """Remember what an answer's `Date` says, and pass the answer on."""
        try:
            said = parsedate_to_datetime(answer.headers.get("date", ""))
            self.ahead = said - self._now()
        except (ValueError, TypeError, OverflowError):
            pass  # no date, or one without a zone: nothing was learnt
        return answer
