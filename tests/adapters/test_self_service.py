from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from support.issuer import Issuer, client_of, issuer
from support.keys import ec, rsa
from support.loopback import Says

from portal.adapters import self_service
from portal.adapters.client_keys import one_key
from portal.domain import dpop, jose
from portal.domain.client_key import public_half
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.keys import Pair

PATH = "/v1/client-secret"
NEW = public_half(ec("new").private)


@pytest.fixture
def helseid() -> Iterator[Issuer]:
    with issuer() as it:
        yield it


def register(helseid: Issuer, public: dict[str, Any] = NEW) -> datetime | None:
    return self_service.register(client_of(helseid), helseid.origin + PATH, public)


@pytest.mark.parametrize("new", [ec("new"), rsa("new", "PS256", 4096)], ids=["EC", "RSA"])
@pytest.mark.parametrize("old", [ec(), rsa("old", "PS256", 4096)], ids=["by EC", "by RSA"])
def test_the_public_half_is_registered_by_a_key_that_is_there(helseid: Issuer, old: Pair, new: Pair) -> None:
    helseid.client_keys = [old.public]
    client, public = client_of(helseid, keys=one_key(old.private)), public_half(new.private)
    self_service.register(client, helseid.origin + PATH, public)
    (asked,) = helseid.asked_for(PATH)
    assert asked.method == "POST"
    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.body) == public
    assert new.private["d"].encode() not in asked.body
    client_of(helseid, keys=one_key(new.private)).begin({"scope": "openid"})


def test_the_token_is_for_selvbetjening_and_shown_with_a_proof(helseid: Issuer) -> None:
    register(helseid)
    form = helseid.asked_for("/connect/token")[1].form
    assert (form["grant_type"], form["scope"]) == ("client_credentials", "nhn:selvbetjening/client")
    (asked,) = helseid.asked_for(PATH)
    assert asked.headers["authorization"] == "DPoP at-1"
    assert dpop.thumbprint(jose.peek(asked.headers["dpop"]).header["jwk"]) == dpop.thumbprint(ec().public)


@pytest.mark.parametrize(
    ("said", "expires_at"),
    [
        ("2027-11-20T12:00:00.1234567+00:00", datetime(2027, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2027-11-20T13:00:00+01:00", datetime(2027, 11, 20, 12, 0, tzinfo=UTC)),
        ("2027-11-20T12:00:00Z", datetime(2027, 11, 20, 12, 0, tzinfo=UTC)),
        ("2027-11-20T12:00:00", datetime(2027, 11, 20, 12, 0, tzinfo=UTC)),
        ("soon", None),
        (7, None),
        (None, None),
    ],
)
def test_a_key_is_registered_whatever_is_said_of_its_expiry(
    helseid: Issuer, said: Any, expires_at: datetime | None
) -> None:
    helseid.overrides[PATH] = lambda _: Says({"expiration": said}, 201)
    assert register(helseid) == expires_at


@pytest.mark.parametrize(
    ("says", "detail"),
    [
        (Says({"title": "Forbidden", "detail": "kid 15849197352"}, 403), "client-secret: 403"),
        (Says(b"", 503), "client-secret: 503"),
        (Says(b"<html>"), "the body is not JSON"),
        (Says([]), "client-secret"),
    ],
)
def test_a_refusal_is_told_without_what_they_wrote(helseid: Issuer, says: Says, detail: str) -> None:
    helseid.overrides[PATH] = lambda _: says
    with pytest.raises(UpstreamError) as caught:
        register(helseid)
    assert caught.value.detail == detail


def test_a_server_that_wants_its_nonce_is_asked_once_more(helseid: Issuer) -> None:
    wants = Says(b"", 401, {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": "theirs"})
    helseid.overrides[PATH] = lambda asked: (
        Says({"expiration": "2027-11-20T12:00:00Z"})
        if jose.peek(asked.headers["dpop"]).claims.get("nonce") == "theirs"
        else wants
    )
    assert register(helseid) is not None
    first, second = (jose.peek(asked.headers["dpop"]).claims["jti"] for asked in helseid.asked_for(PATH))
    assert first != second


def test_nothing_is_posted_when_there_is_no_token(helseid: Issuer) -> None:
    helseid.client_keys = []
    with pytest.raises(UpstreamError) as caught:
        register(helseid)
    assert caught.value.detail == "token: invalid_client"
    assert helseid.asked_for(PATH) == []
