from __future__ import annotations

import gc
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.certificates import authority
from support.key_server import NAME, KeyServer, dripping, key_server, silent
from support.keys import ec, rsa
from support.loopback import Says, raw_server
from support.outbound import outbound
from support.trap import trap

from portal.adapters.target_keys import TargetKeys
from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUBLIC = "93.184.216.34"
ONE, TWO = ec("one").public, ec("two").public


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 26, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    with key_server(tmp_path, monkeypatch, ONE) as served:
        yield served


@pytest.fixture
def keys(server: KeyServer, clock: Clock) -> TargetKeys:
    """Allowed to go to the server, though it is on loopback."""
    return TargetKeys(clock, [server.origin], server.resolve)


def kids(found: list[dict[str, Any]]) -> list[str]:
    return [key["kid"] for key in found]


def _refused(keys: TargetKeys, jwks_uri: str, kid: str | None = None) -> None:
    with pytest.raises(OAuthError) as caught:
        keys.keys(jwks_uri, kid)
    assert (caught.value.code, caught.value.detail) == ("invalid_client", "jwks_uri")


def test_keys_are_fetched_by_name_from_the_address_that_was_looked_up(server: KeyServer, keys: TargetKeys) -> None:
    assert keys.keys(server.jwks_uri, "one") == [ONE]
    (asked,) = server.asked
    assert (asked.path, asked.headers["host"]) == ("/jwks", f"{NAME}:{server.port}")
    assert server.looked_up == [NAME]


def test_they_are_kept_for_five_minutes_and_then_fetched_again(
    server: KeyServer, keys: TargetKeys, clock: Clock
) -> None:
    for minutes, asked in ((0, 1), (4.9, 1), (0.2, 2)):
        clock.turn(minutes=minutes)
        keys.keys(server.jwks_uri, "one")
        assert len(server.asked) == asked


def test_an_unknown_key_is_asked_for_once_a_minute_however_often_it_is_named(
    server: KeyServer, keys: TargetKeys, clock: Clock
) -> None:
    keys.keys(server.jwks_uri, "one")
    clock.turn(minutes=1)
    server.keys = [ONE, TWO]
    assert kids(keys.keys(server.jwks_uri, "two")) == ["one", "two"]
    for number in range(50):
        keys.keys(server.jwks_uri, f"three-{number}")
    assert len(server.asked) == 2


def test_a_key_that_was_taken_out_is_gone_within_five_minutes(
    server: KeyServer, keys: TargetKeys, clock: Clock
) -> None:
    server.keys = [ONE, TWO]
    keys.keys(server.jwks_uri, "one")
    server.keys = [TWO]
    clock.turn(minutes=5)
    assert kids(keys.keys(server.jwks_uri, "one")) == ["two"]


def test_the_last_good_keys_stand_while_the_address_fails(server: KeyServer, keys: TargetKeys, clock: Clock) -> None:
    keys.keys(server.jwks_uri, "one")
    server.says = Says(b"", 500)
    for _ in range(3):
        clock.turn(minutes=6)
        assert kids(keys.keys(server.jwks_uri, "one")) == ["one"]
    assert len(server.asked) == 4


def test_an_address_that_has_never_answered_is_left_alone_for_ten_seconds(
    server: KeyServer, keys: TargetKeys, clock: Clock
) -> None:
    server.says = Says(b"", 503)
    for seconds, asked in ((0, 1), (0, 1), (9, 1), (2, 2)):
        clock.turn(seconds=seconds)
        _refused(keys, server.jwks_uri)
        assert len(server.asked) == asked


def test_many_at_once_ask_once(server: KeyServer, keys: TargetKeys) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: keys.keys(server.jwks_uri, "one"), range(16)))
    assert [kids(answer) for answer in answers] == [["one"]] * 16
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "says",
    [
        pytest.param(Says(b"", 302, {"Location": "/jwks2"}), id="a redirect"),
        pytest.param(Says({"keys": []}, 203), id="another status"),
        pytest.param(Says(b"{"), id="no JSON"),
        pytest.param(Says([]), id="a list"),
        pytest.param(Says({"keys": {}}), id="keys that are no list"),
        pytest.param(Says({}), id="no keys"),
        pytest.param(Says(b'{"keys": [], "keys": []}'), id="a name twice"),
        pytest.param(Says({"keys": [ONE] * 21}), id="21 keys"),
        pytest.param(Says({"keys": [ONE], "x": "y" * 65_536}), id="more than 64 kB"),
        pytest.param(Says(b"[" * 40_000), id="depth"),
    ],
)
def test_what_is_no_key_set_brings_nobody_in(server: KeyServer, keys: TargetKeys, says: Says) -> None:
    server.says = says
    _refused(keys, server.jwks_uri)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "unfit",
    [
        pytest.param(ONE | {"kid": None}, id="kid is null"),
        pytest.param({name: value for name, value in ONE.items() if name != "kid"}, id="no kid"),
        pytest.param(ONE | {"kid": ["one"]}, id="kid is a list"),
        pytest.param(ONE | {"kid": "x" * 101}, id="kid is long"),
        pytest.param(ONE | {"use": "enc"}, id="for encryption"),
        pytest.param(ONE | {"key_ops": ["encrypt"]}, id="not to verify"),
        pytest.param(ONE | {"key_ops": 7}, id="key_ops is a number"),
        pytest.param(dict(ec("one").private), id="private"),
        pytest.param({"kty": "oct", "k": "AAAA", "kid": "one"}, id="a secret"),
        pytest.param(ONE | {"kty": "OKP"}, id="another kind"),
        pytest.param(ONE | {"alg": "RS256"}, id="an algorithm that nobody may have"),
        pytest.param(ONE | {"alg": ["ES256"]}, id="alg is a list"),
        pytest.param("one", id="text"),
        pytest.param(None, id="null"),
    ],
)
def test_a_key_that_is_not_for_signatures_is_left_out(server: KeyServer, keys: TargetKeys, unfit: Any) -> None:
    server.keys = [unfit, TWO]
    assert kids(keys.keys(server.jwks_uri, "two")) == ["two"]


