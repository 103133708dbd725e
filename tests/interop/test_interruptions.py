"""What changes, restarts or goes away while somebody logs in, and the tokens that are fetched afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from interop.site import NEW_KEY, at_login, callback_of, landed, retry
from support.counterpart import log_in
from support.helseid import ANNA, BO
from support.relying_party import API, API_SCOPE

from portal.store import client_keys
from portal.web import on_behalf

if TYPE_CHECKING:
    from interop.site import Site

pytestmark = pytest.mark.interop


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
