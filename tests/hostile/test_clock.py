"""facts/security §4.1: what time it is at HelseID, and here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.siege import Siege
pytestmark = pytest.mark.hostile


@pytest.fixture
def siege(lone_siege: Siege) -> Siege:
    """Here every test has a portal of its own."""
    return lone_siege


def _warnings(siege: Siege) -> list[str]:
    answer = siege.visitor().ask("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    warnings: list[str] = answer.json()["warnings"]
    return warnings


@pytest.mark.parametrize("minutes", [5, -5])
def test_H023_our_clock_is_wrong_and_readiness_says_so(siege: Siege, minutes: int) -> None:
    siege.clock.ahead += timedelta(minutes=minutes)
    siege.liar.ahead -= timedelta(minutes=minutes)
    visitor = siege.visitor()
    siege.refused(visitor.log_in(), 502, "login_token_invalid", "exp" if minutes > 0 else None)
    siege.nobody_came_in(visitor)
    assert _warnings(siege) == ["clock_skew"]
    siege.clock.ahead = siege.liar.ahead = timedelta(0)
    siege.visitor().log_in()
    assert _warnings(siege) == []


@pytest.mark.parametrize("minutes", [5, -5])
def test_H023_only_the_tokens_are_wrong_and_they_are_refused(siege: Siege, minutes: int) -> None:
    siege.liar.ahead = timedelta(minutes=minutes)
    visitor = siege.visitor()
    answer = visitor.log_in()
    siege.refused(answer, 502, "login_token_invalid")
    siege.nobody_came_in(visitor)


@pytest.mark.parametrize(
    ("date", "warnings"),
    [
        ("Mon, 01 Jan 2001 00:00:00 GMT", ["clock_skew"]),
        ("Fri, 31 Dec 9999 23:59:59 GMT", ["clock_skew"]),
        ("Mon, 01 Jan 0001 00:00:00 +2359", ["clock_skew"]),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", []),
        ("Mon, 01 Jan 2001 00:00:00 +999999999999999999", []),
        ("Mon, 01 Jan 2001 00:00:00", []),
        ("yesterday", []),
        ("", []),
        ("2026-11-25T00:00:00Z", []),
    ],
)
def test_H023_a_Date_that_is_nonsense_hinders_no_login(siege: Siege, date: str, warnings: list[str]) -> None:
    siege.liar.date = lambda: date
    visitor = siege.visitor()
    answer = visitor.log_in()
    assert answer.status_code == 303, siege.lines.said[-3:]
    assert visitor.is_in()
    assert _warnings(siege) == warnings
