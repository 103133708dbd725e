from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

import pytest
from support.helseid import running
from support.oidc_provider import oidc_provider
from support.raw_client import BACK, registration

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT = registration("portal")


class Issuer(NamedTuple):
    """An OpenID provider at which ANNA can log in."""

    address: str
    userinfo_scheme: Literal["Bearer", "DPoP"]


@pytest.fixture(scope="session", params=["stand-in", "oidc-provider"])
def issuer(request: pytest.FixtureRequest) -> Iterator[Issuer]:
    """Run a test once against our stand-in and once against somebody else's certified provider."""
    with _stand_in() if request.param == "stand-in" else _oidc_provider() as issuer:
        yield issuer


@contextmanager
def _stand_in() -> Iterator[Issuer]:
    with running(CLIENT) as provider:
        yield Issuer(provider.issuer, "Bearer")


@contextmanager
def _oidc_provider() -> Iterator[Issuer]:
    with oidc_provider(CLIENT, BACK) as address:
        yield Issuer(address, "DPoP")
