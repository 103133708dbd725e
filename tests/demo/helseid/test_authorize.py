from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from support.helseid import ANNA
from support.raw_client import BACK, LOGIN, log_in, query_of

if TYPE_CHECKING:
    from support.helseid import Clock
    from support.raw_client import RawClient


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("{right}&scope=openid", id="more than client_id and request_uri"),
        pytest.param("{right}&client_id=epj", id="client_id twice"),
        pytest.param("client_id=epj&request_uri=urn:ietf:params:oauth:request_uri:guess", id="a guess"),
        pytest.param(f"client_id=epj&response_type=code&scope=openid&redirect_uri={BACK}", id="without PAR"),
        pytest.param("{of_another}", id="another client's request_uri"),
    ],
)
def test_refuses_without_going_back(epj: RawClient, query: str) -> None:
    right = epj.authorize_url().partition("?")[2]
    asked = query.format(right=right, of_another=right.replace("client_id=epj", "client_id=target"))
    answer = requests.get(epj.url(f"/connect/authorize?{asked}"), allow_redirects=False, timeout=5)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_refuses_a_request_uri_that_has_given_a_code(epj: RawClient, browser: requests.Session) -> None:
    url = epj.authorize_url()
    log_in(browser, url, ANNA.sub)
    assert browser.get(url, allow_redirects=False).status_code == 400


def test_refuses_a_request_uri_after_a_minute(epj: RawClient, clock: Clock) -> None:
    url = epj.authorize_url()
    clock.ahead = timedelta(seconds=61)
    assert requests.get(url, timeout=5).status_code == 400


def test_lets_a_person_take_her_time_at_the_login_page(epj: RawClient, browser: requests.Session, clock: Clock) -> None:
    url = epj.authorize_url()
    assert browser.get(url).status_code == 200
    clock.ahead = timedelta(minutes=9)
    assert "code" in log_in(browser, url, ANNA.sub)


def test_shows_whom_one_can_be(epj: RawClient, browser: requests.Session) -> None:
    page = browser.get(epj.authorize_url())
    assert "Anna Fastlege" in page.text
    assert "EksempelEPJ" in page.text
    assert ANNA.pid not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_refuses_somebody_unknown(epj: RawClient, browser: requests.Session) -> None:
    answer = browser.post(epj.authorize_url(), data={"person": "nobody"}, allow_redirects=False)
    assert answer.status_code == 400
    assert not browser.cookies


def test_is_silent_the_second_time_also_for_another_client(
    epj: RawClient, target: RawClient, browser: requests.Session
) -> None:
    log_in(browser, epj.authorize_url(), ANNA.sub)
    assert browser.cookies.keys() == ["helseid-demo"]
    for client, changes in ((epj, {}), (target, {"scope": LOGIN}), (target, {"scope": LOGIN, "prompt": "none"})):
        assert "code" in query_of(browser.get(client.authorize_url(**changes), allow_redirects=False))


@pytest.mark.parametrize("prompt", ["login", "select_account"])
def test_asks_again_when_told_to(epj: RawClient, browser: requests.Session, prompt: str) -> None:
    log_in(browser, epj.authorize_url(), ANNA.sub)
    assert browser.get(epj.authorize_url(prompt=prompt), allow_redirects=False).status_code == 200


def test_prompt_none_without_a_session_is_login_required(epj: RawClient, browser: requests.Session) -> None:
    answer = browser.get(epj.authorize_url(prompt="none"), allow_redirects=False)
    assert query_of(answer) == {"error": "login_required", "state": "the-state", "iss": epj.provider.issuer}


def test_a_cancelled_login_is_access_denied(epj: RawClient, browser: requests.Session) -> None:
    said = log_in(browser, epj.authorize_url(), sub="")
    assert said == {"error": "access_denied", "state": "the-state", "iss": epj.provider.issuer}
