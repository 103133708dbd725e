"""Journeys of the whole portal with HelseID's rules, at our own stand-in and at somebody else's certified provider."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from interop.site import KEYS, NEW_KEY, Site, landed
from support.counterpart import KINDS, Counterpart, answered, confirm_logout, counterpart, is_login_page, log_in
from support.helseid import ANNA, BO, CATO, DINA
from support.raw_client import registration
from support.relying_party import API, API_SCOPE
from support.source import ROOT
from support.staging import free_port

from portal.settings import Lifetimes
from portal.store import client_keys
from portal.web import on_behalf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from portal.demo.browser import Browser, Page
    from portal.demo.helseid.config import Person

pytestmark = pytest.mark.interop

PORT = free_port()
ORIGIN = f"http://127.0.0.1:{PORT}"
LEVEL_4 = "rules: [{professions: [LE], min_security_level: 4}]"


@pytest.fixture(scope="module", params=KINDS)
def provider(request: pytest.FixtureRequest) -> Iterator[Counterpart]:
    portal = registration(
        "portal",
        redirect_uris=(f"{ORIGIN}/login/callback",),
        post_logout_redirect_uris=(f"{ORIGIN}/logout",),
        backchannel_logout_uri=f"{ORIGIN}/logout/backchannel",
        apis={API: (API_SCOPE,)},
        offline_access=True,
    )
    with counterpart(request.param, portal.model_copy(update={"jwks": KEYS})) as running:
        yield running


@pytest.fixture
def site(provider: Counterpart, sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    made = Site(provider, PORT, sqlite_url, tmp_path)
    made.publish(document())
    made.start()
    yield made
    made.stop()
    made.database.close()


def document() -> str:
    """The demo's services; the second one for doctors asks for level 4."""
    demo = (ROOT / "portal/demo/catalog.yaml").read_text(encoding="utf-8").replace("{target}", "9")
    rule = "rules: [{professions: [LE], authorization: [autorisasjon, lisens]}]"
    first, second, rest = demo.split(rule, 2)
    return f"{first}{rule}{second}{LEVEL_4}{rest}"


def at_login(site: Site, browser: Browser, path: str = "/mine") -> Page:
    page = site.open(browser, path)
    assert is_login_page(page), page.text
    return page


def callback_of(browser: Browser, page: Page, person: Person) -> str:
    """She logs in at HelseID; where she is sent back to, before she goes there."""
    hop: Any = answered(browser, page, person)
    while not hop.url.startswith(ORIGIN):
        hop = browser.next(browser.step(hop), hop)
    return str(hop.url)


def retry(site: Site, browser: Browser, page: Page) -> Page:
    (link,) = [link for link in page.links() if link.startswith("/login")]
    return browser.open(f"{site.origin}{link}")


def pressed(browser: Browser, page: Page, *, switch: bool) -> Page:
    (form,) = [one for one in page.tree.forms if one.action == "/logout" and ("switch" in one.fields) is switch]
    return browser.submit(page, form)


def test_a_first_login_lands_on_the_page_that_asked_for_it(site: Site) -> None:
    browser = site.browser()
    assert landed(log_in(browser, at_login(site, browser, "/kvitteringer"), ANNA), ANNA, "/kvitteringer")


def test_a_second_login_is_silent(site: Site) -> None:
    browser = site.browser()
    log_in(browser, at_login(site, browser), ANNA)
    site.forget_session(browser)
    assert landed(site.open(browser), ANNA)


def test_hpr_s_approvals_come_from_userinfo_alone(site: Site) -> None:
    browser = site.browser()
    page = log_in(browser, at_login(site, browser, "/mine/hvorfor"), ANNA)
    assert "Lege" in page.text


def test_who_has_no_hpr_number_gets_what_is_for_everyone(site: Site) -> None:
    browser = site.browser()
    page = log_in(browser, at_login(site, browser, "/mine/hvorfor"), CATO)
    assert "Godkjenning i HPRIngen" in page.text


