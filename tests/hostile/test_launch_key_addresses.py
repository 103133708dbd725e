"""facts/security §4.4, H109 to H113: where a target says its keys are leads to no machine of ours, and stops nobody."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError
from support.key_server import NAME, dripping, key_server
from support.keys import ec
from support.loopback import Says
from support.outbound import outbound
from support.raw_target import NOTHING
from support.trap import trap

from portal.adapters.target_keys import TargetKeys
from portal.domain.client_registration import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.gate import Gate
    from support.key_server import KeyServer
    from support.world import Profile

pytestmark = pytest.mark.hostile


@pytest.fixture(scope="module")
def profile() -> Profile:
    """Keys are fetched alike in both."""
    return "strict"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    with key_server(tmp_path, monkeypatch, ec("demo-melding").public) as served:
        yield served


@pytest.fixture
def keys_at(gate: Gate) -> Iterator[Gate]:
    """A gate whose portal finds names as a test says; its own way to keys comes back at the end."""
    before = gate.world.app.extensions["portal"]
    yield gate
    gate.world.app.extensions["portal"] = before


def _registered_at(gate: Gate, server: KeyServer, *allowed: str) -> None:
    """The target has its keys there; `allowed` are origins that the operator lets us go to wherever they are."""
    gate.world.change("demo-melding", keys=(), jwks_uri=server.jwks_uri)
    keys = TargetKeys(gate.world.clock, allowed, server.resolve)
    gate.world.app.extensions["portal"] = replace(gate.world.app.extensions["portal"], target_keys=keys)
    gate.forget()


def test_keys_at_an_address_of_the_targets_own_are_as_good_as_registered_ones(keys_at: Gate, server: KeyServer) -> None:
    _registered_at(keys_at, server, server.origin)
    keys_at.is_known()
    keys_at.is_nobody(keys_at.target.assertion(key=ec("thief")))
    keys_at.is_nobody(keys_at.target.assertion({"kid": "demo-melding"}, key=ec("thief")))
    assert keys_at.given()["patient"]
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  an address like any other here
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "localhost",
        "x.localhost",
        "journal.local",
        "x.internal",
        "metadata",
    ],
)
def test_H109_an_address_of_ours_is_refused_when_it_is_registered(gate: Gate, host: str) -> None:
    registered = gate.registered()
    assert registered is not None
    for url in (f"https://{host}/jwks", f"https://{host}:8443/jwks"):
        with pytest.raises(ValidationError, match="jwks_uri"):
            Client.model_validate(registered.model_dump() | {"keys": (), "jwks_uri": url})


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00::1"])
def test_H109_a_name_that_leads_to_us_is_refused_when_it_is_asked(
    keys_at: Gate, server: KeyServer, address: str
) -> None:
    server.names[NAME] = [address]
    _registered_at(keys_at, server)
    known = {(host, port) for host, port in _own(keys_at)}
    with outbound() as heard:
        keys_at.is_nobody(keys_at.target.assertion())
    assert {(host, port) for host, port in heard if port} <= known
    assert server.asked == []


def _own(gate: Gate) -> set[tuple[str, int]]:
    return {("127.0.0.1", int(gate.world.origin.rpartition(":")[2]))}


def test_H110_a_name_that_changes_its_mind_is_asked_once(keys_at: Gate, server: KeyServer) -> None:
    """Keycloak CVE-2026-1180: the address was fetched without a look at where it leads."""
    answers = [["93.184.216.34", "127.0.0.1"], ["127.0.0.1"]]
    server.names = {}
    _registered_at(keys_at, server)
    keys = TargetKeys(keys_at.world.clock, [], lambda _host, _port: answers.pop(0))
    keys_at.world.app.extensions["portal"] = replace(keys_at.world.app.extensions["portal"], target_keys=keys)
    keys_at.is_nobody(keys_at.target.assertion())
    assert (len(answers), server.asked) == (1, [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_H110_a_redirect_is_not_followed(keys_at: Gate, server: KeyServer, status: int) -> None:
    _registered_at(keys_at, server, server.origin)
    with trap() as elsewhere:
        server.says = Says({"keys": [ec("demo-melding").public]}, status, {"Location": f"{elsewhere}/jwks"})
        keys_at.is_nobody(keys_at.target.assertion())


def test_H111_who_drips_is_out_after_three_seconds_and_nobody_else_waits(
    keys_at: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        dripping(tmp_path, monkeypatch, b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n") as server,
        ThreadPoolExecutor(8) as pool,
    ):
        _registered_at(keys_at, server, server.origin)
        began = time.monotonic()
        stuck = [pool.submit(keys_at.target.par, NOTHING) for _ in range(8)]
        for _ in range(5):
            assert keys_at.other.par(NOTHING).status_code == 201
        others = time.monotonic() - began
        answers = [one.result() for one in stuck]
        assert (others < 2.5, time.monotonic() - began < 4) == (True, True)
        assert {(answer.status_code, answer.json()["error"]) for answer in answers} == {(401, "invalid_client")}
        began = time.monotonic()
        keys_at.forget()
        keys_at.is_nobody(keys_at.target.assertion())
        assert time.monotonic() - began < 2, "it is left alone for a while"


def test_H112_an_address_that_fails_is_no_way_in(keys_at: Gate, server: KeyServer) -> None:
    server.says = Says({"keys": [ec("demo-melding").public]}, 500)
    _registered_at(keys_at, server, server.origin)
    for assertion in (keys_at.target.assertion(), keys_at.target.assertion(key=ec("thief")), "a.b.c", ""):
        keys_at.is_nobody(assertion)
    server.says = None
    keys_at.world.clock.ahead += timedelta(seconds=11)
    keys_at.is_known()


def test_H112_a_flood_of_unknown_keys_makes_us_ask_once(keys_at: Gate, server: KeyServer) -> None:
    _registered_at(keys_at, server, server.origin)
    for number in range(30):
        answer = keys_at.target.par(NOTHING, client_assertion=keys_at.target.assertion({"kid": f"flood-{number}"}))
        assert answer.status_code == 401
    assert len(server.asked) == 1


def test_H112_an_encryption_key_or_a_private_one_opens_nothing(keys_at: Gate, server: KeyServer) -> None:
    public = ec("demo-melding").public
    _registered_at(keys_at, server, server.origin)
    for unfit in (public | {"use": "enc"}, dict(ec("demo-melding").private), public | {"kid": "other"}):
        server.keys = [unfit]
        keys_at.world.clock.ahead += timedelta(minutes=6)
        keys_at.is_nobody(keys_at.target.assertion())


@pytest.mark.parametrize(
    "url",
    [
        "http://nokler.example.no/jwks",
        "file:///etc/passwd",
        "gopher://nokler.example.no/",
        "ftp://nokler.example.no/",
        "unix:///var/run/docker.sock",
        "data:application/json,{}",
        "//nokler.example.no/",
        "https://user@nokler.example.no/",
        "https://nokler.example.no\\@127.0.0.1/",
        "https://nokler.example.no#@127.0.0.1/",
        "https://nokler.example.no/\r\nX: y",
        "",
    ],
)
def test_H113_another_scheme_than_https_is_refused(gate: Gate, url: str) -> None:
    registered = gate.registered()
    assert registered is not None
    with pytest.raises(ValidationError, match="jwks_uri"):
        Client.model_validate(registered.model_dump() | {"keys": (), "jwks_uri": url})
