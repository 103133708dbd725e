"""What outlives a restart, and a change of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from joserfc.jws import extract_compact
from support.helseid import ANNA, StandIn
from support.raw_client import RawClient, query_of, refusal, registration

from portal.errors import SignInError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def standin() -> Iterator[StandIn]:
    apis = {"inngangsportalen": ("inngangsportalen/context",)}
    with StandIn(registration("epj", apis=apis, offline_access=True)) as standin:
        yield standin


@pytest.fixture
def client(standin: StandIn) -> RawClient:
    return RawClient(standin.provider, "epj")


def test_nobody_answers_while_it_is_stopped_not_even_on_an_open_connection(
    standin: StandIn, client: RawClient, browser: requests.Session
) -> None:
    page = browser.get(client.authorize_url())
    standin.stop()
    with pytest.raises(requests.ConnectionError):
        browser.get(page.url)
    standin.start()
    assert browser.get(page.url).status_code == 200


def test_a_restart_keeps_sessions_and_refresh_tokens(
    standin: StandIn, client: RawClient, browser: requests.Session
) -> None:
    tokens = client.tokens(browser, ANNA.sub)
    standin.restart()
    assert "code" in query_of(browser.get(client.authorize_url(), allow_redirects=False))
    assert client.refresh(tokens["refresh_token"]).status_code == 200


def test_a_restart_may_lose_everything_but_the_keys(
    standin: StandIn, client: RawClient, browser: requests.Session
) -> None:
    tokens = client.tokens(browser, ANNA.sub)
    standin.restart(keep=False)
    assert browser.get(client.authorize_url(), allow_redirects=False).status_code == 200
    assert refusal(client.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert client.identify(tokens)["sub"] == ANNA.sub


def test_a_new_key_signs_and_the_old_one_stays_until_it_is_dropped(standin: StandIn, client: RawClient) -> None:
    old = client.redeem(client.code(ANNA.sub)).json()
    standin.rotate_keys()
    new = client.redeem(client.code(ANNA.sub)).json()
    kids = [extract_compact(tokens["id_token"].encode()).headers()["kid"] for tokens in (old, new)]
    assert len(set(kids)) == 2
    assert client.identify(old)["sub"] == client.identify(new)["sub"]
    standin.drop_old_keys()
    assert client.identify(new)["sub"] == ANNA.sub
    with pytest.raises(SignInError):
        client.identify(old)
