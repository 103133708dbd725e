"""Who logs in at which level, and when once is not enough."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.helseid import ANNA, CATO, DINA
from support.raw_client import log_in, query_of

from portal.domain.identity import SECURITY_LEVEL

if TYPE_CHECKING:
    import requests
    from support.helseid import Clock
    from support.raw_client import RawClient

    from portal.demo.helseid.config import Person


@pytest.mark.parametrize(("level", "said"), [("", "4"), ("3", "3"), ("4", "4")])
def test_the_claim_is_the_level_chosen_or_her_highest(
    epj: RawClient, browser: requests.Session, level: str, said: str
) -> None:
    assert epj.identify(epj.tokens(browser, DINA.sub, level))[SECURITY_LEVEL] == said


@pytest.mark.parametrize(("person", "level"), [(DINA, "2"), (CATO, "4"), (ANNA, "high")])
def test_refuses_a_level_that_the_person_does_not_have(
    epj: RawClient, browser: requests.Session, person: Person, level: str
) -> None:
    answer = browser.post(epj.authorize_url(), data={"person": person.sub, "level": level}, allow_redirects=False)
    assert (answer.status_code, dict(browser.cookies)) == (400, {})


@pytest.mark.parametrize(
    ("acr_values", "levels"),
    [("", ["3", "4"]), ("Level3", ["3", "4"]), ("Level4", ["4"]), ("idp:testidp-oidc High", ["4"])],
)
def test_the_page_offers_the_levels_that_were_asked_for(
    epj: RawClient, browser: requests.Session, acr_values: str, levels: list[str]
) -> None:
    page = browser.get(epj.authorize_url(acr_values=acr_values)).text
    assert [level for level in "234" if f"<option>{level}</option>" in page] == levels


def test_level4_is_a_filter_and_promises_nothing(epj: RawClient, browser: requests.Session) -> None:
    tokens = epj.tokens(browser, CATO.sub, acr_values="Level4")
    assert epj.identify(tokens)[SECURITY_LEVEL] == "3"
    again = browser.get(epj.authorize_url(acr_values="Level4", prompt="none"), allow_redirects=False)
    assert query_of(again)["error"] == "login_required"


def test_a_step_up_asks_again_and_stays_in_the_session(epj: RawClient, browser: requests.Session, clock: Clock) -> None:
    low = epj.identify(epj.tokens(browser, DINA.sub, "3"))
    assert "code" in query_of(browser.get(epj.authorize_url(acr_values="Level3 Level4"), allow_redirects=False))
    assert browser.get(epj.authorize_url(acr_values="Level4"), allow_redirects=False).status_code == 200
    clock.ahead = timedelta(minutes=5)
    high = epj.identify(epj.tokens(browser, DINA.sub, "4", acr_values="Level4"))
    assert (low[SECURITY_LEVEL], high[SECURITY_LEVEL]) == ("3", "4")
    assert high["sid"] == low["sid"]
    assert high["auth_time"] - low["auth_time"] in {300, 301}
    assert "code" in query_of(browser.get(epj.authorize_url(acr_values="Level4"), allow_redirects=False))


def test_a_login_that_is_older_than_max_age_is_asked_for_again(
    epj: RawClient, browser: requests.Session, clock: Clock
) -> None:
    first = epj.identify(epj.tokens(browser, ANNA.sub))
    clock.ahead = timedelta(minutes=10)
    silent = query_of(browser.get(epj.authorize_url(max_age="601"), allow_redirects=False))
    assert epj.identify(epj.redeem(silent["code"]).json())["auth_time"] == first["auth_time"]
    assert browser.get(epj.authorize_url(max_age="590"), allow_redirects=False).status_code == 200
    late = browser.get(epj.authorize_url(max_age="590", prompt="none"), allow_redirects=False)
    assert query_of(late)["error"] == "login_required"
    said = log_in(browser, epj.authorize_url(max_age="0"), ANNA.sub)
    assert epj.identify(epj.redeem(said["code"]).json())["auth_time"] > first["auth_time"]
