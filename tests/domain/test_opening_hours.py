from __future__ import annotations

from datetime import datetime

import pytest

from portal.domain.norwegian_time import OSLO
from portal.domain.opening_hours import hours_of, is_open


def at(told: str) -> datetime:
    """Day of November 2026, whose 23rd is a Monday, and time."""
    day, hour, minute = map(int, told.replace(":", " ").split())
    return datetime(2026, 11, day, hour, minute, tzinfo=OSLO)


@pytest.mark.parametrize(
    ("hours", "inside", "outside"),
    [
        ("mon-fri 08:00-16:00", ["23 08:00", "27 15:59"], ["23 07:59", "27 16:00", "28 12:00"]),
        ("mon-fri 08:00-16:00, sat 10:00-14:00", ["27 08:00", "28 12:00"], ["28 08:00", "29 12:00"]),
        ("mon-sun 00:00-24:00", ["23 00:00", "29 23:59"], []),
        ("sat-mon 08:00-16:00", ["28 12:00", "23 12:00"], ["24 12:00", "27 12:00"]),
        ("fri-sun 22:00-06:00", ["27 22:00", "28 05:59", "23 05:59"], ["27 05:59", "28 06:00", "23 22:00"]),
        ("", [], ["23 12:00"]),
    ],
)
def test_hours_are_norwegian_and_the_end_is_outside(hours: str, inside: list[str], outside: list[str]) -> None:
    assert [one for one in inside if not is_open(hours, at(one))] == []
    assert [one for one in outside if is_open(hours, at(one))] == []


def test_a_service_has_its_own_hours_or_the_default_or_working_hours() -> None:
    said = {"default": "mon 08:00-09:00", "vakt": "mon-sun 00:00-24:00", "aldri": ""}
    assert [hours_of(service, said) for service in ("vakt", "aldri", "annen")] == [said["vakt"], "", said["default"]]
    assert hours_of("annen", {}) == "mon-fri 08:00-16:00"
