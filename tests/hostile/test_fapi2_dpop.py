"""The authorization server modules of the FAPI 2.0 Security Profile's own test suite, by its names: keys and resources.

tests/hostile/test_fapi2_plan.py holds the whole list, and says which of them have no place here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from support.bodies import answered
from support.epj_server import sign_es256
from support.keys import ec, rsa, unsigned
from support.liar import MISSING
from support.raw_target import NOTHING, RawTarget

from portal.domain import dpop
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from support.gate import Gate
    from support.world import Profile

pytestmark = pytest.mark.hostile

TOKEN, PAR = "/oauth/token", "/oauth/par"
SCOPE = "openid fhirUser user/Practitioner.r"
Given = dict[str, Any]


@pytest.fixture(scope="module")
def profile() -> Profile:
    return "strict"


def _given(gate: Gate, target: RawTarget) -> Given:
    """A whole flow of either client; the first one's is about a launch."""
    if target is gate.target:
        return gate.given(scope=f"launch {SCOPE}")
    form = {name: value for name, value in target.asking(NOTHING, scope=SCOPE).items() if name not in {"launch", "aud"}}
    request_uri = target.post(PAR, target.proven(form)).json()["request_uri"]
    page = gate.authorize(request_uri, None, client_id=target.client_id)
    return dict(target.redeem(answered(page)["code"]).json())


def _path(target: RawTarget, given: Given) -> str:
    return f"/fhir/{target.read(given['id_token'])['fhirUser']}"


def _call(
    target: RawTarget, given: Given, *proofs: str, scheme: str = "DPoP", name: str = "DPoP", query: str = ""
) -> requests.Response:
    headers = {"Authorization": f"{scheme} {given['access_token']}"}
    headers |= {name: ", ".join(proofs)} if proofs else {}
    return requests.get(target.url(_path(target, given) + query), headers=headers, timeout=20)


def _proof(target: RawTarget, given: Given, header: dict[str, Any] | None = None, /, **claims: Any) -> str:
    right = {"method": "GET", "ath": s256(given["access_token"])}
    return target.proof(_path(target, given), header, **(right | claims))


def test_fapi2_security_profile_final_happy_flow(gate: Gate) -> None:
    flows = {target.client_id: (target, _given(gate, target)) for target in (gate.target, gate.other)}
    for client_id, (target, given) in flows.items():
        assert (given["token_type"], given["expires_in"]) == ("DPoP", 300)
        assert _call(target, given, _proof(target, given)).status_code == 200
        (stranger,) = (other for name, (other, _) in flows.items() if name != client_id)
        assert _call(target, given, _proof(target, given, key=stranger.key)).status_code == 401


@pytest.mark.parametrize("scheme", ["dpop", "DPOP", "dPoP"])
def test_fapi2_security_profile_final_access_token_type_header_case_sensitivity(gate: Gate, scheme: str) -> None:
    given = _given(gate, gate.target)
    assert _call(gate.target, given, _proof(gate.target, given), scheme=scheme).status_code == 200


def test_fapi2_security_profile_final_check_dpop_proof_nbf_exp(gate: Gate) -> None:
    at = int(gate.world.clock().timestamp())
    times: dict[str, Any] = {"nbf": at, "exp": at + 60}
    answer = gate.target.redeem(gate.code(scope=f"launch {SCOPE}"), {"DPoP": gate.target.proof(TOKEN, **times)})
    given = answer.json()
    assert _call(gate.target, given, _proof(gate.target, given, **times)).status_code == 200


def _ten_seconds_off(gate: Gate, seconds: int) -> None:
    def at() -> int:
        return int(gate.world.clock().timestamp()) + seconds

    handle = gate.handle()
    request_uri = gate.target.pushed(handle, {"DPoP": gate.target.proof(PAR, iat=at())}, scope=f"launch {SCOPE}")
    code = answered(gate.authorize(request_uri))["code"]
    given = gate.target.redeem(code, {"DPoP": gate.target.proof(TOKEN, iat=at())}).json()
    assert _call(gate.target, given, _proof(gate.target, given, iat=at())).status_code == 200


def test_fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_before_succeeds(gate: Gate) -> None:
    _ten_seconds_off(gate, -10)


def test_fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_after_succeeds(gate: Gate) -> None:
    _ten_seconds_off(gate, 10)


