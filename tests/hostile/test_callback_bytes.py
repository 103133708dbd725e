"""facts/security §4.1: callbacks that are written to hurt whoever reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from support.visitor import CALLBACK

if TYPE_CHECKING:
    from support.siege import Siege
pytestmark = pytest.mark.hostile


def _with_code(visitor_brought: dict[str, str], raw: str) -> str:
    rest = urlencode({name: value for name, value in visitor_brought.items() if name != "code"})
    return f"code={raw}&{rest}"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("a" * 10_240, id="10 kB"),
        pytest.param("%C3%A6%F0%9F%92%89", id="letters beyond ASCII"),
        pytest.param("a%0d%0aSet-Cookie:%20x=y", id="line breaks"),
        pytest.param("a%1b[2J", id="an escape sequence"),
        pytest.param("%E2%80%AEedoc", id="right to left"),
        pytest.param("\xff\xfe", id="raw bytes"),
        pytest.param("", id="empty"),
    ],
)
def test_H007_a_code_that_is_no_code(siege: Siege, raw: str) -> None:
    visitor = siege.visitor()
    brought = visitor.begin()
    asked = len(siege.liar.asked)
    answer = visitor.shout(f"{CALLBACK}?{_with_code(brought, raw)}".encode("latin-1"))
    siege.refused(answer, 400, "login_response_malformed", "code")
    siege.nobody_came_in(visitor)
    assert len(siege.liar.asked) == asked


@pytest.mark.parametrize("raw", [b"%ff%fe", b"%ed%a0%80", b"%", b"%zz"])
def test_H007_bytes_that_spell_nothing_are_at_most_a_code_that_nobody_knows(siege: Siege, raw: bytes) -> None:
    visitor = siege.visitor()
    query = _with_code(visitor.begin(), "{}").encode().replace(b"{}", raw)
    answer = visitor.shout(f"{CALLBACK}?".encode() + query)
    siege.refused(answer, 502, "login_not_completed", "token: invalid_grant")
    siege.nobody_came_in(visitor)


@pytest.mark.parametrize("raw", [b"\xff", b"%ff", b"\xc3\xa6", b"%00", b"%", b"%u0041"])
@pytest.mark.parametrize("path", ["/login?next=/mine&", f"{CALLBACK}?", "/logout?state=x&"])
def test_H007_bytes_in_a_parameter_that_nobody_reads_break_nothing(siege: Siege, path: str, raw: bytes) -> None:
    answer = siege.visitor().shout(path.encode() + raw + b"=" + raw)
    assert answer.status_code < 500 or siege.reason(answer) == "login_issuer_mismatch"
    siege.nothing_is_told(answer)


@pytest.mark.parametrize("name", ["code", "state", "x"])
def test_H007_a_NUL_anywhere_redeems_nothing(siege: Siege, name: str) -> None:
    visitor = siege.visitor()
    answer = visitor.bring(urlencode(visitor.begin() | {name: "a\0b"}))
    siege.refused(answer, 400, "login_response_malformed")
    siege.nobody_came_in(visitor)
    assert siege.token_calls() == 0


def test_H007_the_page_about_a_NUL_offers_to_log_in_again_and_is_audited(siege: Siege) -> None:
    visitor = siege.visitor()
    answer = visitor.bring(urlencode(visitor.begin() | {"code": "a\0b"}))
    assert siege.ways_on(answer), "no way to try again"
    assert len(siege.audited()) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"])
def test_H016_a_callback_by_another_method_does_nothing(siege: Siege, method: str) -> None:
    visitor = siege.visitor()
    brought = visitor.begin()
    asked = len(siege.liar.asked)
    for sent in ({"data": brought}, {}):
        answer = visitor.ask(f"{CALLBACK}?{urlencode(brought)}", method, **sent)
        assert answer.status_code in {200, 403, 405}
        assert "Location" not in answer.headers
        assert (answer.status_code == 200) == (method == "OPTIONS")
    siege.nobody_came_in(visitor)
    assert len(siege.liar.asked) == asked
    visitor.bring(brought)
    assert visitor.is_in()


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("&".join(f"p{number}=1" for number in range(5_000)), id="5 000 parameters"),
        pytest.param("&" * 20_000, id="20 000 separators"),
        pytest.param("=" * 20_000, id="20 000 equal signs"),
        pytest.param("x=" + "%25" * 6_000, id="percent signs"),
        pytest.param("x[]=1&x[a]=2&code[]=a&state.x=b", id="brackets and dots"),
        pytest.param("code=a;state=b;iss=c", id="semicolons"),
        pytest.param("%63ode=a&stat%65=b", id="names that are encoded"),
        pytest.param("", id="nothing"),
        pytest.param("?" * 100, id="question marks"),
    ],
)
def test_H024_a_query_that_is_made_to_hurt(siege: Siege, query: str) -> None:
    visitor = siege.visitor()
    visitor.begin()
    asked = len(siege.liar.asked)
    answer = visitor.bring(query)
    assert siege.reason(answer) in {"login_response_malformed", "login_issuer_mismatch"}
    siege.refused(answer, 400 if siege.reason(answer) == "login_response_malformed" else 502, siege.reason(answer))
    assert len(siege.liar.asked) == asked
