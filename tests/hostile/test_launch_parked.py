"""A launch that waits for its clinician: nobody else takes it up, sees it, or presses its button from outside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
import requests
from support.bodies import LINE, OLE, answered
from support.helseid import ANNA, BO

from portal.demo.browser import Hop
from portal.web.safe_next import safe_next

if TYPE_CHECKING:
    from support.gate import Gate

    from portal.demo.browser import Browser, Page

pytestmark = pytest.mark.hostile


@pytest.fixture
def elsewhere_too(gate: Gate) -> Browser:
    """Anna's other browser, where she is logged in."""
    browser = gate.world.browser()
    gate.world.log_in(browser, ANNA)
    gate.forget()
    return browser


@pytest.fixture
def bo(gate: Gate) -> Browser:
    browser = gate.world.browser()
    gate.world.log_in(browser, BO)
    gate.forget()
    return browser


def _press(gate: Gate, browser: Browser, request_uri: str, origin: str | None, **fields: str) -> Page:
    """The button of the page that asks, pressed on a page of `origin`."""
    form = {"client_id": "demo-melding", "request_uri": request_uri} | fields
    return browser.step(Hop("POST", f"{gate.world.origin}/oauth/confirm", form, origin))


def _told(page: Page) -> dict[str, str]:
    """What the target is sent by a page that refreshes itself."""
    assert (page.status, page.response.headers["Cache-Control"]) == (200, "no-store")
    url = page.response.headers["Refresh"].removeprefix("0; url=")
    assert url.startswith("http://127.0.0.1:9/demo-melding/callback?")
    return Hop("GET", url).query()


def test_the_page_that_asks_stands_in_no_frame_and_has_no_number(gate: Gate, elsewhere_too: Browser) -> None:
    page = gate.authorize(gate.target.pushed(gate.handle()), elsewhere_too)
    headers = page.response.headers
    assert (page.status, headers["Cache-Control"]) == (200, "no-store")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    assert LINE["number"] not in page.response.text


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "{}.evil.example", "{}:1", "{}/"])
@pytest.mark.parametrize("fields", [{}, {"declined": ""}])
def test_no_other_page_presses_its_button(
    gate: Gate, elsewhere_too: Browser, origin: str | None, fields: dict[str, str]
) -> None:
    request_uri = gate.target.pushed(gate.handle())
    gate.authorize(request_uri, elsewhere_too)
    given = origin.format(gate.world.origin) if origin else origin
    gate.stopped(_press(gate, elsewhere_too, request_uri, given, **fields), 403, "foreign_origin")
    assert gate.audited("launch_confirmed") == []
    assert "code" in _told(_press(gate, elsewhere_too, request_uri, gate.world.origin))


def test_a_GET_presses_nothing(gate: Gate, elsewhere_too: Browser) -> None:
    query = f"client_id=demo-melding&request_uri={quote(gate.target.pushed(gate.handle()))}"
    page = elsewhere_too.step(Hop("GET", f"{gate.world.origin}/oauth/confirm?{query}"))
    assert page.status == 405
    assert gate.audited("launch_confirmed") == []


def test_nobody_presses_it_who_is_not_logged_in(gate: Gate) -> None:
    request_uri = gate.target.pushed(gate.handle())
    gate.stopped(_press(gate, gate.world.browser(), request_uri, gate.world.origin), 401, "not_signed_in")
    assert "code" in answered(gate.authorize(request_uri))


def test_another_person_who_presses_it_gets_nothing_and_burns_it(gate: Gate, bo: Browser) -> None:
    request_uri = gate.target.pushed(gate.handle())
    told = _told(_press(gate, bo, request_uri, gate.world.origin))
    assert (told["error"], told["iss"], "code" in told) == ("access_denied", gate.world.origin, False)
    assert gate.audited("launch_authorized") == ["other_person"]
    gate.forget()
    assert _told(_press(gate, bo, request_uri, gate.world.origin))["error"] == "invalid_request"
    assert gate.audited("launch_authorized") == [], "one row"
    gate.forget()
    gate.sent_back(gate.authorize(request_uri), "invalid_request")


