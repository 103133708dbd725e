"""HelseID is away, slow or lying: it takes no longer than it may, the page says so, and nothing else stops."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from support.helseid import ANNA
from support.loopback import raw_server
from support.staging import living

from portal.demo.browser import Hop

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from support.world import World


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """On one database: nothing of it depends on which."""
    with living(sqlite_url, tmp_path) as running:
        yield running


def drip(connection: socket.socket) -> None:
    """An answer that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(120):
        connection.sendall(b" ")
        time.sleep(0.1)


def hang(connection: socket.socket) -> None:
    """No answer at all."""
    connection.settimeout(12)
    connection.recv(1)


def lie(connection: socket.socket) -> None:
    """An answer of another kind."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>oh</html>")


@pytest.mark.parametrize("talk", [drip, hang])
def test_a_login_at_a_slow_helseid_ends_within_ten_seconds(world: World, talk: object) -> None:
    assert callable(talk)
    with raw_server(talk) as address, world.app_with(helseid_issuer=address) as client:
        began = time.monotonic()
        answer = client.get("/login?next=/kvitteringer", headers={"Host": world.settings.host})
        took = time.monotonic() - began
    assert took < 12
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "HelseID svarer ikke akkurat nå" in answer.text
    assert "Feilreferanse" in answer.text
    assert "/login?next=/kvitteringer" in answer.text


def test_a_helseid_that_lies_is_told_from_one_that_is_down(world: World) -> None:
    with raw_server(lie) as address, world.app_with(helseid_issuer=address) as client:
        answer = client.get("/login", headers={"Host": world.settings.host})
    assert answer.status_code in {502, 503}
    assert "HelseID" in answer.text


def test_while_helseid_is_down_everything_else_goes_on(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    cookie = next(cookie.value for cookie in browser.cookies if cookie.name == "portal-session")
    with world.app_with(helseid_issuer="http://127.0.0.1:9") as client:
        headers = {"Host": world.settings.host}
        assert client.get("/", headers=headers).status_code == 200
        assert client.get("/health/ready", headers=headers).status_code == 200
        assert client.get("/login", headers=headers).status_code == 503
        client.set_cookie("portal-session", cookie or "", domain="127.0.0.1")
        assert client.get("/mine", headers=headers).status_code == 200


def test_helseid_goes_away_while_somebody_logs_in_and_comes_back(world: World) -> None:
    browser = world.browser()
    asked = browser.open(f"{world.origin}/kvitteringer")
    callback = browser.step(browser.pressed(asked, asked.form(), person=ANNA.sub)).response.headers["Location"]
    world.standin.stop()
    page = browser.open(callback)
    assert page.status == 503
    (retry,) = [link for link in page.links() if link.startswith("/login?next=")]
    assert parse_qs(urlsplit(retry).query) == {"next": ["/kvitteringer"]}
    world.standin.start()
    assert browser.open(f"{world.origin}{retry}").url == f"{world.origin}/kvitteringer"


def test_a_refusal_of_the_code_leads_to_a_new_login_and_the_same_page(world: World) -> None:
    browser = world.browser()
    asked = browser.open(f"{world.origin}/kvitteringer")
    callback = browser.step(browser.pressed(asked, asked.form(), person=ANNA.sub)).response.headers["Location"]
    world.provider.memory.codes.take(parse_qs(urlsplit(callback).query)["code"][0], world.clock())
    page = browser.step(Hop("GET", callback))
    assert page.status == 502
    assert "kunne ikke fullføre" in page.text
    (retry,) = [link for link in page.links() if link.startswith("/login?next=")]
    assert browser.open(f"{world.origin}{retry}").url == f"{world.origin}/kvitteringer"
