from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from support.helseid import ANNA, CATO
from support.raw_client import refusal

from portal.domain import identity

if TYPE_CHECKING:
    from support.helseid import Clock
    from support.raw_client import RawClient


def ask(client: RawClient, authorization: str, **headers: str) -> requests.Response:
    sent = {"Authorization": authorization, **headers}
    return requests.get(client.url("/connect/userinfo"), headers=sent, timeout=5)


def test_takes_a_proof_by_the_right_key_once(epj: RawClient, target: RawClient) -> None:
    token = epj.redeem(epj.code(ANNA.sub)).json()["access_token"]
    own = epj.proof("/connect/userinfo", token=token, method="GET")
    stolen = target.proof("/connect/userinfo", token=token, method="GET")
    statuses = [ask(epj, f"DPoP {token}", DPoP=proof).status_code for proof in (own, own, stolen)]
    assert statuses == [200, 401, 401]
    assert ask(epj, f"DPoP {token}").headers["WWW-Authenticate"] == 'DPoP error="invalid_dpop_proof"'


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer a.b.c", "Basic eDp5"])
def test_refuses_what_is_no_access_token(epj: RawClient, authorization: str) -> None:
    assert refusal(ask(epj, authorization)) == "invalid_token"


def test_refuses_an_id_token_and_an_old_access_token(epj: RawClient, clock: Clock) -> None:
    tokens = epj.redeem(epj.code(ANNA.sub)).json()
    assert refusal(ask(epj, f"Bearer {tokens['id_token']}")) == "invalid_token"
    clock.ahead = timedelta(seconds=601)
    assert refusal(ask(epj, f"Bearer {tokens['access_token']}")) == "invalid_token"


def test_tells_nothing_of_hpr_to_those_who_did_not_ask(epj: RawClient) -> None:
    tokens = epj.redeem(epj.code(ANNA.sub, scope="openid profile")).json()
    assert ask(epj, f"Bearer {tokens['access_token']}").json().keys() == {"userinfo_issued_at", "sub"}


def test_knows_who_has_no_hpr_number(epj: RawClient) -> None:
    tokens = epj.redeem(epj.code(CATO.sub)).json()
    answer = ask(epj, f"Bearer {tokens['access_token']}").json()
    assert answer[identity.HPR_DETAILS] == {"approvals": [], "no_hpr_number": True}


def test_wants_a_token_that_is_for_openid(epj: RawClient) -> None:
    tokens = epj.redeem(epj.code(ANNA.sub), scope="profile").json()
    answer = ask(epj, f"Bearer {tokens['access_token']}")
    assert (answer.status_code, answer.json()) == (403, {"error": "insufficient_scope"})