def test_a_service_that_needs_level_4_is_opened_by_logging_in_higher(site: Site) -> None:
    browser = site.browser()
    page = log_in(browser, at_login(site, browser), DINA, 3)
    (step_up,) = set(page.tree.xpath("//a[contains(@href, 'level=4')]/@href"))
    again = browser.open(f"{site.origin}/mine{step_up}")
    assert is_login_page(again)
    page = log_in(browser, again, DINA, 4)
    assert landed(page, DINA)
    assert not page.tree.xpath("//a[contains(@href, 'level=4')]")


def test_a_higher_login_at_the_old_level_is_refused_and_the_session_stands(site: Site) -> None:
    browser = site.browser()
    log_in(browser, at_login(site, browser), DINA, 3)
    again = browser.open(f"{site.origin}/login?level=4&next=/mine")
    page = log_in(browser, again, DINA, 3)
    assert page.status == 403
    assert "høyere sikkerhetsnivå" in page.text
    assert landed(site.open(browser), DINA)


def test_a_login_below_the_configured_level_is_refused(site: Site) -> None:
    site.stop()
    site.settings = site.settings.model_copy(update={"helseid_min_security_level": 4})
    site.start()
    browser = site.browser()
    page = log_in(browser, at_login(site, browser), CATO)
    assert (page.status, "høyere sikkerhetsnivå" in page.text) == (403, True)


def test_a_cancelled_login_says_so_and_the_next_one_lands(site: Site) -> None:
    browser = site.browser()
    page = log_in(browser, at_login(site, browser, "/kvitteringer"), None)
    assert (page.status, "avbrutt" in page.text) == (403, True)
    assert landed(log_in(browser, retry(site, browser, page), ANNA), ANNA, "/kvitteringer")


def test_a_login_that_took_too_long_says_so_and_the_next_one_lands(site: Site) -> None:
    site.stop()
    lives = Lifetimes(login="1")
    site.settings = site.settings.model_copy(update={"lifetimes": lives})
    site.start()
    browser = site.browser()
    asked = at_login(site, browser)
    time.sleep(1.2)
    page = log_in(browser, asked, ANNA)
    assert (page.status, "for lang tid" in page.text) == (400, True)
    site.stop()
    site.settings = site.settings.model_copy(update={"lifetimes": Lifetimes()})
    site.start()
    assert landed(retry(site, browser, page), ANNA)


def test_two_tabs_log_in_at_once(site: Site) -> None:
    browser = site.browser()
    first, second = at_login(site, browser, "/mine"), at_login(site, browser, "/kvitteringer")
    assert landed(log_in(browser, second, ANNA), ANNA, "/kvitteringer")
    assert landed(log_in(browser, first, ANNA), ANNA)
    assert landed(site.open(browser), ANNA)


def test_a_reloaded_callback_is_friendly(site: Site) -> None:
    browser = site.browser()
    callback = callback_of(browser, at_login(site, browser), ANNA)
    assert landed(browser.open(callback), ANNA)
    assert landed(browser.open(callback), ANNA)


def test_an_answer_is_of_no_use_to_another_browser(site: Site) -> None:
    victim, attacker = site.browser(), site.browser()
    callback = callback_of(attacker, at_login(site, attacker), BO)
    assert victim.open(callback).status == 400
    at_login(site, victim)
    assert landed(attacker.open(callback), BO)


def test_logging_out_here_logs_out_at_helseid(site: Site) -> None:
    browser = site.browser()
    page = log_in(browser, at_login(site, browser), ANNA)
    assert "Du er logget ut" in pressed(browser, page, switch=False).text
    at_login(site, browser)


def test_not_you_lets_the_next_person_in(site: Site) -> None:
    browser = site.browser()
    page = log_in(browser, at_login(site, browser), ANNA)
    asked = pressed(browser, page, switch=True)
    assert is_login_page(asked)
    assert landed(log_in(browser, asked, BO), BO)


def test_logging_out_at_helseid_logs_out_here(site: Site) -> None:
    browser = site.browser()
    log_in(browser, at_login(site, browser), ANNA)
    asked = browser.open(f"{site.counterpart.address}/connect/endsession")
    confirm_logout(browser, asked)
    at_login(site, browser)


