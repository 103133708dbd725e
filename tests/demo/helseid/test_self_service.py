from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from support.helseid import running
from support.keys import ec, rsa
from support.raw_client import BACK, RawClient, refusal, registration

from portal.adapters.client_keys import one_key
from portal.adapters.http import Egress
from portal.adapters.openid import OpenIdClient
from portal.adapters.self_service import SCOPE
from portal.domain.client_key import public_half
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.helseid import Clock
    from support.keys import Pair

    from portal.demo.helseid.provider import Provider

PATH = "/v1/client-secret"
APIS = {"nhn:selvbetjening": (SCOPE,), "kjernejournal": ("kj/api",)}


@pytest.fixture(params=[False, True], ids=["keeps", "drops"])
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    with running(registration("epj", apis=APIS), registration("target"), drops_old_keys=request.param) as provider:
        yield provider


def ask(client: RawClient, body: Any, *, scope: str = SCOPE, prover: RawClient | None = None) -> requests.Response:
    """Register a key with a token of the client."""
    form = {"grant_type": "client_credentials", "scope": scope}
    token = client.token(form, None).json()["access_token"]
    proof = (prover or client).proof(PATH, token=token)
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof, "Content-Type": "application/json"}
    return requests.post(client.url(PATH), data=json.dumps(body), headers=headers, timeout=5)


def signs(provider: Provider, pair: Pair) -> bool:
    """Whether a request of the client by this key is accepted."""
    client = OpenIdClient(
        issuer=provider.issuer,
        client_id="epj",
        keys=one_key(pair.private),
        redirect_uri=BACK,
        egress=Egress({provider.issuer}),
        now=provider.now,
        token=lambda: secrets.token_urlsafe(32),
    )
    try:
        client.begin({"scope": "openid"})
    except UpstreamError as error:
        return error.detail != "par: invalid_client"
    return True


@pytest.mark.parametrize("new", [ec("new"), rsa("new", "PS256")], ids=["EC", "RSA"])
def test_a_new_key_signs_and_the_old_one_is_kept_or_dropped(provider: Provider, epj: RawClient, new: Pair) -> None:
    answer = ask(epj, public_half(new.private))
    assert datetime.fromisoformat(answer.json()["expiration"]) > provider.now()
    assert signs(provider, new)
    assert signs(provider, ec("epj")) is not provider.config.drops_old_keys


def test_the_same_key_again_changes_nothing(provider: Provider, epj: RawClient) -> None:
    for _ in range(2):
        assert ask(epj, ec("epj").public).ok
    assert [key["kid"] for key in provider.config.clients[0].jwks.keys] == ["epj"]


@pytest.mark.parametrize("body", [{}, [], "", ec("new").private, {"kty": "oct", "k": "AA", "kid": "new"}])
def test_what_is_no_public_key_is_refused(provider: Provider, epj: RawClient, body: Any) -> None:
    assert ask(epj, body).status_code == 400
    assert len(provider.config.clients[0].jwks.keys) == 1


def test_another_audience_another_proof_or_an_old_token_does_not_do(
    epj: RawClient, target: RawClient, clock: Clock
) -> None:
    new = public_half(ec("new").private)
    assert refusal(ask(epj, new, scope="kj/api")) == "invalid_token"
    assert refusal(ask(epj, new, prover=target)) == "invalid_dpop_proof"
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    token = epj.token(form, None).json()["access_token"]
    for scheme, seconds in (("Bearer", 0), ("DPoP", 601)):
        clock.ahead = timedelta(seconds=seconds)
        headers = {"Authorization": f"{scheme} {token}", "DPoP": epj.proof(PATH, token=token)}
        assert refusal(requests.post(epj.url(PATH), json=new, headers=headers, timeout=5)) == "invalid_token"
