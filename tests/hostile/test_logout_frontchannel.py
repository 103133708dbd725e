"""GET /logout/frontchannel: anybody may ask, few may end anything, and nobody learns anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from support.liar import SID, SUB

if TYPE_CHECKING:
    import requests
    from support.siege import Siege
    from support.visitor import Visitor

pytestmark = pytest.mark.hostile

PATH = "/logout/frontchannel"


def _frame(siege: Siege, parameters: Any) -> requests.Response:
    query = parameters if isinstance(parameters, str) else urlencode(parameters)
    return siege.visitor().ask(f"{PATH}?{query}")


def _signed_in(siege: Siege) -> Visitor:
    visitor = siege.visitor()
    visitor.log_in()
    return visitor


def _shown(answer: requests.Response) -> tuple[int, str, dict[str, str]]:
    """What the page that framed it could tell apart."""
    return answer.status_code, answer.text, {name: value for name, value in answer.headers.items() if name != "Date"}


def test_a_session_that_ended_at_HelseID_ends_here_without_a_cookie(siege: Siege) -> None:
    visitor = _signed_in(siege)
    answer = _frame(siege, {"iss": siege.liar.origin, "sid": SID})
    assert answer.status_code == 200
    assert not visitor.is_in()
    assert siege.audited("logout") == ["ok"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"iss": "https://evil.example"}, id="another issuer"),
        pytest.param({"iss": ""}, id="no issuer"),
        pytest.param({"iss": "{}/"}, id="our issuer and a slash"),
        pytest.param({"sid": "unknown"}, id="an unknown sid"),
        pytest.param({"sid": ""}, id="no sid"),
        pytest.param({"sid": SUB}, id="a sub"),
        pytest.param({"sid": SID.lower()}, id="in lower case"),
        pytest.param({"sid": f"{SID} "}, id="a space more"),
        pytest.param({"sid": "%"}, id="a pattern"),
        pytest.param({"sid": "' OR 1=1 --"}, id="SQL"),
        pytest.param({"sid": "s" * 512}, id="512 letters"),
        pytest.param({"sid": "s" * 5_000}, id="5 000 letters"),
        pytest.param({"sid": "æøå🩺"}, id="beyond ASCII"),
        pytest.param({"sub": SUB, "sid": "unknown"}, id="with a sub"),
    ],
)
def test_what_names_no_session_of_ours_changes_nothing(siege: Siege, change: dict[str, str]) -> None:
    visitor = _signed_in(siege)
    asked = {"iss": siege.liar.origin, "sid": SID} | change
    answer = _frame(siege, asked | {"iss": asked["iss"].replace("{}", siege.liar.origin)})
    assert answer.status_code == 200, siege.lines.said[-2:]
    siege.nothing_is_told(answer)
    assert visitor.is_in()
    assert siege.audited("logout") == []


def test_the_answer_does_not_say_whether_the_session_was_there(siege: Siege) -> None:
    visitor = _signed_in(siege)
    unknown = _frame(siege, {"iss": siege.liar.origin, "sid": "unknown"})
    foreign = _frame(siege, {"iss": "https://evil.example", "sid": SID})
    nothing = _frame(siege, "")
    assert visitor.is_in()
    known = _frame(siege, {"iss": siege.liar.origin, "sid": SID})
    again = _frame(siege, {"iss": siege.liar.origin, "sid": SID})
    assert not visitor.is_in()
    assert _shown(unknown) == _shown(foreign) == _shown(nothing) == _shown(known) == _shown(again)


def test_the_answer_is_empty_uncached_and_framed_by_HelseID_alone(siege: Siege) -> None:
    visitor = _signed_in(siege)
    answer = visitor.ask(f"{PATH}?{urlencode({'iss': siege.liar.origin, 'sid': 'unknown'})}")
    assert answer.text == ""
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].split("; ") == [
        "default-src 'none'",
        f"frame-ancestors {siege.liar.origin}",
    ]
    assert not answer.headers.keys() & {"Set-Cookie", "Location", "Refresh", "Access-Control-Allow-Origin"}


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_by_another_method_nothing_ends(siege: Siege, method: str) -> None:
    visitor = _signed_in(siege)
    said = {"iss": siege.liar.origin, "sid": SID}
    for sent in ({}, {"data": said}, {"headers": {"Origin": siege.liar.origin}}):
        answer = siege.visitor().ask(f"{PATH}?{urlencode(said)}", method, **sent)
        assert answer.status_code in ({200} if method == "OPTIONS" else {403, 405})
    assert visitor.is_in()


@pytest.mark.parametrize("name", ["sid", "iss"])
def test_CVE_2026_9689_a_name_that_is_given_twice_ends_nothing(siege: Siege, name: str) -> None:
    """Keycloak's class: two readers of one query must not see two sessions."""
    visitor = _signed_in(siege)
    said = {"iss": siege.liar.origin, "sid": SID}
    for pair in ((said[name], "another"), ("another", said[name])):
        rest = [(other, value) for other, value in said.items() if other != name]
        _frame(siege, [(name, pair[0]), *rest, (name, pair[1])])
        assert visitor.is_in(), pair.index("another")


def test_a_NUL_is_refused_like_everywhere(siege: Siege) -> None:
    visitor = _signed_in(siege)
    answer = _frame(siege, {"iss": siege.liar.origin, "sid": f"{SID}\0"})
    assert answer.status_code == 400
    siege.nothing_is_told(answer)
    assert visitor.is_in()


def test_the_own_logout_needs_our_own_page(siege: Siege) -> None:
    """CSRF on POST /logout: a foreign page cannot end a session with the cookie that the browser sends along."""
    visitor = _signed_in(siege)
    for origin in ("https://evil.example", "null", siege.liar.origin, f"{siege.origin}.evil.example", ""):
        assert visitor.ask("/logout", "POST", headers={"Origin": origin}).status_code == 403
    assert visitor.ask("/logout", "POST").status_code == 403
    assert visitor.ask("/logout?state=x").status_code == 200
    assert visitor.is_in()
