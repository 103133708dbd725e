"""Whoever was told that somebody is there is told that she has gone."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import requests
from lxml import html
from support.helseid import ANNA, BO, StandIn
from support.loopback import Asked, Says, http_server, raw_server
from support.raw_client import AFTER_LOGOUT, RawClient, registration

from portal.domain import jose

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from portal.demo.helseid.config import Client

BACK_CHANNEL, FRONT_CHANNEL = "/logout/backchannel", "/logout/frontchannel?a=b"
CLIENTS = ("one", "two", "three")


@dataclass
class Ears:
    """Three clients' logout endpoints; what each client heard."""

    heard: dict[str, list[Asked]] = field(default_factory=lambda: {name: [] for name in CLIENTS})

    def answer(self, asked: Asked) -> Says:
        self.heard[asked.path.split("/")[1]].append(asked)
        return Says(status=200)

    def counts(self) -> list[int]:
        return [len(heard) for heard in self.heard.values()]


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def standin(ears: Ears) -> Iterator[StandIn]:
    with (
        http_server(ears.answer) as origin,
        StandIn(*(client(name, f"{origin}/{name}") for name in CLIENTS)) as standin,
    ):
        yield standin


def client(name: str, at: str) -> Client:
    return registration(
        name,
        apis={"inngangsportalen": ("inngangsportalen/context",)},
        offline_access=True,
        backchannel_logout_uri=f"{at}{BACK_CHANNEL}",
        frontchannel_logout_uri=None if name == "two" else f"{at}{FRONT_CHANNEL}",
    )


@pytest.fixture
def clients(standin: StandIn) -> list[RawClient]:
    return [RawClient(standin.provider, name) for name in CLIENTS]


def end(client: RawClient, browser: requests.Session, hint: str, **changes: str) -> requests.Response:
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": AFTER_LOGOUT, "state": "s"} | changes
    return browser.get(client.url("/connect/endsession"), params=asked, allow_redirects=False)


def test_the_clients_of_the_session_get_a_logout_token(
    standin: StandIn, clients: list[RawClient], ears: Ears, browser: requests.Session
) -> None:
    one, two, _ = clients
    tokens = one.tokens(browser, ANNA.sub)
    two.tokens(browser, ANNA.sub)
    end(one, browser, tokens["id_token"])
    assert ears.counts() == [1, 1, 0]
    (asked,) = ears.heard["two"]
    assert (asked.method, asked.path) == ("POST", f"/two{BACK_CHANNEL}")
    keys = standin.provider.key.jwks()["keys"]
    said = dict(jose.verify(asked.form["logout_token"], keys, algorithms=("RS256",), types=("logout+jwt",)).claims)
    assert said | {"jti": "", "iat": 0, "exp": 0} == {
        "iss": standin.address,
        "aud": "two",
        "sub": ANNA.sub,
        "sid": one.identify(tokens)["sid"],
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        "jti": "",
        "iat": 0,
        "exp": 0,
    }
    assert said["exp"] - said["iat"] == 120
    assert said["jti"]


def test_a_client_that_does_not_answer_holds_nobody_up(browser: requests.Session) -> None:
    over = Event()

    def silence(_: socket.socket) -> None:
        over.wait(20)

    with raw_server(silence) as origin, StandIn(client("one", origin), client("two", origin)) as standin:
        one, two = (RawClient(standin.provider, name) for name in ("one", "two"))
        tokens = one.tokens(browser, ANNA.sub)
        two.tokens(browser, ANNA.sub)
        begun = time.monotonic()
        assert end(one, browser, tokens["id_token"]).status_code == 200
        assert time.monotonic() - begun < 10
        over.set()


def test_discovery_says_that_clients_are_told(standin: StandIn) -> None:
    metadata = requests.get(f"{standin.address}/.well-known/openid-configuration", timeout=5).json()
    for channel in ("backchannel", "frontchannel"):
        assert metadata[f"{channel}_logout_supported"] is True
        assert metadata[f"{channel}_logout_session_supported"] is True


def test_the_signed_out_page_opens_a_frame_for_each_client_and_goes_on(
    standin: StandIn, clients: list[RawClient], browser: requests.Session
) -> None:
    one, two, three = clients
    tokens = one.tokens(browser, ANNA.sub)
    for other in (two, three):
        other.tokens(browser, ANNA.sub)
    answer = end(one, browser, tokens["id_token"])
    assert answer.headers["Refresh"] == f"1; url={AFTER_LOGOUT}?state=s"
    said = urlencode({"iss": standin.address, "sid": one.identify(tokens)["sid"]})
    addresses = [client.frontchannel_logout_uri for client in standin.provider.config.clients]
    frames = [frame.get("src") for frame in html.document_fromstring(answer.text).iter("iframe")]
    assert frames == [f"{address}&{said}" for address in addresses if address]


def test_a_session_ends_once(clients: list[RawClient], ears: Ears, browser: requests.Session) -> None:
    tokens = clients[0].tokens(browser, ANNA.sub)
    assert end(clients[0], browser, tokens["id_token"]).status_code == 200
    assert end(clients[0], browser, tokens["id_token"]).status_code == 303
    assert ears.counts() == [1, 0, 0]


def test_an_administrator_ends_every_session_of_a_person(
    standin: StandIn, clients: list[RawClient], ears: Ears, browser: requests.Session
) -> None:
    with requests.Session() as second, requests.Session() as third:
        for place, sub in ((browser, ANNA.sub), (second, ANNA.sub), (third, BO.sub)):
            clients[0].tokens(place, sub)
        standin.end_sessions(ANNA)
        assert ears.counts() == [2, 0, 0]
        statuses = [
            place.get(clients[0].authorize_url(), allow_redirects=False).status_code
            for place in (browser, second, third)
        ]
    assert statuses == [200, 200, 303]


def test_another_person_in_the_same_browser_ends_the_session_before(
    clients: list[RawClient], ears: Ears, browser: requests.Session
) -> None:
    before = clients[0].identify(clients[0].tokens(browser, ANNA.sub))
    after = clients[0].identify(clients[0].tokens(browser, BO.sub, prompt="select_account"))
    assert ears.counts() == [1, 0, 0]
    assert before["sid"] != after["sid"]
