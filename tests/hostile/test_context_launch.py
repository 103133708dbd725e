"""facts/security §4.2 at door A: what comes to /start, and the launches that go out from there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from support.bodies import LINE, OLE, answered
from support.catalogue import demo_catalogue
from support.doors import Doors, register_smart
from support.helseid import ANNA, BO

from portal.demo.browser import Hop
from portal.store import registry
from portal.store.publishing import publish

if TYPE_CHECKING:
    from portal.demo.browser import Browser, Page

pytestmark = pytest.mark.hostile


def _opened(at: Doors, patient: dict[str, str] | None = None) -> dict[str, str]:
    return at.world.open_session(at.world.epj_token(ANNA), patient, reply_to=None)


def _arrive(browser: Browser, opened: dict[str, str], **changes: str) -> Page:
    form = {"code": opened["code"], "ehr_code_verifier": opened["verifier"]} | changes
    return browser.follow(Hop("POST", opened["startUrl"], form, "https://epj.test"))


def _listed(at: Doors, browser: Browser) -> Page:
    page = _arrive(browser, _opened(at))
    assert "Line Danser" in page.text
    return page


def _by_query(at: Doors) -> None:
    register_smart(at.world, at.world.epj.model_copy(update={"start_by_query": True}))


def _cannot_be_read(at: Doors, page: Page) -> None:
    assert page.status == 400, page.text
    assert "Set-Cookie" not in page.response.headers
    at.nothing_is_told(page)


def test_H025_a_start_that_was_used(at: Doors, browser: Browser) -> None:
    opened = _opened(at)
    _arrive(browser, opened)
    at.refused(_arrive(browser, opened), 410, "start_expired")
    at.refused(_arrive(at.world.browser(), opened), 410, "start_expired")


def test_H025_a_start_that_came_too_late(at: Doors, browser: Browser) -> None:
    opened = _opened(at)
    at.world.clock.ahead += timedelta(seconds=61)
    at.refused(_arrive(browser, opened), 410, "start_expired")


def test_H025_a_start_whose_patient_has_ended(at: Doors, browser: Browser) -> None:
    token = at.world.epj_token(ANNA)
    opened = at.world.open_session(token, reply_to=None)
    at.world.call("POST", "/api/session/end", token, {"sessionId": opened["sessionId"]})
    at.refused(_arrive(browser, opened), 410, "context_ended")


def test_H025_a_launch_that_was_used(at: Doors, browser: Browser) -> None:
    handle = at.world.handle(browser, _listed(at, browser))
    for answer in ("code", "error"):
        request_uri = at.world.push("demo-melding", handle)[0].json()["request_uri"]
        assert answer in answered(at.world.authorize(browser, "demo-melding", request_uri))


def test_H026_a_verifier_of_another_start_burns_nothing(at: Doors, browser: Browser) -> None:
    line, ole = _opened(at), _opened(at, OLE)
    for verifier in (ole["verifier"], "", "x", line["code"], "æ" * 43):
        page = _arrive(browser, line, ehr_code_verifier=verifier)
        at.refused(page, 400, "start_code_invalid")
    assert "Line Danser" in _arrive(browser, line).text


def test_H026_a_launch_of_another_client_burns_nothing(at: Doors, browser: Browser) -> None:
    handle = at.world.handle(browser, _listed(at, browser))
    for client, answer in (("demo-annen", "error"), ("demo-melding", "code")):
        request_uri = at.world.push(client, handle)[0].json()["request_uri"]
        assert answer in answered(at.world.authorize(browser, client, request_uri))


@pytest.mark.parametrize("kind", ["session", "launch", "pending", "context"])
def test_H026_what_is_no_start_code_starts_nothing(at: Doors, browser: Browser, kind: str) -> None:
    page = _listed(at, browser)
    values = {cookie.name: cookie.value or "" for cookie in browser.cookies}
    codes = {
        "session": values["portal-session"],
        "launch": at.world.handle(browser, page),
        "pending": next((value for name, value in values.items() if "pending" in name), "x" * 43),
        "context": page.url.rstrip("/").rpartition("/")[2],
    }
    at.refused(_arrive(browser, _opened(at), code=codes[kind]), 410, "start_expired")


@pytest.mark.parametrize("name", ["patient", "fnr", "pid", "x", "patient_identifier"])
@pytest.mark.parametrize("compatible", [False, True])
def test_H027_a_number_in_the_address_is_refused_and_not_logged(
    at: Doors, browser: Browser, name: str, *, compatible: bool
) -> None:
    if compatible:
        _by_query(at)
    opened = _opened(at)
    query = {"code": opened["code"], "ehr_code_verifier": opened["verifier"], name: LINE["number"]}
    _cannot_be_read(at, at.ask(browser, "/start", query))
    _cannot_be_read(at, at.ask(browser, "/start", {name: LINE["number"]}))


def test_H027_a_number_in_the_address_that_is_posted_to_is_refused_and_burns_nothing(
    at: Doors, browser: Browser
) -> None:
    opened = _opened(at)
    form = {"code": opened["code"], "ehr_code_verifier": opened["verifier"]}
    hop = Hop("POST", f"{opened['startUrl']}?fnr={LINE['number']}", form, "https://epj.test")
    _cannot_be_read(at, browser.step(hop))
    assert "Line Danser" in _arrive(browser, opened).text


def test_H027_a_patient_s_id_in_the_address_is_refused(at: Doors, browser: Browser) -> None:
    _by_query(at)
    opened = _opened(at)
    query = {"code": opened["code"], "ehr_code_verifier": opened["verifier"], "patient": "p-1"}
    _cannot_be_read(at, at.ask(browser, "/start", query))


@pytest.mark.parametrize("name", ["code", "ehr_code_verifier"])
def test_H028_a_number_for_a_code_is_not_logged(at: Doors, browser: Browser, name: str) -> None:
    _by_query(at)
    opened = _opened(at)
    query = {"code": opened["code"], "ehr_code_verifier": opened["verifier"]} | {name: LINE["number"]}
    page = at.ask(browser, "/start", query)
    assert page.status in {400, 410}
    at.nothing_is_told(page)


@pytest.mark.parametrize("twice", ["code", "ehr_code_verifier"])
def test_H028_a_parameter_given_twice_is_refused(at: Doors, browser: Browser, twice: str) -> None:
    _by_query(at)
    opened = _opened(at)
    pairs = [("code", opened["code"]), ("ehr_code_verifier", opened["verifier"])]
    _cannot_be_read(at, at.ask(browser, "/start", [*pairs, (twice, "x")]))


def test_H029_an_EPJ_that_was_disabled_meanwhile(at: Doors, browser: Browser) -> None:
    opened = _opened(at)
    with at.world.database.write() as session:
        registry.disable_epj(session, "epj")
    at.refused(_arrive(browser, opened), 403, "epj_unknown")


def test_H029_a_service_that_was_taken_out_meanwhile(at: Doors, browser: Browser) -> None:
    listed, demo = _listed(at, browser), demo_catalogue(9)
    rest = tuple(service for service in demo.services if service.id != "demo-melding")
    publish(at.world.settings, demo.model_copy(update={"services": rest}), by="test", based_on=1)
    click = browser.pressed(listed, listed.form("/open/demo-melding"))
    at.refused(browser.step(click), 404, "service_unknown")


def test_H029_a_target_that_was_disabled_meanwhile_is_not_opened_without_the_patient(
    at: Doors, browser: Browser
) -> None:
    """The page promised that the patient goes along."""
    listed = _listed(at, browser)
    with at.world.database.write() as session:
        registry.disable_client(session, "demo-melding")
    click = browser.pressed(listed, listed.form("/open/demo-melding"))
    at.refused(browser.step(click), 409, "service_closed")


def test_H030_an_EPJ_that_was_disabled_before_the_login(at: Doors) -> None:
    browser = at.world.browser()
    asked = _arrive(browser, _opened(at))
    with at.world.database.write() as session:
        registry.disable_epj(session, "epj")
    page = browser.submit(asked, asked.form(), person=ANNA.sub)
    assert page.status in {403, 410}
    at.nothing_is_told(page)


def test_H031_no_parameter_of_a_start_makes_us_ask_anybody(at: Doors, browser: Browser, elsewhere: str) -> None:
    opened = _opened(at)
    for name in ("iss", "aud", "startUrl", "next", "redirect_uri", "target_link_uri"):
        _arrive(browser, opened, code="x", **{name: elsewhere})
        at.ask(browser, "/start", {name: elsewhere})
        browser.step(Hop("POST", f"{at.world.origin}/start?{urlencode({name: elsewhere})}", {}, "https://epj.test"))


@pytest.mark.parametrize("aud", ["{}", "{}/fhir", "{}/fhir/", "https://evil.example/fhir"])
def test_H032_a_launch_for_another_server_is_refused(at: Doors, browser: Browser, elsewhere: str, aud: str) -> None:
    handle = at.world.handle(browser, _listed(at, browser))
    refused, _ = at.world.push("demo-melding", handle, aud=aud.format(elsewhere))
    assert (refused.status, refused.json()["error"]) == (400, "invalid_request")


def test_H033_no_page_of_a_patient_lets_itself_be_framed(at: Doors, browser: Browser) -> None:
    listed = _listed(at, browser)
    click = browser.pressed(listed, listed.form("/open/demo-melding"))
    pages = [listed, browser.step(click), browser.step(Hop("GET", f"{listed.url}open/demo-melding"))]
    pages += [at.ask(browser, "/start", ""), at.ask(browser, "/go/demo-melding", "")]
    for page in pages:
        assert page.status == 200
        assert "frame-ancestors 'none'" in page.response.headers["Content-Security-Policy"]


def test_H034_a_form_of_another_page_launches_nothing(at: Doors, browser: Browser) -> None:
    listed = _listed(at, browser)
    for origin in ("https://evil.example", "null", None, f"{at.world.origin}.evil.example"):
        page = browser.step(Hop("POST", f"{listed.url}open/demo-melding", {}, origin))
        at.refused(page, 403, "foreign_origin")


def test_H035_after_the_session_has_expired_one_login_and_the_same_patient_once(at: Doors, browser: Browser) -> None:
    at.world.clock.ahead += timedelta(hours=11)
    opened = _opened(at)
    asked = _arrive(browser, opened)
    assert asked.url.startswith(at.world.provider.issuer), "a login at HelseID comes first"
    page = browser.submit(asked, asked.form(), person=ANNA.sub)
    assert page.url == f"{at.world.origin}/k/{opened['sessionId']}/"
    at.refused(_arrive(browser, opened), 410, "start_expired")


def test_H036_a_click_after_the_session_has_expired_launches_nothing(at: Doors, browser: Browser) -> None:
    listed = _listed(at, browser)
    at.world.clock.ahead += timedelta(minutes=31)
    page = browser.step(browser.pressed(listed, listed.form("/open/demo-melding")))
    assert page.status == 401
    assert "Refresh" not in page.response.headers
    at.nothing_is_told(page)


def test_H036_a_launch_in_a_session_that_has_ended_is_refused(at: Doors, browser: Browser) -> None:
    handle = at.world.handle(browser, _listed(at, browser))
    request_uri = at.world.push("demo-melding", handle)[0].json()["request_uri"]
    for stranger in (None, BO):
        other = at.world.browser()
        if stranger:
            at.world.log_in(other, stranger)
        assert "code" not in answered(at.world.authorize(other, "demo-melding", request_uri))


CODES = ["x" * 8_192, "a\0b", "\u202egnp.exe", "a b", "a\nb", "æ", "", "'; DROP TABLE context; --", "../../x", "%00"]


@pytest.mark.parametrize("code", CODES, ids=[ascii(one)[:30] for one in CODES])
def test_H037_a_code_that_is_none(at: Doors, browser: Browser, code: str) -> None:
    _by_query(at)
    page = browser.step(Hop("POST", f"{at.world.origin}/start", {"code": code, "ehr_code_verifier": "v" * 43}))
    assert page.status in {400, 410}
    at.nothing_is_told(page)
    page = at.ask(browser, "/start", {"code": code, "ehr_code_verifier": code})
    assert page.status in {400, 410, 414}
    at.nothing_is_told(page)


def test_H037_a_form_of_60_kB(at: Doors, browser: Browser) -> None:
    page = browser.step(Hop("POST", f"{at.world.origin}/start", {"code": "x" * 60_000}))
    assert page.status == 413
    at.nothing_is_told(page)


def test_H038_a_start_without_a_code(at: Doors, browser: Browser) -> None:
    for form in ({}, {"code": ""}, {"ehr_code_verifier": "v" * 43}):
        at.refused(browser.step(Hop("POST", f"{at.world.origin}/start", form)), 410, "start_expired")
