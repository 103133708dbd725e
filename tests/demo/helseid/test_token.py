from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.helseid import ANNA
from support.raw_client import BACK, LOGIN, SCOPE, refusal

if TYPE_CHECKING:
    from support.helseid import Clock
    from support.raw_client import RawClient


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"code": "guess"}, "invalid_grant", id="a guess"),
        pytest.param({"code_verifier": "w" * 43}, "invalid_grant", id="another verifier"),
        pytest.param({"code_verifier": None}, "invalid_request", id="no verifier"),
        pytest.param({"redirect_uri": f"{BACK}?x"}, "invalid_grant", id="another redirect_uri"),
        pytest.param({"grant_type": "password"}, "unsupported_grant_type", id="another grant"),
        pytest.param({"grant_type": None}, "invalid_request", id="no grant type"),
        pytest.param({"resource": "kjernejournal"}, "invalid_target", id="a resource beyond the grant"),
        pytest.param({"scope": "openid kj/api"}, "invalid_scope", id="a scope beyond the grant"),
        pytest.param({"client_secret": "s"}, "invalid_client", id="a secret"),
    ],
)
def test_refuses(epj: RawClient, changes: dict[str, Any], error: str) -> None:
    assert refusal(epj.redeem(epj.code(ANNA.sub), **changes)) == error


def test_wants_its_nonce_and_a_new_assertion_and_leaves_the_code(epj: RawClient) -> None:
    code, once = epj.code(ANNA.sub), epj.assertion()
    first = epj.redeem(code, {"DPoP": epj.proof("/connect/token")}, client_assertion=once)
    assert (first.status_code, refusal(first)) == (400, "use_dpop_nonce")
    proof = {"DPoP": epj.proof("/connect/token", first.headers["DPoP-Nonce"])}
    assert refusal(epj.redeem(code, proof, client_assertion=once)) == "invalid_client"
    assert epj.redeem(code, proof).status_code == 200


def test_refuses_proofs_that_do_not_hold(epj: RawClient) -> None:
    code, nonce = epj.code(ANNA.sub), epj.nonce()
    used = {"DPoP": epj.proof("/connect/token", nonce)}
    epj.redeem("guess", used)
    assert refusal(epj.redeem(code, used)) == "invalid_dpop_proof"
    assert refusal(epj.redeem(code, {})) == "invalid_dpop_proof"
    assert refusal(epj.redeem(code, {"DPoP": epj.proof("/connect/par", nonce)})) == "invalid_dpop_proof"
    assert refusal(epj.redeem(code, {"DPoP": epj.proof("/connect/token", "guess")})) == "use_dpop_nonce"


def test_refuses_a_nonce_that_is_old(epj: RawClient, clock: Clock) -> None:
    nonce = epj.nonce()
    clock.ahead = timedelta(minutes=7)
    answer = epj.redeem(epj.code(ANNA.sub), {"DPoP": epj.proof("/connect/token", nonce)})
    assert refusal(answer) == "use_dpop_nonce"


def test_refuses_another_key_than_the_code_was_promised_to(epj: RawClient) -> None:
    code = epj.code(ANNA.sub, dpop_jkt="x" * 43)
    assert refusal(epj.redeem(code)) == "invalid_grant"


def test_refuses_a_code_again(epj: RawClient) -> None:
    code = epj.code(ANNA.sub)
    assert epj.redeem(code).status_code == 200
    assert refusal(epj.redeem(code)) == "invalid_grant"


def test_of_many_at_once_one_gets_tokens(epj: RawClient) -> None:
    code = epj.code(ANNA.sub)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: epj.redeem(code).status_code, range(8)))
    assert sorted(answers) == [200] + [400] * 7


def test_refuses_a_code_after_a_minute(epj: RawClient, clock: Clock) -> None:
    code = epj.code(ANNA.sub)
    clock.ahead = timedelta(seconds=61)
    assert refusal(epj.redeem(code)) == "invalid_grant"


def test_another_client_neither_gets_nor_burns_a_code(epj: RawClient, target: RawClient) -> None:
    code = epj.code(ANNA.sub)
    assert refusal(target.redeem(code)) == "invalid_grant"
    assert epj.redeem(code).status_code == 200


def test_a_refresh_narrows_to_one_audience(epj: RawClient) -> None:
    tokens = epj.redeem(epj.code(ANNA.sub, scope=f"{SCOPE} kj/api")).json()
    assert epj.read_access_token(tokens)["aud"] == ["inngangsportalen", "kjernejournal"]
    narrowed = epj.read_access_token(epj.refresh(tokens["refresh_token"], resource="kjernejournal").json())
    assert narrowed["aud"] == "kjernejournal"
    assert "inngangsportalen/context" not in narrowed["scope"]


def test_no_refresh_token_unless_asked_for(target: RawClient) -> None:
    tokens = target.redeem(target.code(ANNA.sub, scope=LOGIN)).json()
    assert "refresh_token" not in tokens
    assert "aud" not in target.read_access_token(tokens)
