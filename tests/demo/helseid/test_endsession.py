from __future__ import annotations

from typing import TYPE_CHECKING

from support.helseid import ANNA, CATO
from support.raw_client import AFTER_LOGOUT, log_in, query_of

if TYPE_CHECKING:
    import requests
    from support.raw_client import RawClient


def is_signed_in(client: RawClient, browser: requests.Session) -> bool:
    return "code" in query_of(browser.get(client.authorize_url(prompt="none"), allow_redirects=False))


def test_with_a_hint_goes_back(epj: RawClient, browser: requests.Session) -> None:
    hint = epj.redeem(log_in(browser, epj.authorize_url(), ANNA.sub)["code"]).json()["id_token"]
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": AFTER_LOGOUT, "state": "s"}
    answer = browser.get(epj.url("/connect/endsession"), params=asked, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{AFTER_LOGOUT}?state=s")
    assert not is_signed_in(epj, browser)


def test_goes_to_no_address_that_is_not_registered(epj: RawClient, browser: requests.Session) -> None:
    hint = epj.redeem(log_in(browser, epj.authorize_url(), ANNA.sub)["code"]).json()["id_token"]
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": f"{AFTER_LOGOUT}.evil.test"}
    answer = browser.post(epj.url("/connect/endsession"), data=asked, allow_redirects=False)
    assert (answer.status_code, "Location" in answer.headers) == (200, False)


def test_without_a_hint_asks_first(epj: RawClient, browser: requests.Session) -> None:
    log_in(browser, epj.authorize_url(), ANNA.sub)
    page = browser.get(epj.url("/connect/endsession"), params={"post_logout_redirect_uri": AFTER_LOGOUT})
    assert "Vil du logge ut av HelseID?" in page.text
    assert is_signed_in(epj, browser)
    browser.post(page.url, data={"confirm": "yes"}, allow_redirects=False)
    assert not is_signed_in(epj, browser)


def test_a_hint_from_another_session_ends_nothing(epj: RawClient, browser: requests.Session) -> None:
    hint = epj.redeem(epj.code(CATO.sub)).json()["id_token"]
    log_in(browser, epj.authorize_url(), ANNA.sub)
    browser.get(epj.url("/connect/endsession"), params={"id_token_hint": hint})
    assert is_signed_in(epj, browser)
