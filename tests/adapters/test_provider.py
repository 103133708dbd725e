from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.issuer import Issuer, client_of, issuer
from support.keys import ec, rsa
from support.loopback import Asked, Says

from portal.errors import SignInError, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def helseid() -> Iterator[Issuer]:
    with issuer() as it:
        yield it


def down(_: Asked) -> Says:
    return Says(b"", 503)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        pytest.param({"issuer": "https://helseid-sts.evil"}, "issuer", id="another issuer"),
        pytest.param({"issuer": None}, "issuer", id="no issuer"),
        pytest.param({"token_endpoint": "https://evil.test/token"}, "token_endpoint", id="a foreign endpoint"),
        pytest.param({"jwks_uri": "http://[bad/jwks"}, "jwks_uri", id="no address"),
        pytest.param({"userinfo_endpoint": ["x"]}, "userinfo_endpoint", id="a list"),
        pytest.param({"pushed_authorization_request_endpoint": None}, "pushed_authorization", id="no PAR"),
    ],
)
def test_metadata_that_leads_elsewhere_is_refused(helseid: Issuer, change: dict[str, Any], detail: str) -> None:
    helseid.metadata |= change
    with pytest.raises(UpstreamError) as caught:
        client_of(helseid).metadata()
    assert caught.value.code == "upstream_malformed"
    assert detail in caught.value.detail


@pytest.mark.parametrize("body", [b"[]", b"<html>", b'{"issuer": "a", "issuer": "b"}'])
def test_metadata_that_is_no_object_is_refused(helseid: Issuer, body: bytes) -> None:
    helseid.overrides[DISCOVERY] = lambda _: Says(body)
    with pytest.raises(UpstreamError):
        client_of(helseid).metadata()


def test_metadata_is_asked_for_once_a_day(helseid: Issuer) -> None:
    client = client_of(helseid)
    for hours in (0, 12, 11):
        helseid.now += timedelta(hours=hours)
        assert client.metadata() == helseid.metadata
    assert len(helseid.asked_for(DISCOVERY)) == 1
    helseid.now += timedelta(hours=1)
    client.metadata()
    assert len(helseid.asked_for(DISCOVERY)) == 2


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(down, id="503"),
        pytest.param(lambda _: Says({"issuer": "https://helseid-sts.evil"}), id="H015 another issuer"),
        pytest.param(lambda _: Says(b"\xff"), id="no JSON"),
    ],
)
def test_the_last_good_metadata_stands_and_is_renewed_a_minute_later(helseid: Issuer, fault: Any) -> None:
    client = client_of(helseid)
    good = client.metadata()
    helseid.overrides[DISCOVERY] = fault
    helseid.now += timedelta(days=2)
    assert [client.metadata() for _ in range(3)] == [good] * 3
    assert len(helseid.asked_for(DISCOVERY)) == 2
    del helseid.overrides[DISCOVERY]
    helseid.metadata["new"] = True
    helseid.now += timedelta(minutes=1)
    assert client.metadata()["new"]


def test_nothing_is_remembered_of_a_first_failure(helseid: Issuer) -> None:
    client = client_of(helseid)
    helseid.overrides[DISCOVERY] = down
    with pytest.raises(UpstreamError):
        client.metadata()
    del helseid.overrides[DISCOVERY]
    assert client.metadata() == helseid.metadata


def test_a_new_key_is_found_by_its_name(helseid: Issuer) -> None:
    client = client_of(helseid)
    assert client.keys("rsa-1") == [rsa().public]
    helseid.keys = [rsa().public, rsa("rsa-2").public]
    helseid.now += timedelta(minutes=1)
    assert client.identify({"id_token": helseid.id_token("n", signer="rsa-2")}, "n")["sub"] == "s"


def test_a_flood_of_unknown_keys_is_one_question_a_minute(helseid: Issuer) -> None:
    client = client_of(helseid)
    client.keys()
    helseid.now += timedelta(minutes=1)

    def log_in(number: int) -> str:
        with pytest.raises(SignInError) as caught:
            client.identify({"id_token": helseid.id_token("n", signer=f"unknown-{number % 2}")}, "n")
        return caught.value.detail

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(log_in, range(40))) == {"kid"}
    assert len(helseid.asked_for("/jwks")) == 2


def test_a_withdrawn_key_is_forgotten_within_the_hour(helseid: Issuer) -> None:
    helseid.keys = [rsa().public, rsa("rsa-2").public]
    client = client_of(helseid)
    assert len(client.keys("rsa-2")) == 2
    helseid.keys = [rsa().public]
    helseid.now += timedelta(hours=1)
    assert client.keys("rsa-1") == [rsa().public]


def test_keys_stand_while_the_issuer_is_down(helseid: Issuer) -> None:
    client = client_of(helseid)
    good = client.keys()
    helseid.overrides["/jwks"] = down
    helseid.now += timedelta(days=3)
    assert client.keys("rsa-1") == client.keys("unknown") == good


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([], id="none"),
        pytest.param([rsa().public, rsa().public], id="one name for two"),
        pytest.param([{"kty": "RSA"}], id="no name"),
        pytest.param([rsa().public | {"use": "enc"}], id="for encryption"),
        pytest.param(["x"], id="a string"),
        pytest.param([rsa().public] * 51, id="51 keys"),
        pytest.param({"kty": "RSA"}, id="an object"),
    ],
)
def test_keys_that_cannot_be_used(helseid: Issuer, keys: Any) -> None:
    helseid.keys = keys
    with pytest.raises(UpstreamError) as caught:
        client_of(helseid).keys()
    assert caught.value.code == "upstream_malformed"


def test_keys_for_other_purposes_are_left_out(helseid: Issuer) -> None:
    helseid.keys = [rsa().public, ec("enc").public | {"use": "enc"}, {"kty": "oct"}]
    assert client_of(helseid).keys() == [rsa().public]