def test_fapi2_security_profile_final_ensure_mismatched_dpop_jkt_fails(gate: Gate) -> None:
    stranger = dpop.thumbprint(ec("thief").public)
    answer = gate.target.par(NOTHING, {"DPoP": gate.target.proof(PAR)}, dpop_jkt=stranger)
    gate.refused(answer, 400, "invalid_dpop_proof")


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(gate: Gate) -> None:
    code = gate.code({"DPoP": gate.target.proof(PAR)})
    gate.refused(gate.target.redeem(code, {"DPoP": gate.target.proof(TOKEN, key=ec("thief"))}), 400, "invalid_grant")


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(gate: Gate) -> None:
    code = gate.code(dpop_jkt=dpop.thumbprint(ec("thief").public))
    gate.refused(gate.target.redeem(code), 400, "invalid_grant")


def test_fapi2_security_profile_final_ensure_dpopproof_at_par_endpoint_binding_success(gate: Gate) -> None:
    assert gate.target.redeem(gate.code({"DPoP": gate.target.proof(PAR)})).status_code == 200


def test_fapi2_security_profile_final_ensure_dpop_auth_code_binding_success(gate: Gate) -> None:
    jkt = dpop.thumbprint(gate.target.key.public)
    assert gate.target.redeem(gate.code({"DPoP": gate.target.proof(PAR)}, dpop_jkt=jkt)).status_code == 200


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "typ missing": ({"typ": MISSING}, {}),
    "typ invalid": ({"typ": "JWT"}, {}),
    "jwk missing": ({"jwk": MISSING}, {}),
    "jwk private": ({"jwk": {**dpop.public_members(ec("demo-melding").public), "d": "x" * 43}}, {}),
    "jti missing": ({}, {"jti": MISSING}),
    "htm missing": ({}, {"htm": MISSING}),
    "htm PUT": ({}, {"htm": "PUT"}),
    "htu missing": ({}, {"htu": MISSING}),
    "htu another": ({}, {"htu": "https://www.example.com/"}),
    "iat missing": ({}, {"iat": MISSING}),
    "ath missing": ({}, {"ath": MISSING}),
    "ath incorrect": ({}, {"ath": s256(NOTHING)}),
    "another key": ({}, {"key": ec("thief")}),
    "RS256": ({}, {"key": rsa("dpop", "RS256")}),
}


@pytest.mark.parametrize(("header", "claims"), WRONG.values(), ids=list(WRONG))
def test_fapi2_security_profile_final_dpop_negative_tests(
    gate: Gate, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    given = _given(gate, gate.target)
    assert _call(gate.target, given, _proof(gate.target, given, header, **claims)).status_code == 401
    assert _call(gate.target, given, _proof(gate.target, given)).status_code == 200, "the token is as good as it was"


@pytest.mark.parametrize("seconds", [-3_600, 3_600])
def test_fapi2_security_profile_final_dpop_negative_tests_of_time(gate: Gate, seconds: int) -> None:
    given, at = _given(gate, gate.target), int(gate.world.clock().timestamp())
    assert _call(gate.target, given, _proof(gate.target, given, iat=at + seconds)).status_code == 401


def test_fapi2_security_profile_final_dpop_negative_tests_of_form(gate: Gate) -> None:
    target, given = gate.target, _given(gate, gate.target)
    right = _proof(target, given)
    claims = {"htm": "GET", "htu": target.url(_path(target, given)), "ath": s256(given["access_token"]), "jti": "j"}
    header = {"typ": "dpop+jwt", "jwk": dpop.public_members(target.key.public)}
    assert _call(target, given, right, _proof(target, given)).status_code == 401, "two proofs"
    assert _call(target, given, right.replace(".", "", 1)).status_code == 401, "not well-formed"
    assert _call(target, given, sign_es256(header, claims, "demo-melding")).status_code == 401, "no alg"
    assert _call(target, given, unsigned(header | {"alg": "none"}, claims)).status_code == 401, "alg none"
    assert _call(target, given, f"{right.rpartition('.')[0]}.{'A' * 86}").status_code == 401, "no signature of the key"
    assert _call(target, given).status_code == 401, "no proof"
    assert _call(target, given, scheme="Bearer").status_code == 401, "no proof, as bearer"
    assert _call(target, given, right).status_code == 200
    assert _call(target, given, right).status_code == 401, "the second use of a jti"


def test_fapi2_security_profile_final_dpop_negative_tests_that_hold(gate: Gate) -> None:
    """What a server must bear with: another spelling of the address, and what it does not know."""
    target, given = gate.target, _given(gate, gate.target)
    url = target.url(_path(target, given))
    for htu in (f"{url}?a=b#c", url, url.replace("http://", "HTTP://")):
        assert _call(target, given, _proof(target, given, htu=htu), query="?x=y").status_code == 200, htu
    assert _call(target, given, _proof(target, given), name="DPOP").status_code == 200
    assert _call(target, given, _proof(target, given, {"x": "y"}, z=1)).status_code == 200
