"""The authorization server modules of the FAPI 2.0 Security Profile's own test suite, by its names: client and token.

tests/hostile/test_fapi2_plan.py holds the whole list, and says which of them have no place here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.keys import ec, rsa, unsigned
from support.liar import MISSING
from support.raw_target import NOTHING

from portal.domain.client_registration import PublicKey

if TYPE_CHECKING:
    from support.gate import Gate
    from support.world import Profile

pytestmark = pytest.mark.hostile


@pytest.fixture(scope="module")
def profile() -> Profile:
    return "strict"


def _at(gate: Gate) -> int:
    return int(gate.world.clock().timestamp())


def test_fapi2_security_profile_final_ensure_client_id_in_token_endpoint(gate: Gate) -> None:
    """Another client's id with this client's key."""
    gate.refused(gate.target.redeem(gate.code(), client_id="demo-annen"), 401, "invalid_client")


def test_fapi2_security_profile_final_ensure_holder_of_key_required(gate: Gate) -> None:
    gate.refused(gate.target.redeem(gate.code(), {}), 400, "invalid_dpop_proof")


def test_fapi2_security_profile_final_ensure_authorization_code_is_bound_to_client(gate: Gate) -> None:
    gate.refused(gate.other.redeem(gate.code()), 400, "invalid_grant")


def test_fapi2_security_profile_final_attempt_reuse_authorization_code_after_one_second(gate: Gate) -> None:
    code = gate.code()
    given = gate.target.redeem(code).json()
    gate.world.clock.ahead += timedelta(seconds=1)
    gate.refused(gate.target.redeem(code), 400, "invalid_grant")
    assert gate.target.about("introspect", given["access_token"]).json() == {"active": False}


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_expired_auth_code(gate: Gate) -> None:
    code = gate.code()
    gate.world.clock.ahead += timedelta(seconds=62)
    gate.refused(gate.target.redeem(code), 400, "invalid_grant")


def test_fapi2_security_profile_final_ensure_signed_client_assertion_with_RS256_fails(gate: Gate) -> None:
    """With the very key that it is known by for PS256."""
    key = rsa("demo-rsa", "PS256")
    public = {name: value for name, value in key.public.items() if name != "use"}
    gate.world.change("demo-melding", keys=(PublicKey.model_validate(public),))
    assert gate.target.par(NOTHING, client_assertion=gate.target.assertion(key=key)).status_code == 201
    gate.is_nobody(gate.target.assertion({"alg": "RS256"}, key=key))


def test_fapi2_security_profile_final_ensure_client_assertion_in_token_endpoint(gate: Gate) -> None:
    none = {"client_assertion": MISSING, "client_assertion_type": MISSING}
    gate.refused(gate.target.redeem(gate.code(), **none), 401, "invalid_client")


def test_fapi2_security_profile_final_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(gate: Gate) -> None:
    gate.is_nobody(gate.target.assertion(exp=_at(gate) - 300))


def test_fapi2_security_profile_final_ensure_client_assertion_with_wrong_aud_fails(gate: Gate) -> None:
    gate.is_nobody(gate.target.assertion(aud="https://other1.example.com/invalid"))


def test_fapi2_security_profile_final_ensure_client_assertion_with_no_sub_fails(gate: Gate) -> None:
    gate.is_nobody(gate.target.assertion(sub=MISSING))


INVALID: dict[str, dict[str, Any]] = {
    "sub wrong": {"sub": "demo-melding1"},
    "iss missing": {"iss": MISSING},
    "iss wrong": {"iss": "demo-melding1"},
    "aud missing": {"aud": MISSING},
}


@pytest.mark.parametrize("claims", INVALID.values(), ids=list(INVALID))
def test_fapi2_security_profile_final_ensure_invalid_client_assertions_fail(gate: Gate, claims: dict[str, Any]) -> None:
    """The rest of its cases are modules of their own."""
    gate.is_nobody(gate.target.assertion(**claims))
    none = unsigned({"alg": "none", "kid": "demo-melding"}, gate.target.claims())
    signature = gate.target.assertion().rpartition(".")[0] + f".{'A' * 86}"
    gate.is_nobody(none, signature, gate.target.assertion({"kid": "demo-melding"}, key=ec("thief")))
    wrong = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:invalid"}
    gate.refused(gate.target.par(NOTHING, **wrong), 401, "invalid_client")
    gate.refused(gate.target.par(NOTHING, client_assertion_type=MISSING), 401, "invalid_client")
    gate.is_known()


def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(
    gate: Gate,
) -> None:
    gate.is_known(iat=_at(gate) + 8, nbf=_at(gate) + 8, exp=_at(gate) + 38)


def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(
    gate: Gate,
) -> None:
    at = _at(gate) + 65
    gate.is_nobody(gate.target.assertion(iat=at, nbf=at, exp=at + 30))


def test_fapi2_security_profile_final_par_test_array_as_audience_fails(gate: Gate) -> None:
    gate.is_nobody(gate.target.assertion(aud=[gate.world.origin, "https://other1.example.com/invalid"]))


def test_fapi2_security_profile_final_par_test_par_endpoint_url_as_audience_fails(gate: Gate) -> None:
    gate.is_nobody(gate.target.assertion(aud=gate.target.url("/oauth/par")))


def test_fapi2_security_profile_final_par_test_token_endpoint_url_as_audience_fails(gate: Gate) -> None:
    gate.is_nobody(gate.target.assertion(aud=gate.target.url("/oauth/token")))


def test_fapi2_security_profile_final_ensure_pkce_code_verifier_required(gate: Gate) -> None:
    gate.refused(gate.target.redeem(gate.code(), code_verifier=MISSING), 400, "invalid_grant")


def test_fapi2_security_profile_final_incorrect_pkce_code_verifier_rejected(gate: Gate) -> None:
    gate.refused(gate.target.redeem(gate.code(), code_verifier="w" * 43), 400, "invalid_grant")


def test_fapi2_security_profile_final_refresh_token(gate: Gate) -> None:
    """Where none is given the module has no more to ask; in classic, see test_launch_refresh.py."""
    assert "refresh_token" not in gate.given(scope="openid launch online_access offline_access")
    gate.forget()
    gate.refused(gate.target.refresh(NOTHING), 400, "unauthorized_client")
