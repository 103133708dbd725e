from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.loopback import Asked, Says, http_server

from portal.demo.browser import BlockedError, Browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from portal.demo.browser import Page

HTML = {"Content-Type": "text/html; charset=utf-8"}
FORM = b'<form method="post" action="/send"><input name="code" value="hemmelig-kode"><button>Send</button></form>'


def page(body: bytes, **headers: str) -> Says:
    return Says(body, headers={**HTML, **{name.replace("_", "-"): value for name, value in headers.items()}})


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path)


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with http_server(lambda asked: page(f"elsewhere {asked.method}".encode())) as origin:
        yield origin


def submitted(browser: Browser, origin: str) -> Page:
    shown = browser.open(f"{origin}/form")
    return browser.submit(shown, shown.form("/send"))


@pytest.mark.parametrize(("policy", "sent"), [("same-origin", "own"), ("no-referrer", "null")])
def test_a_form_is_sent_with_the_origin_that_chromium_sends(browser: Browser, policy: str, sent: str) -> None:
    origins: list[str] = []

    def answer(asked: Asked) -> Says:
        origins.extend([asked.headers["origin"]] if asked.method == "POST" else [])
        return page(FORM, Referrer_Policy=policy)

    with http_server(answer) as origin:
        submitted(browser, origin)
        assert origins == [origin if sent == "own" else sent]


def test_form_action_holds_for_the_redirects_of_a_form(browser: Browser, elsewhere: str) -> None:
    def answer(asked: Asked) -> Says:
        if asked.path == "/send":
            return Says(status=303, headers={"Location": f"{elsewhere}/there"})
        return page(FORM, Content_Security_Policy="form-action 'self'")

    with http_server(answer) as origin, pytest.raises(BlockedError, match="form-action"):
        submitted(browser, origin)


def test_refresh_starts_afresh(browser: Browser, elsewhere: str) -> None:
    def answer(asked: Asked) -> Says:
        if asked.path == "/send":
            return page(b"<p>Videre</p>", Refresh=f"0; url={elsewhere}/there")
        return page(FORM, Content_Security_Policy="form-action 'self'")

    with http_server(answer) as origin:
        assert submitted(browser, origin).text == "elsewhere GET"


def test_only_pages_where_it_rests_are_kept(browser: Browser, elsewhere: str, tmp_path: Path) -> None:
    def answer(asked: Asked) -> Says:
        if asked.path == "/a":
            return Says(status=302, headers={"Location": "/b"})
        return page(b"<form id='forward' method='post' action='%s/x'></form>" % elsewhere.encode())

    with http_server(answer) as origin:
        assert browser.open(f"{origin}/a").text == "elsewhere POST"
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == b"elsewhere POST"


def test_it_remembers_the_secrets_it_carried(browser: Browser) -> None:
    with http_server(lambda _: page(FORM)) as origin:
        browser.open(f"{origin}/launch?launch=engangsverdi&iss=x")
        submitted(browser, origin)
    assert browser.secrets == {"engangsverdi", "hemmelig-kode"}


def test_a_circle_of_redirects_ends(browser: Browser) -> None:
    with http_server(lambda _: Says(status=303, headers={"Location": "/"})) as origin, pytest.raises(BlockedError):
        browser.open(f"{origin}/")


def test_a_frame_is_loaded_without_cookies_before_the_page_goes_on(browser: Browser) -> None:
    asked: list[tuple[str, str | None]] = []

    def answer(request: Asked) -> Says:
        asked.append((request.path, request.headers.get("cookie")))
        if request.path == "/over":
            return page(b"<iframe src='/frame?sid=1'></iframe>", Refresh="1; url=/back", Set_Cookie="a=b")
        return page(b"there")

    with http_server(answer) as origin:
        assert browser.open(f"{origin}/over").url == f"{origin}/back"
    assert asked == [("/over", None), ("/frame?sid=1", None), ("/back", "a=b")]
