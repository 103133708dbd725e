"""facts/security §4.10 where it touches patients: cookies, methods and headers on the way in."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from support.bodies import LINE, OLE
from support.helseid import ANNA, BO

from portal.demo.browser import Hop
from portal.store import assignments

if TYPE_CHECKING:
    from support.doors import Doors

    from portal.demo.browser import Browser

pytestmark = pytest.mark.hostile


def _waiting(at: Doors, browser: Browser, patient: dict[str, str] = LINE) -> str:
    """A patient waits for this browser: the address to go on at."""
    opened = at.world.open_session(at.world.epj_token(ANNA), patient, reply_to=None)
    form = {"code": opened["code"], "ehr_code_verifier": opened["verifier"]}
    answer = browser.step(Hop("POST", opened["startUrl"], form, "https://epj.test"))
    return f"{at.world.origin}{answer.response.headers['Location']}"


def _pending(browser: Browser) -> list[str]:
    return [cookie.name for cookie in browser.cookies if "pending" in cookie.name]


@pytest.mark.parametrize("value", ["", "x", "x" * 43, "x" * 4_000, "../../x", '{"context": "x"}', "æ"])
def test_H227_a_cookie_that_was_tampered_with_opens_nothing(at: Doors, browser: Browser, value: str) -> None:
    address = _waiting(at, browser)
    for name in _pending(browser):
        browser.cookies.set(name, value.encode().decode("latin-1"), domain="127.0.0.1", path="/")
    at.refused(browser.step(Hop("GET", address)), 410, "start_expired")


def test_H227_the_cookie_of_one_patient_under_the_name_of_another_opens_nothing(at: Doors, browser: Browser) -> None:
    first, second = (_waiting(at, browser, patient) for patient in (LINE, OLE))
    values = {cookie.name: cookie.value or "" for cookie in browser.cookies if "pending" in cookie.name}
    one, other = values
    for name, value in ((one, values[other]), (other, values[one])):
        browser.cookies.set(name, value, domain="127.0.0.1", path="/")
    opened = [browser.step(Hop("GET", address)).status for address in (first, second)]
    assert opened == [410, 410]


def test_H017_a_patient_that_an_attacker_planted_opens_for_nobody_else(at: Doors, browser: Browser) -> None:
    """The attacker's own patient, in the victim's browser."""
    attacker, world = at.world.browser(), at.world
    world.log_in(attacker, BO)
    opened = world.open_session(world.epj_token(BO), OLE, reply_to=None)
    form = {"code": opened["code"], "ehr_code_verifier": opened["verifier"]}
    address = attacker.step(Hop("POST", opened["startUrl"], form, "https://epj.test")).response.headers["Location"]
    for cookie in attacker.cookies:
        if "pending" in cookie.name:
            browser.cookies.set_cookie(cookie)
    page = browser.step(Hop("GET", f"{world.origin}{address}"))
    assert page.status == 403
    assert OLE["family"] not in page.response.text
    at.nothing_is_told(page)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "X"])
def test_H233_no_other_method_has_an_effect(at: Doors, browser: Browser, method: str) -> None:
    world = at.world
    address = _waiting(at, browser)
    for path in ("/start", "/launch", "/launch/callback", "/api/session/create", "/api/session/end"):
        assert browser.step(Hop(method, f"{world.origin}{path}")).status in (
            {200} if method == "OPTIONS" else {400, 405}
        )
    assert browser.step(Hop(method, address)).status in ({200} if method == "OPTIONS" else {400, 405})
    assert browser.step(Hop("GET", address)).status == 303


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE"])
def test_H233_a_patient_s_page_launches_by_POST_alone(at: Doors, browser: Browser, method: str) -> None:
    page = browser.follow(Hop("GET", _waiting(at, browser)))
    answer = browser.step(Hop(method, f"{page.url}open/demo-melding", origin=at.world.origin))
    assert answer.status in ({200} if method == "OPTIONS" else {400, 405})
    assert "Refresh" not in answer.response.headers


def test_H229_a_person_who_was_disabled_sees_no_patient_any_more(at: Doors, browser: Browser) -> None:
    world = at.world
    token = world.epj_token(ANNA)
    page, waiting = browser.follow(Hop("GET", _waiting(at, browser))), _waiting(at, browser, OLE)
    assert page.status == 200
    with world.database.write() as session:
        assignments.disable(session, f"sub:{ANNA.sub}", "operator", world.clock())
    for address in (page.url, f"{page.url}state", f"{page.url}open/demo-melding"):
        answer = browser.step(Hop("GET", address))
        assert answer.status in {303, 401}
        at.nothing_is_told(answer)
    assert browser.step(Hop("GET", waiting)).status in {303, 403}
    refused = world.call("POST", "/api/session/refresh", token, {"sessionId": page.url.split("/")[-2]})
    assert (refused.status, refused.json()["code"]) == (403, "person_disabled")


@pytest.mark.parametrize("source", ["x", "xx", "x" * 513])
def test_a_source_system_that_is_no_name_is_refused(at: Doors, source: str) -> None:
    sent: Any = {"X-SOURCE-SYSTEM": source}
    answer = at.world.call("POST", "/api/session/create", at.world.epj_token(ANNA), {}, **sent)
    assert (answer.status, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("name", ["X-SOURCE-SYSTEM", "X-EVENT-ID", "User-Agent", "Referer", "Traceparent"])
@pytest.mark.parametrize("value", ["\x1b[31mEPJ", '", "level": "ERROR', "EPJ\\r\\nlevel=ERROR", "${jndi:ldap://x}"])
def test_H231_what_a_header_says_makes_no_line_of_its_own(at: Doors, name: str, value: str) -> None:
    sent: Any = {"X-SOURCE-SYSTEM": "EksempelEPJ 1.0"} | {name: value}
    at.lines.forget()
    at.world.call("POST", "/api/session/create", at.world.epj_token(ANNA), {}, **sent)
    ours = [line for line, record in zip(at.lines.said, at.lines.records, strict=True) if record.name != "werkzeug"]
    assert ours
    assert all(isinstance(json.loads(line), dict) and "\n" not in line and "\x1b" not in line for line in ours)
    assert not [line for line in ours if json.loads(line)["level"] == "ERROR"]


def test_H235_an_id_that_was_guessed_tells_nothing(at: Doors, browser: Browser) -> None:
    """The same answer for what is somebody else's and for what never was; a rate is for the proxy (deploy/nginx)."""
    bo, world = at.world.browser(), at.world
    world.log_in(bo, BO)
    his = world.start(bo, world.open_session(world.epj_token(BO), OLE, reply_to=None)).url
    never = f"{world.origin}/k/{'x' * 43}/"
    for path in ("", "state", "open/demo-melding"):
        pages = [browser.step(Hop("GET", f"{address}{path}")) for address in (his, never)]
        assert [page.status for page in pages] == [404, 404]
        his_page, none = (re.sub(r"<code>.*?</code>", "", page.response.text) for page in pages)
        assert OLE["family"] not in his_page
        assert _without_times(his_page) == _without_times(none)


def _without_times(text: str) -> str:
    return re.sub(r"\d+|/k/[\w-]+", "", text)