def test_another_person_who_comes_by_its_address_sees_nothing_of_the_patient(gate: Gate, bo: Browser) -> None:
    request_uri = gate.target.pushed(gate.handle())
    gate.sent_back(gate.authorize(request_uri, bo), "access_denied")
    assert gate.audited("launch_authorized") == ["other_person"]
    assert gate.audited("launch_redeemed") == []


def test_who_is_lured_to_a_launch_of_the_attackers_opens_none_of_his_patients(gate: Gate) -> None:
    bo = gate.world.browser()
    his = gate.world.handle(bo, gate.world.open_patient(bo, BO, OLE))
    request_uri = gate.target.pushed(his)
    gate.forget()
    page = gate.authorize(request_uri)
    assert OLE["family"] not in page.response.text
    gate.sent_back(page, "access_denied")
    gate.forget()
    gate.sent_back(gate.authorize(request_uri, bo), "invalid_request")


def test_who_is_lured_before_she_has_logged_in_opens_none_either(gate: Gate) -> None:
    bo, anna = gate.world.browser(), gate.world.browser()
    request_uri = gate.target.pushed(gate.world.handle(bo, gate.world.open_patient(bo, BO, OLE)))
    parked = gate.authorize(request_uri, anna)
    assert parked.status == 303
    at_helseid = anna.follow(Hop("GET", f"{gate.world.origin}{parked.response.headers['Location']}"))
    page = gate.world.until_it_leaves(anna, anna.pressed(at_helseid, at_helseid.form(), person=ANNA.sub))
    assert answered(page)["error"] == "access_denied"
    assert OLE["family"] not in page.response.text


def test_fifty_presses_at_once_give_one_code(gate: Gate, elsewhere_too: Browser) -> None:
    request_uri, cookies = gate.target.pushed(gate.handle()), elsewhere_too.cookies.get_dict()
    gate.authorize(request_uri, elsewhere_too)
    form, barrier = {"client_id": "demo-melding", "request_uri": request_uri}, Barrier(50)

    def press(_: int) -> str:
        barrier.wait(60)
        headers = {"Origin": gate.world.origin}
        return requests.post(
            gate.target.url("/oauth/confirm"), form, headers=headers, cookies=cookies, timeout=60
        ).headers.get("Refresh", "")

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(press, range(50)))
    assert len([one for one in answers if "code=" in one]) == 1
    assert len([one for one in answers if "code=" not in one]) == 49


WISHES = [
    "/oauth/authorize?client_id=x&request_uri=y&next=//evil.example",
    "/oauth/authorize?request_uri=https://evil.example/&client_id=%0d%0aX:y",
    "/oauth/authorize?client_id=a&client_id=b&request_uri=c",
    "/oauth/authorize/..//evil.example?client_id=x",
    "//evil.example/oauth/authorize?client_id=x&request_uri=y",
    "/oauth/authorize;x=y?client_id=x",
    "\\oauth\\authorize?client_id=x",
    "/oauth/authorize?client_id=x#//evil.example",
    "/oauth/authorize?redirect_uri=https://evil.example&response_type=code&client_id=demo-melding",
    "/oauth/confirm?client_id=x&request_uri=y",
    "/oauth/token?code=x",
]


@pytest.mark.parametrize("wish", WISHES)
def test_a_login_ends_at_a_page_of_ours_with_what_a_parked_launch_needs_and_no_more(gate: Gate, wish: str) -> None:
    with gate.world.app.test_request_context("/login"):
        where = urlsplit(safe_next(wish))
    assert (where.scheme, where.netloc, where.fragment) == ("", "", "")
    assert where.path in {"/mine", "/oauth/authorize"}
    names = {name for name, _ in (pair.split("=", 1) for pair in where.query.split("&") if pair)}
    assert names <= ({"client_id", "request_uri"} if where.path == "/oauth/authorize" else set())
    assert "\r" not in where.query
    assert "//" not in where.path