def test_helseid_s_server_ends_every_session_of_a_person(site: Site) -> None:
    desk, other, bo = site.browser(), site.browser(), site.browser()
    for browser, person in ((desk, ANNA), (other, ANNA), (bo, BO)):
        log_in(browser, at_login(site, browser), person)
    site.counterpart.end_sessions(ANNA)
    at_login(site, desk)
    at_login(site, other)
    assert landed(site.open(bo), BO)


def test_helseid_signs_with_a_new_key_between_redirect_and_callback(site: Site) -> None:
    first, browser = site.browser(), site.browser()
    log_in(first, at_login(site, first), ANNA)
    asked = at_login(site, browser)
    site.counterpart.rotate_keys()
    assert landed(log_in(browser, asked, BO), BO)
    assert landed(site.open(first), ANNA)


def test_our_key_is_replaced_between_redirect_and_callback(site: Site) -> None:
    browser = site.browser()
    asked = at_login(site, browser)
    activate(site)
    site.restart()
    assert landed(log_in(browser, asked, ANNA), ANNA)
    site.forget_session(browser)
    assert landed(site.open(browser), ANNA)


def activate(site: Site) -> None:
    """The new key is registered and probed already."""
    assert site.app
    kid, vault, now = NEW_KEY.private["kid"], site.app.extensions["portal"].vault, datetime.now(UTC)
    with site.database.write() as session:
        client_keys.add(session, vault, NEW_KEY.private, "kari", now)
        client_keys.registered(session, kid, now, None)
        client_keys.probed(session, kid, now)
        client_keys.activate(session, kid, now)


def test_the_portal_restarts_between_redirect_and_callback(site: Site) -> None:
    browser = site.browser()
    asked = at_login(site, browser, "/kvitteringer")
    site.restart()
    assert landed(log_in(browser, asked, ANNA), ANNA, "/kvitteringer")


def test_the_portal_restarts_between_code_and_token(site: Site) -> None:
    browser = site.browser()
    callback = callback_of(browser, at_login(site, browser), ANNA)
    site.restart()
    assert landed(browser.open(callback), ANNA)


def test_helseid_restarts_between_redirect_and_callback(site: Site) -> None:
    browser = site.browser()
    asked = at_login(site, browser)
    site.counterpart.restart()
    assert landed(log_in(browser, asked, ANNA), ANNA)


def test_helseid_restarts_between_code_and_token(site: Site) -> None:
    browser = site.browser()
    callback = callback_of(browser, at_login(site, browser), ANNA)
    site.counterpart.restart()
    assert landed(browser.open(callback), ANNA)


def test_helseid_forgets_everything_between_code_and_token(site: Site) -> None:
    browser = site.browser()
    callback = callback_of(browser, at_login(site, browser, "/kvitteringer"), ANNA)
    site.counterpart.restart(keep=False)
    page = browser.open(callback)
    assert (page.status, "kunne ikke fullføre" in page.text) == (502, True)
    assert landed(log_in(browser, retry(site, browser, page), ANNA), ANNA, "/kvitteringer")


def test_helseid_is_down_and_comes_back(site: Site) -> None:
    running, browser = site.browser(), site.browser()
    log_in(running, at_login(site, running), BO)
    callback = callback_of(browser, at_login(site, browser), ANNA)
    site.counterpart.stop()
    page = browser.open(callback)
    assert (page.status, "HelseID svarer ikke" in page.text) == (503, True)
    assert landed(site.open(running), BO)
    assert site.browser().open(f"{site.origin}/").status == 200
    site.counterpart.start()
    assert landed(retry(site, browser, page), ANNA)


def test_tokens_for_an_api_are_refreshed_as_whoever_is_signed_in(site: Site) -> None:
    site.stop()
    site.settings = site.settings.model_copy(update={"helseid_user_apis": {API: API_SCOPE}})
    site.start()
    assert site.app
    browser = site.browser()
    log_in(browser, at_login(site, browser), ANNA)
    cookie = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
    with site.app.test_request_context("/mine", headers={"Cookie": cookie}):
        token = on_behalf.access_token(API)
        assert token == on_behalf.access_token(API)


def test_tokens_for_ourselves(site: Site) -> None:
    assert site.app
    given = site.app.extensions["portal"].helseid.tokens.client_credentials(API_SCOPE, API)
    assert (given["token_type"].lower(), bool(given["access_token"])) == ("dpop", True)
