"""facts/security §4.3, H097 to H104: a proof is good once, for one request, by a key that its bearer holds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.epj_server import sign_es256
from support.forge import weak_key
from support.keys import ec, rsa, with_public_key_as_secret
from support.liar import MISSING
from support.raw_target import NOTHING

from portal.domain import dpop

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile

TOKEN = "/oauth/token"


def test_H097_a_proof_is_good_once(gate: Gate) -> None:
    first, second = gate.code(), gate.code()
    proof = {"DPoP": gate.target.proof(TOKEN)}
    assert gate.target.redeem(first, proof).status_code == 200
    gate.forget()
    gate.refused(gate.target.redeem(second, proof), 400, "invalid_dpop_proof")
    assert gate.target.redeem(second).status_code == 200, "nothing was spent"


def test_H097_a_proof_of_a_push_is_none_at_the_token_endpoint(gate: Gate) -> None:
    pushed, code = gate.target.proof("/oauth/par"), gate.code()
    assert gate.target.par(NOTHING, {"DPoP": pushed}).status_code == 201
    unused = gate.target.proof("/oauth/par")
    for proof in (pushed, unused):
        gate.forget()
        gate.refused(gate.target.redeem(code, {"DPoP": proof}), 400, "invalid_dpop_proof")
    assert gate.target.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"htm": "GET"},
        {"htm": "post"},
        {"htu": "https://evil.example/oauth/token"},
        {"htu": MISSING},
        {"jti": MISSING},
        {"iat": MISSING},
        {"iat": 0},
        {"nonce": "of-nobody"},
        {"nonce": ""},
        {"exp": 1},
    ],
)
@pytest.mark.parametrize("endpoint", ["/oauth/par", TOKEN])
def test_H098_a_proof_of_another_request(gate: Gate, endpoint: str, claims: dict[str, Any]) -> None:
    proof = {"DPoP": gate.target.proof(endpoint, **claims)}
    error = "use_dpop_nonce" if claims.get("nonce") else "invalid_dpop_proof"
    code = gate.code()
    gate.forget()
    answer = gate.target.redeem(code, proof) if endpoint == TOKEN else gate.target.par(NOTHING, proof)
    gate.refused(answer, 400, error)
    assert gate.target.redeem(code).status_code == 200


@pytest.mark.parametrize("seconds", [-13, 13])
def test_H098_a_proof_of_another_time(gate: Gate, seconds: int) -> None:
    at = int(gate.world.clock().timestamp())
    proof = gate.target.proof("/oauth/par", iat=at + seconds)
    gate.refused(gate.target.par(NOTHING, {"DPoP": proof}), 400, "invalid_dpop_proof")


def test_H098_a_nonce_of_ours_is_good_for_some_minutes(gate: Gate) -> None:
    nonce = gate.target.par(NOTHING).headers["DPoP-Nonce"]
    assert gate.target.par(NOTHING, {"DPoP": gate.target.proof("/oauth/par", nonce=nonce)}).status_code == 201
    gate.world.clock.ahead += timedelta(minutes=7)
    gate.forget()
    stale = gate.target.par(NOTHING, {"DPoP": gate.target.proof("/oauth/par", nonce=nonce)})
    assert stale.headers["DPoP-Nonce"] not in {nonce, ""}
    gate.refused(stale, 400, "use_dpop_nonce")


def test_H098_a_code_that_was_bound_when_it_was_asked_for(gate: Gate) -> None:
    thief = ec("thief")
    by_proof = gate.code({"DPoP": gate.target.proof("/oauth/par")})
    by_name = gate.code(dpop_jkt=dpop.thumbprint(gate.target.key.public))
    for code in (by_proof, by_name):
        gate.forget()
        gate.refused(gate.target.redeem(code, {"DPoP": gate.target.proof(TOKEN, key=thief)}), 400, "invalid_grant")
    gate.forget()
    both = gate.target.par(NOTHING, {"DPoP": gate.target.proof("/oauth/par")}, dpop_jkt=NOTHING)
    gate.refused(both, 400, "invalid_dpop_proof")


def test_H098_a_code_that_was_bound_is_not_redeemed_as_bearer(gate: Gate) -> None:
    code = gate.code({"DPoP": gate.target.proof("/oauth/par")})
    gate.forget()
    strict = gate.world.profile == "strict"
    gate.refused(gate.target.redeem(code, {}), 400, "invalid_dpop_proof" if strict else "invalid_grant")


@pytest.mark.parametrize("alg", ["PS256", "RS256"])
def test_H103_a_proof_by_an_RSA_key_of_more_than_512_bytes(gate: Gate, alg: str) -> None:
    key = rsa("dpop", alg, 3072)
    proof = gate.target.proof(TOKEN, key=key)
    assert len(proof) > 1_024
    answer = gate.target.redeem(gate.code(), {"DPoP": proof})
    if alg == "RS256" and gate.world.profile == "strict":  # FAPI 2.0 §5.4
        gate.refused(answer, 400, "invalid_dpop_proof")
    else:
        assert answer.json()["token_type"] == "DPoP", answer.text


@pytest.mark.parametrize("alg", ["ES384", "PS512", "RS384"])
def test_H104_an_algorithm_that_FAPI_does_not_have(gate: Gate, alg: str) -> None:
    key = ec("dpop", "P-384", "ES384") if alg == "ES384" else rsa("dpop", alg)
    answer = gate.target.redeem(gate.code(), {"DPoP": gate.target.proof(TOKEN, key=key)})
    if gate.world.profile == "strict":
        gate.refused(answer, 400, "invalid_dpop_proof")
    else:
        assert answer.status_code == 200


def test_H104_a_key_that_is_no_key_of_ones_own(gate: Gate) -> None:
    private, public = gate.target.key.private, dpop.public_members(gate.target.key.public)
    at = int(gate.world.clock().timestamp())
    claims = {"jti": "j", "htm": "POST", "htu": gate.target.url(TOKEN), "iat": at}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": public}
    code = gate.code()
    weak = weak_key(1024).public_key().public_numbers()
    proofs = [
        sign_es256(header | {"jwk": public | {"d": private["d"]}}, claims, "demo-melding"),
        sign_es256(header, claims, "thief"),
        sign_es256(header | {"jwk": {"kty": "oct", "k": "AAAA"}}, claims),
        sign_es256(header | {"jwk": {"kty": "RSA", "n": format(weak.n, "x"), "e": "AQAB"}}, claims),
        sign_es256({"typ": "dpop+jwt", "alg": "ES256"}, claims, "demo-melding"),
        sign_es256(header | {"typ": "JWT"}, claims, "demo-melding"),
        sign_es256(header | {"alg": "none"}, claims, "demo-melding"),
        with_public_key_as_secret(header, claims, public),
        "x" * 9_000,
        "",
        "a.b.c",
    ]
    for proof in proofs:
        gate.forget()
        gate.refused(gate.target.redeem(code, {"DPoP": proof}), 400, "invalid_dpop_proof")
    assert gate.target.redeem(code).status_code == 200, "nothing was spent"
