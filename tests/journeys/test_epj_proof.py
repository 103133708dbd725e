"""The EPJ's server proves each request: DPoP and nothing else, one proof, once, with a living nonce."""

from __future__ import annotations

import json
import secrets
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from support.helseid import ANNA
from support.keys import ec

from portal.domain import dpop

if TYPE_CHECKING:
    from support.world import World

    from portal.adapters.http import Answer


def test_a_bearer_token_is_refused(world: World) -> None:
    token = world.epj_token(ANNA)
    answer = world.call("POST", "/api/session/create", token, {}, Authorization=f"Bearer {token}")
    assert (answer.status, answer.json()["code"]) == (401, "invalid_token")


def test_a_proof_is_good_once(world: World) -> None:
    token, url = world.epj_token(ANNA), f"{world.origin}/api/session/create"
    proof = dpop.make_proof(
        ec("epj").private, "POST", url, world.clock(), "jti-1234567890123456789012", access_token=token
    )
    assert world.call("POST", "/api/session/create", token, {}, DPoP=proof).status == 422
    again = world.call("POST", "/api/session/create", token, {}, DPoP=proof)
    assert (again.status, again.json()["code"]) == (401, "invalid_dpop_proof")


@pytest.mark.parametrize("count", [0, 2])
def test_a_request_has_one_proof_and_no_more(world: World, count: int) -> None:
    token, url, where = world.epj_token(ANNA), f"{world.origin}/api/session/create", urlsplit(world.origin)
    connection = HTTPConnection(where.hostname or "", where.port)
    connection.putrequest("POST", "/api/session/create")
    sent = [("Authorization", f"DPoP {token}"), ("X-SOURCE-SYSTEM", "EksempelEPJ 1.0"), ("Content-Length", "2")]
    for _ in range(count):
        jti = secrets.token_urlsafe(16)
        proof = dpop.make_proof(ec("epj").private, "POST", url, world.clock(), jti, access_token=token)
        sent.append(("DPoP", proof))
    for header in sent:
        connection.putheader(*header)
    connection.endheaders(b"{}")
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (401, "invalid_dpop_proof")
    connection.close()


def test_a_nonce_is_offered_and_a_wrong_one_is_refused(world: World) -> None:
    token, url = world.epj_token(ANNA), f"{world.origin}/api/session/create"

    def call(nonce: str) -> Answer:
        proof = dpop.make_proof(
            ec("epj").private, "POST", url, world.clock(), secrets.token_urlsafe(16), nonce=nonce, access_token=token
        )
        return world.call("POST", "/api/session/create", token, {}, DPoP=proof)

    refused = call("made-up")
    assert (refused.status, refused.json()["code"]) == (401, "use_dpop_nonce")
    assert "use_dpop_nonce" in refused.headers["www-authenticate"]
    assert call(refused.headers["dpop-nonce"]).status == 422
