from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from support.helseid import Clock, running
from support.raw_client import RawClient, registration

from portal.domain.identity import Organisation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.demo.helseid.provider import Provider


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    epj = registration(
        "epj",
        client_name="EksempelEPJ",
        apis={"inngangsportalen": ("inngangsportalen/context",), "kjernejournal": ("kj/api",)},
        offline_access=True,
        organisation=Organisation("999977774", "999977775"),
    )
    with running(epj, registration("target")) as provider:
        yield provider


@pytest.fixture
def epj(provider: Provider) -> RawClient:
    """A client with two APIs, an office and refresh tokens."""
    return RawClient(provider, "epj")


@pytest.fixture
def target(provider: Provider) -> RawClient:
    """A client that only logs people in."""
    return RawClient(provider, "target")


@pytest.fixture
def clock(provider: Provider) -> Iterator[Clock]:
    """The stand-in's clock, right again when the test is over."""
    assert isinstance(provider.now, Clock)
    yield provider.now
    provider.now.ahead = timedelta(0)


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session
