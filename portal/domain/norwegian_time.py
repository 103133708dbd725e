"""The time of day that messages between Norwegian systems are written in."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")


def written(moment: datetime) -> str:
    """Return an xs:dateTime of an aware moment, whole seconds with the Norwegian offset."""
    return moment.astimezone(OSLO).isoformat(timespec="seconds")


def read(text: str) -> datetime:
    """Return the moment of an xs:dateTime, in UTC; without an offset it is Norwegian time, as EPJs mean it.

    Raises ValueError when it is not a date with a time, or outside the calendar.
    """
    if "T" not in text:
        message = "a date without a time"
        raise ValueError(message)
    moment = datetime.fromisoformat(text.strip())
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=OSLO)).astimezone(UTC)
    except OverflowError as error:
        message = "outside the calendar"
        raise ValueError(message) from error
