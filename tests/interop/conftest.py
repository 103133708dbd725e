from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from interop.site import KEYS, ORIGIN, PORT, Site, document
from support.counterpart import KINDS, Counterpart, counterpart
from support.helseid import ANNA
from support.loopback import Asked, Says, http_server
from support.raw_client import registration
from support.relying_party import API, API_SCOPE, client_of
from support.staging import living

from portal.adapters.http import Egress
from portal.demo.browser import Browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.world import World

    from portal.adapters.openid import OpenIdClient
    from portal.demo.browser import Page


@pytest.fixture(scope="session")
def ears() -> Iterator[tuple[str, list[Asked]]]:
    """The address of the client's back-channel logout, and everything that was said to it."""
    heard: list[Asked] = []

    def answer(asked: Asked) -> Says:
        heard.append(asked)
        return Says(status=200)

    with http_server(answer) as origin:
        yield f"{origin}/logout/backchannel", heard


@pytest.fixture
def heard(ears: tuple[str, list[Asked]]) -> list[Asked]:
    """What is said by back channel from now on."""
    ears[1].clear()
    return ears[1]


@pytest.fixture(scope="session", params=KINDS)
def issuer(request: pytest.FixtureRequest, ears: tuple[str, list[Asked]]) -> Iterator[Counterpart]:
    """Run a test once against our stand-in and once against somebody else's certified provider."""
    portal = registration("portal", backchannel_logout_uri=ears[0], apis={API: (API_SCOPE,)}, offline_access=True)
    with counterpart(request.param, portal) as issuer:
        yield issuer


@pytest.fixture
def egress(issuer: Counterpart) -> Egress:
    return Egress({issuer.address})


@pytest.fixture
def client(issuer: Counterpart) -> OpenIdClient:
    return client_of(issuer)


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path)


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


@pytest.fixture
def environment() -> str:
    """`sandbox` for a target with a secret, or with nothing at all."""
    return "test"


@pytest.fixture
def zone() -> str:
    return "internett"


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path, environment: str, zone: str) -> Iterator[World]:
    """A portal with one listener, which is in `zone`."""
    with living(sqlite_url, tmp_path, environment=environment, listen={zone: "127.0.0.1:9"}) as running:
        yield running


@pytest.fixture
def anna(world: World) -> tuple[Browser, Page]:
    """Anna with a patient open."""
    browser = world.browser()
    return browser, world.open_patient(browser, ANNA)
