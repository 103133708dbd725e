from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.loopback import Says, http_server

from portal.demo import leaks
from portal.demo.browser import Browser, Hop
from portal.demo.ports import Addresses
from portal.demo.trace import Trace, TracedEgress

if TYPE_CHECKING:
    from pathlib import Path

AT = Addresses(portal="http://p.test", helseid="http://h.test", epj="http://e.test", target="http://t.test")
SECRET = {"secret": "engangsverdi-1234"}
NUMBER = {"number": "31817541278"}


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "whole.log", tmp_path / "kept.log", AT)


@pytest.mark.parametrize("name", ["code", "state", "launch", "request_uri"])
def test_a_one_time_value_may_stand_where_the_protocol_puts_it(trace: Trace, name: str) -> None:
    address = f"{AT.target}/callback?iss=x&{name}={SECRET['secret']}"
    trace.note("GET", address, 303, [("Location", address), ("Refresh", f"0; url={address}")])
    assert leaks.find([trace.kept], SECRET) == []
    assert leaks.find([trace.whole], SECRET) == ["whole.log: secret"]


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        (f"{AT.target}/callback?error={SECRET['secret']}", []),
        (f"{AT.target}/code={SECRET['secret']}", []),
        (AT.portal, [("Location", f"/mine?next={SECRET['secret']}")]),
        (AT.portal, [("ETag", SECRET["secret"])]),
        (AT.portal, [("Set-Cookie", f"other={SECRET['secret']}; Path=/")]),
        (AT.portal, [("Set-Cookie", f"portal-session=abc; Path=/{SECRET['secret']}")]),
    ],
)
def test_anywhere_else_it_is_a_leak(trace: Trace, address: str, headers: list[tuple[str, str]]) -> None:
    trace.note("GET", address, 200, headers)
    assert leaks.find([trace.kept], SECRET) == ["kept.log: secret"]


def test_a_session_cookie_may_hold_its_own_value(trace: Trace) -> None:
    trace.note("GET", AT.portal, 200, [("Set-Cookie", f"portal-session={SECRET['secret']}; HttpOnly")])
    assert leaks.find([trace.kept], SECRET) == []


@pytest.mark.parametrize(
    ("address", "findings"),
    [
        (f"{AT.helseid}/connect/endsession?state=x&id_token_hint=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmMifQ.x", []),
        (f"{AT.helseid}/connect/endsession?x=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmMifQ.x", ["kept.log: a token"]),
        (f"{AT.target}/endsession?id_token_hint=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmMifQ.x", ["kept.log: a token"]),
    ],
)
def test_a_token_may_stand_in_helseids_logout_address_alone(trace: Trace, address: str, findings: list[str]) -> None:
    trace.note("GET", address, 303, [])
    assert leaks.find([trace.kept], {}) == findings


@pytest.mark.parametrize("place", ["/x?code=31817541278", "/connect/endsession?id_token_hint=31817541278"])
def test_a_number_may_stand_nowhere(trace: Trace, place: str) -> None:
    trace.note("GET", f"{AT.helseid}{place}", 200, [])
    assert leaks.find([trace.whole], NUMBER, tokens=False) == ["whole.log: number"]


def test_every_hop_and_every_cookie_of_it_is_noted(trace: Trace, tmp_path: Path) -> None:
    headers = {"Location": "/there", "Set-Cookie": "other=31817541278", "X-Who": "Røyskatt".encode().decode("latin-1")}
    pages = tmp_path / "pages"
    pages.mkdir()
    with http_server(lambda asked: Says(status=303, headers=headers) if asked.path == "/" else Says(b"ok")) as origin:
        Browser(pages, trace).follow(Hop("GET", f"{origin}/"))
        assert f"GET {origin}/there 200" in trace.kept.read_text(encoding="utf-8")
    assert leaks.find([trace.kept], NUMBER | {"name": "Røyskatt"}) == ["kept.log: name", "kept.log: number"]


@pytest.mark.parametrize(("status", "findings"), [(200, []), (403, ["kept.log: number"])])
def test_an_apis_errors_are_noted_whole(trace: Trace, status: int, findings: list[str]) -> None:
    with http_server(lambda _: Says(b'{"detail": "31817541278"}', status=status)) as origin:
        assert TracedEgress({origin}, trace).send("GET", f"{origin}/api").status == status
    assert leaks.find([trace.kept], NUMBER) == findings
