"""When somebody is at work, in Norwegian time; holidays are not known here, so that an alarm may sound on one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.norwegian_time import OSLO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DEFAULT = "default"
_WORKING_HOURS = "mon-fri 08:00-16:00"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def hours_of(service_id: str, said: Mapping[str, str]) -> str:
    """Return when a service is used: as is said of it, or by default, or Monday to Friday from 8 to 16."""
    return said.get(service_id, said.get(DEFAULT, _WORKING_HOURS))


def is_open(hours: str, at: datetime) -> bool:
    """Return whether `at` is within `hours`: `mon-fri 08:00-16:00, sat 22:00-02:00`, empty for never.

    Days may go over the end of the week and times over midnight, of the day that they begin on; the end is outside.
    """
    local = at.astimezone(OSLO)
    day, clock = local.weekday(), f"{local:%H:%M}"
    return any(_covers(span.split(), day, clock) for span in hours.split(",") if span.strip())


def _covers(span: list[str], day: int, clock: str) -> bool:
    days, times = span
    begins, _, ends = times.partition("-")
    if begins < ends:
        return _is_among(days, day) and begins <= clock < ends
    return (_is_among(days, day) and clock >= begins) or (_is_among(days, day - 1) and clock < ends)


def _is_among(days: str, day: int) -> bool:
    first, _, last = days.partition("-")
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    return (day - start) % 7 <= (end - start) % 7
