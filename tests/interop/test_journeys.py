"""Journeys of the whole portal with HelseID's rules, at our own stand-in and at somebody else's certified provider."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from interop.site import at_login, callback_of, landed, pressed, retry
from support.counterpart import confirm_logout, is_login_page, log_in
from support.helseid import ANNA, BO, CATO, DINA

from portal.lifetimes import Lifetimes

if TYPE_CHECKING:
    from interop.site import Site

pytestmark = pytest.mark.interop


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