def test_what_else_a_key_says_of_itself_is_no_matter(server: KeyServer, keys: TargetKeys) -> None:
    server.keys = [rsa("three", "RS384").public | {"x5c": ["MII="], "key_ops": ["verify"]}]
    assert kids(keys.keys(server.jwks_uri, "three")) == ["three"]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["10.0.0.1"],
        ["172.16.0.1"],
        ["192.168.1.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["0.0.0.0"],  # noqa: S104  an address like any other here
        ["224.0.0.1"],
        ["255.255.255.255"],
        ["fc00::1"],
        ["fd12:3456::1"],
        ["fe80::1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        ["::"],
        [PUBLIC, "127.0.0.1"],
        ["2606:4700::1111", "10.0.0.1"],
    ],
)
def test_a_name_that_leads_to_us_or_our_neighbours_is_not_followed(
    server: KeyServer, clock: Clock, addresses: list[str]
) -> None:
    server.names[NAME] = addresses
    with outbound() as heard:
        _refused(TargetKeys(clock, [], server.resolve), server.jwks_uri)
    assert heard == set()


@pytest.mark.parametrize(
    "jwks_uri",
    [
        "http://{name}:{port}/jwks",
        "ftp://{name}:{port}/jwks",
        "gopher://{name}:{port}/jwks",
        "file:///etc/passwd",
        "https://user@{name}:{port}/jwks",
        "https://{name}:{port}@127.0.0.1/jwks",
        "https://{name}\\@127.0.0.1:{port}/jwks",
        "https://0x7f000001:{port}/jwks",
        "https://2130706433:{port}/jwks",
        "https://127.1:{port}/jwks",
        "https://127.0.0.1:{port}/jwks",
        "https://[::1]:{port}/jwks",
        "https://localhost:{port}/jwks",
        "",
    ],
)
def test_another_spelling_of_an_address_is_not_asked(clock: Clock, jwks_uri: str) -> None:
    """Where a name is looked up, this system's own resolver does it."""
    touched: list[int] = []
    with raw_server(lambda _: touched.append(1)) as origin:
        port = origin.rpartition(":")[2]
        _refused(TargetKeys(clock, [f"https://{NAME}:{port}"]), jwks_uri.format(name=NAME, port=port))
    assert touched == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the guard leaves a socket behind
def test_a_name_that_leads_elsewhere_a_moment_later_leads_nowhere(server: KeyServer, clock: Clock) -> None:
    """DNS rebinding: what was checked is what is connected to, and the name is not looked up again."""
    answers = [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]
    keys = TargetKeys(clock, [], lambda _host, _port: answers.pop(0))
    # The tests' own guard ends the attempt to connect, and says to where.
    with pytest.raises(pytest.fail.Exception, match=PUBLIC):
        keys.keys(server.jwks_uri, None)
    gc.collect()
    assert (len(answers), server.asked) == (2, [])


def test_a_name_is_verified_though_an_address_is_connected_to(
    server: KeyServer, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"https://other.test:{server.port}"
    server.names["other.test"] = ["127.0.0.1"]
    _refused(TargetKeys(clock, [other], server.resolve), f"{other}/jwks")
    (tmp_path / "strange").mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority(tmp_path / "strange", NAME).authority))
    _refused(TargetKeys(clock, [server.origin], server.resolve), server.jwks_uri)
    assert server.asked == []


def test_a_redirect_is_not_followed_wherever_it_leads(server: KeyServer, keys: TargetKeys) -> None:
    with trap() as elsewhere:
        server.says = Says(b"", 307, {"Location": f"{elsewhere}/jwks"})
        _refused(keys, server.jwks_uri)


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_a_server_that_drips_is_left_after_three_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock, before: bytes
) -> None:
    with dripping(tmp_path, monkeypatch, before) as server:
        began = time.monotonic()
        _refused(TargetKeys(clock, [server.origin], server.resolve), server.jwks_uri)
        assert time.monotonic() - began < 4


def test_so_is_one_that_never_shakes_hands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    with silent(tmp_path, monkeypatch) as server:
        began = time.monotonic()
        _refused(TargetKeys(clock, [server.origin], server.resolve), server.jwks_uri)
        assert time.monotonic() - began < 3


def test_so_is_a_name_that_nobody_finds(server: KeyServer, clock: Clock) -> None:
    def slowly(host: str, port: int) -> list[str]:
        time.sleep(4)
        return server.resolve(host, port)

    began = time.monotonic()
    _refused(TargetKeys(clock, [server.origin], slowly), server.jwks_uri)
    assert time.monotonic() - began < 2


def test_what_went_wrong_stands_in_our_log_with_the_origin_and_in_no_answer(
    server: KeyServer, keys: TargetKeys, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    server.says = Says({"secret": "of-the-server"}, 418)
    _refused(keys, f"{server.jwks_uri}?secret=of-the-address")
    (line,) = caplog.messages
    assert line == f"a target's keys cannot be had: upstream_refused: {server.origin}: 418"


def test_one_address_that_fails_is_no_matter_to_another(server: KeyServer, clock: Clock) -> None:
    keys = TargetKeys(clock, [server.origin], server.resolve)
    _refused(keys, "https://away.test/jwks")
    assert kids(keys.keys(server.jwks_uri, "one")) == ["one"]
