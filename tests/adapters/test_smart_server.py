from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.keys import rsa
from support.loopback import Asked, Says
from support.lying_epj import DISCOVERY, EPJ, JWKS, LAUNCH, LyingEpj, client_of, lying_epj
from support.trap import trap

from portal.adapters.smart.server import Server
from portal.domain.registration import SmartServer
from portal.errors import SmartRejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def epj() -> Iterator[LyingEpj]:
    with lying_epj() as it:
        yield it


def server_of(epj: LyingEpj, **changes: Any) -> Server:
    return Server(epj.registered(**changes), lambda: epj.now)


def refused(ask: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(SmartRejected) as caught:
        ask()
    return caught.value.code, caught.value.detail


def test_discovery_is_asked_for_once_in_five_minutes(epj: LyingEpj) -> None:
    server = server_of(epj)
    for seconds in (0, 150, 149):
        epj.now += timedelta(seconds=seconds)
        assert server.configuration().token_endpoint == epj.configuration["token_endpoint"]
    assert len(epj.asked_for(DISCOVERY)) == 1
    epj.configuration["token_endpoint"] = f"{epj.origin}/new/token"
    epj.now += timedelta(seconds=1)
    assert server.configuration().token_endpoint == f"{epj.origin}/new/token"
    assert [asked.path for asked in epj.asked] == [DISCOVERY] * 2


def test_a_client_remembers_what_each_server_said(epj: LyingEpj) -> None:
    client = client_of(epj)
    with lying_epj() as other:
        for it in (epj, other, epj, other):
            assert client.begin(EPJ, it.registered(), LAUNCH).url.startswith(f"{it.origin}/auth/authorize?")
        assert len(epj.asked_for(DISCOVERY)) == len(other.asked_for(DISCOVERY)) == 1


def test_a_vendor_who_breaks_discovery_is_told_so_after_five_minutes(epj: LyingEpj) -> None:
    server = server_of(epj)
    server.configuration()
    true = dict(epj.configuration)
    epj.configuration["capabilities"] = []
    epj.now += timedelta(minutes=5)
    for _ in range(2):
        assert refused(server.configuration)[0] == "smart_discovery_invalid"
    epj.configuration = true
    assert server.configuration().issuer == true["issuer"]


@pytest.mark.parametrize(
    ("says", "code"),
    [
        pytest.param(Says(b"<html>"), "smart_discovery_invalid", id="a page"),
        pytest.param(Says(b'{"issuer": "a", "issuer": "b"}'), "smart_discovery_invalid", id="a name twice"),
        pytest.param(Says([]), "smart_discovery_invalid", id="a list"),
        pytest.param(Says(b"", 404), "smart_discovery_invalid", id="nowhere"),
        pytest.param(Says(b"", 401), "smart_discovery_invalid", id="behind a login"),
        pytest.param(Says(b"", 302, {"Location": "/elsewhere"}), "smart_discovery_invalid", id="a redirect"),
        pytest.param(Says(b" " * 1_000_001), "smart_discovery_invalid", id="more than 1 MB"),
        pytest.param(Says(b"", 500), "smart_unreachable", id="their trouble"),
    ],
)
def test_discovery_that_cannot_be_read(epj: LyingEpj, says: Says, code: str) -> None:
    server = server_of(epj)
    epj.overrides[DISCOVERY] = lambda _: says
    found, detail = refused(server.configuration)
    assert (found, detail.startswith("smart-configuration")) == (code, True)
    assert [asked.path for asked in epj.asked] == [DISCOVERY]
    del epj.overrides[DISCOVERY]
    assert server.configuration(), "nothing is remembered of a failure"


@pytest.mark.parametrize("name", ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_an_address_at_an_origin_that_is_not_registered_is_never_asked(epj: LyingEpj, name: str) -> None:
    with trap() as elsewhere:
        epj.configuration[name] = f"{elsewhere}/x"
        code, detail = refused(lambda: client_of(epj).begin(EPJ, epj.registered(), LAUNCH))
        assert (code, detail.startswith(f"{name}: ")) == ("smart_discovery_invalid", True)


def test_an_origin_that_is_registered_is_asked(epj: LyingEpj) -> None:
    with lying_epj() as keys:
        epj.configuration["jwks_uri"] = keys.origin + JWKS
        assert server_of(epj, origins=[keys.origin]).keys("rsa-1") == [rsa().public]
        assert len(keys.asked_for(JWKS)) == 1


@pytest.mark.parametrize("issuer", ["https://dømt.example/fhir", "https://e_pj.example/fhir", "https://a\\b/fhir"])
def test_a_registration_that_names_no_host_is_refused(epj: LyingEpj, issuer: str) -> None:
    server = SmartServer(issuer=issuer, client_id="portal")
    assert refused(lambda: client_of(epj).begin(EPJ, server, LAUNCH))[0] == "smart_discovery_invalid"


def test_nobody_at_home_is_unreachable(epj: LyingEpj) -> None:
    port = int(epj.origin.rsplit(":", 1)[1])
    with lying_epj() as gone:
        registered = gone.registered()
    assert not registered.issuer.startswith(f"http://127.0.0.1:{port}/")
    assert refused(Server(registered, lambda: epj.now).configuration)[0] == "smart_unreachable"


def test_keys_are_asked_for_once_in_five_minutes(epj: LyingEpj) -> None:
    server = server_of(epj)
    for seconds in (0, 150, 149):
        epj.now += timedelta(seconds=seconds)
        assert server.keys("rsa-1") == [rsa().public]
    assert len(epj.asked_for(JWKS)) == 1
    epj.keys = [rsa("rsa-2").public]
    epj.now += timedelta(seconds=1)
    assert server.keys("rsa-2") == [rsa("rsa-2").public]
    assert len(epj.asked_for(JWKS)) == 2


def test_a_new_key_is_found_by_its_name_at_once(epj: LyingEpj) -> None:
    server = server_of(epj)
    server.keys("rsa-1")
    epj.keys = [rsa().public, rsa("rsa-2").public]
    assert server.keys("rsa-2") == epj.keys


def test_a_flood_of_unknown_keys_is_one_question_a_minute(epj: LyingEpj) -> None:
    server = server_of(epj)
    server.keys(None)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: server.keys(f"unknown-{number}"), range(40)))
    assert len(epj.asked_for(JWKS)) == 2
    epj.now += timedelta(minutes=1)
    server.keys("unknown")
    assert len(epj.asked_for(JWKS)) == 3


def test_keys_follow_their_address(epj: LyingEpj) -> None:
    server = server_of(epj)
    server.keys("rsa-1")
    epj.configuration["jwks_uri"] = f"{epj.origin}/new/jwks"
    moved: list[Asked] = []

    def answer(asked: Asked) -> Says:
        moved.append(asked)
        return Says({"keys": [rsa("rsa-2").public]})

    epj.overrides["/new/jwks"] = answer
    epj.now += timedelta(minutes=5)
    assert server.keys("rsa-2") == [rsa("rsa-2").public]
    assert len(moved) == 1
