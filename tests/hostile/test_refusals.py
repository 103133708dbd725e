"""facts/security §4.1: HelseID says no, somebody else says it, or HelseID cannot say anything."""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.liar import DISCOVERY, JWKS, PAR, TOKEN, USERINFO
from support.loopback import Asked, Says

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.siege import Siege

pytestmark = pytest.mark.hostile

MARKUP = '<script>alert("13917099805")</script>'


@pytest.mark.parametrize(
    ("error", "status", "code", "rule"),
    [
        ("access_denied", 403, "login_denied", "access_denied"),
        ("login_required", 502, "login_not_completed", "login_required"),
        ("temporarily_unavailable", 502, "login_not_completed", "temporarily_unavailable"),
        ("13917099805", 502, "login_not_completed", "error"),
        (MARKUP, 502, "login_not_completed", "error"),
        ("access_denied ", 502, "login_not_completed", "error"),
    ],
)
def test_H006_an_error_is_told_in_our_own_words(siege: Siege, error: str, status: int, code: str, rule: str) -> None:
    visitor = siege.visitor()
    begun = visitor.begin()
    brought = {"error": error, "error_description": MARKUP, "error_uri": "https://evil.example/", **begun}
    del brought["code"]
    answer = visitor.bring(brought)
    siege.refused(answer, status, code, rule)
    assert "evil.example" not in answer.text
    assert "alert" not in answer.text + "".join(siege.lines.said)
    siege.nobody_came_in(visitor)
    assert siege.token_calls() == 0


def test_H006_an_error_for_a_login_that_nobody_began_changes_no_session(siege: Siege) -> None:
    visitor = siege.visitor()
    visitor.log_in()
    session = visitor.session
    visitor.bring({"error": "access_denied", "state": "x" * 43, "iss": siege.liar.origin})
    assert visitor.session == session
    assert visitor.is_in()
    stranger = siege.visitor()
    answer = stranger.bring({"error": "access_denied", "state": "x" * 43, "iss": siege.liar.origin})
    siege.refused(answer, 400, "login_state_unknown")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _: {"iss": "https://evil.example"}, id="another"),
        pytest.param(lambda iss: {"iss": f"{iss}/"}, id="a slash more"),
        pytest.param(lambda iss: {"iss": iss.upper()}, id="capitals"),
        pytest.param(lambda iss: {"iss": f"{iss}.evil.example"}, id="ours as a prefix"),
        pytest.param(lambda iss: {"iss": f" {iss}"}, id="a space before"),
        pytest.param(lambda iss: {"iss": f'["{iss}"]'}, id="a list"),
        pytest.param(lambda iss: {"iss": iss.replace("http:", "https:")}, id="another scheme"),
        pytest.param(lambda iss: {"issuer": iss}, id="under another name"),
    ],
)
def test_H008_an_answer_from_another_issuer_redeems_nothing(siege: Siege, change: Callable[[str], Any]) -> None:
    visitor = siege.visitor()
    brought = visitor.begin()
    answer = visitor.bring({"code": brought["code"], "state": brought["state"], **change(brought["iss"])})
    siege.refused(answer, 502, "login_issuer_mismatch")
    siege.nobody_came_in(visitor)
    assert siege.token_calls() == 0
    visitor.bring(brought)
    assert visitor.is_in(), "a stranger's answer must not burn the login that it names"


REFUSED, DOWN = (502, "login_not_completed"), (503, "helseid_down")
LEVELS, HALF = Says(b"[" * 100_000), Says(b"{}", 200, {"Content-Length": "9999999", "Connection": "close"})
TROUBLE: list[Any] = [
    pytest.param(Says(b"", 500), DOWN, id="500"),
    pytest.param(Says(b"<html>13917099805</html>", 503), DOWN, id="503 with a page"),
    pytest.param(Says({"error": "invalid_grant", "error_description": MARKUP}, 400), REFUSED, id="400"),
    pytest.param(Says({"error": MARKUP}, 418), REFUSED, id="a word of its own"),
    pytest.param(Says(b"<html>"), DOWN, id="a page"),
    pytest.param(Says([]), DOWN, id="a list"),
    pytest.param(Says(b'{"a": 1, "a": 2}'), DOWN, id="a name twice"),
    pytest.param(Says(b'{"a": NaN}'), DOWN, id="NaN"),
    pytest.param(LEVELS, DOWN, id="100 000 levels"),
    pytest.param(Says(b'{"a": ' + b"9" * 5_000 + b"}"), DOWN, id="5 000 digits"),
    pytest.param(Says(b'{"a": "' + b"x" * 3_000_000 + b'"}'), DOWN, id="3 MB"),
    pytest.param(Says('{"a": "æ"}'.encode("utf-16")), DOWN, id="UTF-16"),
    pytest.param(Says(gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"}), DOWN, id="a gzip bomb"),
]


@pytest.mark.parametrize(("says", "expected"), TROUBLE)
def test_H012_the_token_endpoint_in_trouble(siege: Siege, says: Says, expected: tuple[int, str]) -> None:
    visitor = siege.visitor()
    brought = visitor.begin()
    siege.liar.overrides[TOKEN] = lambda _: says
    siege.refused(visitor.bring(brought), *expected)
    siege.nobody_came_in(visitor)
    assert siege.token_calls() == 1


@pytest.mark.parametrize("path", [DISCOVERY, PAR, JWKS, USERINFO])
@pytest.mark.parametrize("says", [Says(b"", 503), Says(b"<html>"), LEVELS, HALF])
def test_H012_any_endpoint_in_trouble(lone_siege: Siege, path: str, says: Says) -> None:
    siege = lone_siege
    visitor = siege.visitor()
    siege.liar.overrides[path] = lambda _: says
    answer = visitor.ask("/login")
    if answer.status_code == 303:
        answer = visitor.bring(siege.liar.log_in(answer.headers["Location"]))
    siege.refused(answer, *DOWN)
    assert answer.headers["Retry-After"] == "10"
    siege.nobody_came_in(visitor)


def test_H012_what_HelseID_breaks_off_is_not_sent_again(siege: Siege) -> None:
    visitor = siege.visitor()
    brought = visitor.begin()
    siege.liar.overrides[TOKEN] = _hang_up
    siege.refused(visitor.bring(brought), *DOWN)
    assert siege.token_calls() == 1, "a code that was sent may have been used"
    siege.nobody_came_in(visitor)


def test_H012_a_HelseID_that_never_comes_to_the_point_is_left(siege: Siege) -> None:
    visitor = siege.visitor()
    brought = visitor.begin()
    siege.liar.overrides[TOKEN] = _slow
    began = time.monotonic()
    siege.refused(visitor.bring(brought), *DOWN)
    assert time.monotonic() - began < 11
    siege.nobody_came_in(visitor)


def _slow(_: Asked) -> Says:
    time.sleep(12)
    return Says({})


def _hang_up(_: Asked) -> Says:
    raise ConnectionAbortedError
