"""facts/security §4.1: what a browser may bring back to the callback, and whose it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from support.siege import own_page
from support.visitor import CALLBACK, SESSION

if TYPE_CHECKING:
    from support.siege import Siege
pytestmark = pytest.mark.hostile


def test_an_honest_login_comes_in(lone_siege: Siege) -> None:
    siege = lone_siege
    visitor = siege.visitor()
    assert own_page(siege, visitor.log_in()) == "/mine"
    assert visitor.is_in()
    assert siege.liar.faults == []
    assert siege.audited() == ["ok"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({}, "login_response_malformed", id="missing"),
        pytest.param({"state": ""}, "login_response_malformed", id="empty"),
        pytest.param({"state": "x" * 43}, "login_state_unknown", id="unknown"),
    ],
)
def test_H001_a_state_that_is_missing_empty_or_unknown(siege: Siege, change: dict[str, str], code: str) -> None:
    visitor = siege.visitor()
    brought = visitor.begin()
    answer = visitor.bring({"code": brought["code"], "iss": brought["iss"]} | change)
    siege.refused(answer, 400, code)
    siege.nobody_came_in(visitor)
    assert siege.token_calls() == 0


def test_H001_a_state_that_has_expired(lone_siege: Siege) -> None:
    siege = lone_siege
    visitor = siege.visitor()
    brought = visitor.begin()
    siege.clock.ahead += timedelta(minutes=10, seconds=1)
    siege.refused(visitor.bring(brought), 400, "login_state_unknown")
    siege.nobody_came_in(visitor)
    assert siege.token_calls() == 0


def test_H002_an_answer_that_another_browser_asked_for_is_refused_and_not_burned(siege: Siege) -> None:
    owner, thief, visitor = siege.visitor(), siege.visitor(), siege.visitor()
    brought = owner.begin()
    thief.begin()  # the thief has a browser cookie of its own, the other visitor none
    for other in (thief, visitor):
        siege.refused(other.bring(brought), 400, "login_state_unknown")
        siege.nobody_came_in(other)
    assert siege.token_calls() == 0
    owner.bring(brought)
    assert owner.is_in()


def test_H003_a_state_that_was_used_is_refused_and_the_session_lives_on(siege: Siege) -> None:
    visitor = siege.visitor()
    brought = visitor.begin()
    cookies = visitor.jar().decode()
    visitor.bring(brought)
    session, calls = visitor.session, siege.token_calls()
    again = visitor.ask(f"{CALLBACK}?{urlencode(brought)}", headers={"Cookie": f"{cookies}; {SESSION}={session}"})
    assert own_page(siege, again) == "/mine"  # who is in already sees the list, not a complaint (H021)
    assert "Set-Cookie" not in again.headers
    assert (visitor.session, siege.token_calls()) == (session, calls)
    out = siege.visitor().ask(f"{CALLBACK}?{urlencode(brought)}", headers={"Cookie": cookies})
    siege.refused(out, 400, "login_state_unknown")
    assert siege.token_calls() == calls
    assert visitor.is_in()


def test_H003_a_state_whose_code_was_refused_is_used_up_as_well(siege: Siege) -> None:
    visitor = siege.visitor()
    brought = visitor.begin()
    siege.refused(visitor.bring(brought | {"code": "guessed"}), 502, "login_not_completed", "token: invalid_grant")
    calls = siege.token_calls()
    siege.refused(visitor.bring(brought), 400, "login_state_unknown")
    assert siege.token_calls() == calls


def test_H004_a_value_that_we_gave_out_for_something_else_is_no_state(siege: Siege) -> None:
    visitor = siege.visitor()
    visitor.log_in()
    out = visitor.ask("/logout", "POST", headers={"Origin": siege.origin})
    logout_state = out.headers["Refresh"].rpartition("state=")[2]
    brought = visitor.begin()
    bound = next(cookie.value for cookie in visitor.cookies if cookie.name.startswith("portal-login-"))
    for other in (logout_state, bound or "", brought["code"]):
        assert other
        siege.refused(visitor.bring(brought | {"state": other}), 400, "login_state_unknown")
    assert not visitor.is_in()


@pytest.mark.parametrize(
    "more",
    [
        pytest.param([("error", "access_denied")], id="code and error"),
        pytest.param([("code", "another")], id="two codes"),
        pytest.param([("state", "another")], id="two states"),
        pytest.param([("iss", "https://evil.example")], id="two issuers"),
        pytest.param([("scope", "openid"), ("scope", "profile")], id="two of what we do not read"),
        pytest.param([("code", "")], id="a second code that is empty"),
    ],
)
def test_H005_what_was_said_twice_or_both_ways(siege: Siege, more: list[tuple[str, str]]) -> None:
    visitor = siege.visitor()
    brought = visitor.begin()
    siege.refused(visitor.bring([*brought.items(), *more]), 400, "login_response_malformed")
    siege.refused(visitor.bring([*more, *brought.items()]), 400, "login_response_malformed")
    siege.nobody_came_in(visitor)
    assert siege.token_calls() == 0


def test_H005_the_same_twice_is_twice(siege: Siege) -> None:
    visitor = siege.visitor()
    brought = list(visitor.begin().items())
    siege.refused(visitor.bring(brought + brought), 400, "login_response_malformed", "parameters")
    assert siege.token_calls() == 0
