"""One test per advisory: what Flask, Werkzeug and browsers keep, open or run."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from support.liar import SUB, USERINFO
from support.siege import another_process

if TYPE_CHECKING:
    from support.loopback import Says
    from support.siege import Siege
pytestmark = pytest.mark.hostile


def test_CVE_2023_30861_no_answer_with_a_session_in_it_may_be_kept(siege: Siege) -> None:
    """Flask (and CVE-2026-27205): a cached answer gave one person's session to the next."""
    visitor = siege.visitor()
    answers = [visitor.ask("/login"), visitor.log_in()]
    paths = ("/mine", "/kvitteringer", "/mine/okter", "/mine/okt", "/go/demo-sso", "/login", "/logout", "/nowhere")
    answers += [visitor.ask(path) for path in paths]
    answers += [siege.visitor().ask(path) for path in paths]
    answers += [siege.attack(state="x"), visitor.ask("/logout", "POST", headers={"Origin": siege.origin})]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store", answer.url


def test_CVE_2026_27205_the_public_page_looks_at_no_cookie_and_sets_none(siege: Siege) -> None:
    """Flask: `Vary: Cookie` was missing where a session had only been looked at."""
    visitor = siege.visitor()
    visitor.log_in()
    known, unknown = visitor.ask("/"), siege.visitor().ask("/")
    assert known.text == unknown.text
    assert "public" in known.headers["Cache-Control"]
    assert "Set-Cookie" not in known.headers
    assert "Kari" not in known.text


def test_CVE_2025_47278_the_newest_key_seals_and_the_old_ones_open(siege: Siege) -> None:
    """Flask: with fallback keys, the oldest one signed."""
    visitor = siege.visitor()
    visitor.log_in()
    sent = {"Cookie": visitor.jar().decode(), "Host": siege.settings.host}
    old, new = b64encode(b"k" * 32), b64encode(b"n" * 32)
    rotated = siege.settings.model_dump() | {"data_keys": {"1": old.decode(), "2": new.decode()}}
    with another_process(type(siege.settings).model_validate(rotated), siege.clock) as app:
        assert app.test_client(use_cookies=False).get("/mine", headers=sent).status_code == 200
        assert app.extensions["portal"].vault.seal("x", "login")[:2] == b"\x012", "the name of the key comes first"
    gone = siege.settings.model_dump() | {"data_keys": {"2": new.decode()}}
    with another_process(type(siege.settings).model_validate(gone), siege.clock) as app:
        assert app.test_client(use_cookies=False).get("/mine", headers=sent).status_code == 303
    assert siege.app.secret_key is None, "Flask signs nothing here"


def test_cookies_are_of_this_host_for_HTTP_alone_and_of_this_site(siege: Siege) -> None:
    """ASVS 3.3: `__Host-`, Secure, HttpOnly, SameSite; no account, no number, less than 4096 bytes."""
    settings = siege.settings.model_copy(update={"base_url": "https://portal.test"})
    with another_process(settings, siege.clock) as app:
        browser = app.test_client()
        begun = browser.get("/login", base_url="https://portal.test")
        brought = siege.liar.log_in(begun.headers["Location"])
        came = browser.get(f"/login/callback?{urlencode(brought)}", base_url="https://portal.test")
    assert came.status_code == 303, siege.lines.said[-2:]
    assert "max-age=" in came.headers["Strict-Transport-Security"]
    cookies = [*begun.headers.getlist("Set-Cookie"), *came.headers.getlist("Set-Cookie")]
    assert len(cookies) == 3
    for cookie in cookies:
        assert cookie.startswith("__Host-portal-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert SUB not in cookie


@pytest.mark.parametrize(
    "name", ["con", "NUL", "aux.css", "com1", "portal.css::$DATA", "..%2fpage.py", "%2e%2e/page.py", "CON.txt"]
)
def test_CVE_2025_66221_a_file_has_one_name(siege: Siege, name: str) -> None:
    """Werkzeug (and CVE-2026-21860, CVE-2026-27199): device names of Windows; and dots on any system."""
    for path in (f"/static/{name}", f"/static/vendor/{name}"):
        answer = siege.visitor().ask(path)
        assert answer.status_code == 404
        assert "def " not in answer.text


@pytest.mark.parametrize(
    "path", ["/console", "/?__debugger__=yes&cmd=resource&f=debugger.js", "/login?__debugger__=yes&cmd=1"]
)
def test_CVE_2024_34069_there_is_no_debugger(siege: Siege, path: str) -> None:
    """Werkzeug: the debugger of a developer ran what a page of somebody else sent it."""
    answer = siege.visitor().ask(path)
    assert "debugger" not in answer.text.lower()
    siege.liar.overrides[USERINFO] = _broken
    assert "Traceback" not in siege.attack().text


def test_CVE_2023_46136_a_form_in_a_thousand_parts_is_left_unread(siege: Siege) -> None:
    """Werkzeug: a large multipart body with one line in it took minutes."""
    visitor = siege.visitor()
    visitor.log_in()
    body = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n" + b"\r" + b"a" * 2_000_000
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Origin": siege.origin}
    for path in ("/mine/sprak", "/start", "/logout/backchannel"):
        answer = visitor.ask(path, "POST", data=body, headers=headers)
        assert answer.status_code in {400, 413}, path
    assert visitor.is_in()


def _broken(_: Any) -> Says:
    raise ZeroDivisionError
