"""The authorization server modules of the FAPI 2.0 Security Profile's own test suite, by its names: requests and PAR.

tests/hostile/test_fapi2_plan.py holds the whole list, and says which of them have no place here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from support.bodies import answered
from support.helseid import ANNA
from support.liar import MISSING
from support.raw_target import NOTHING

from portal.domain.assertion import ALGORITHMS

if TYPE_CHECKING:
    from support.gate import Gate
    from support.world import Profile

pytestmark = pytest.mark.hostile


@pytest.fixture(scope="module")
def profile() -> Profile:
    return "strict"


def test_fapi2_security_profile_final_discovery_end_point_verification(gate: Gate) -> None:
    for path in ("openid-configuration", "oauth-authorization-server"):
        said = requests.get(gate.target.url(f"/.well-known/{path}"), timeout=20).json()
        assert said["issuer"] == gate.world.origin
        assert set(ALGORITHMS) <= set(said["token_endpoint_auth_signing_alg_values_supported"])
        assert set(ALGORITHMS) <= set(said["dpop_signing_alg_values_supported"])
        assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
        assert said["code_challenge_methods_supported"] == ["S256"]
        assert said["response_types_supported"] == ["code"]
        assert said["authorization_response_iss_parameter_supported"] is True
        assert said["pushed_authorization_request_endpoint"] == gate.target.url("/oauth/par")
        assert "registration_endpoint" not in said
        keys = requests.get(said["jwks_uri"], timeout=20).json()["keys"]
        assert not [name for key in keys for name in key if name in {"d", "p", "q", "dp", "dq", "qi", "k"}]


def test_fapi2_security_profile_final_user_rejects_authentication(gate: Gate) -> None:
    request_uri, elsewhere = gate.target.pushed(gate.handle()), gate.world.browser()
    gate.world.log_in(elsewhere, ANNA)
    asked = gate.authorize(request_uri, elsewhere)
    left = elsewhere.step(elsewhere.pressed(asked, asked.form("/oauth/confirm"), declined=""))
    said = left.response.headers["Refresh"]
    assert said.startswith(f"0; url={gate.target.callback}?error=access_denied&")
    assert "state=opaque-state" in said
    assert "iss=http" in said


def test_fapi2_security_profile_final_ensure_authorization_request_without_state_success(gate: Gate) -> None:
    page = gate.authorize(gate.target.pushed(gate.handle(), state=MISSING))
    assert answered(page).keys() == {"code", "iss"}


def test_fapi2_security_profile_final_ensure_authorization_request_without_nonce_success(gate: Gate) -> None:
    given = gate.given(scope="openid launch", nonce=MISSING)
    assert "nonce" not in gate.target.read(given["id_token"])


def test_fapi2_security_profile_final_ensure_authorization_request_with_64_char_nonce_success(gate: Gate) -> None:
    given = gate.given(scope="openid launch", nonce="n" * 64)
    assert gate.target.read(given["id_token"])["nonce"] == "n" * 64


def test_fapi2_security_profile_final_ensure_authorization_request_with_long_nonce(gate: Gate) -> None:
    """384 characters come back whole, or are refused."""
    gate.refused(gate.target.par(NOTHING, nonce="n" * 384), 400, "invalid_request")


def test_fapi2_security_profile_final_ensure_authorization_request_with_long_state(gate: Gate) -> None:
    """1 000 characters come back whole."""
    page = gate.authorize(gate.target.pushed(gate.handle(), state="s" * 1_000))
    assert answered(page)["state"] == "s" * 1_000


def test_fapi2_security_profile_final_ensure_other_scope_order_succeeds(gate: Gate) -> None:
    scopes = ["openid", "launch", "fhirUser"]
    granted = {gate.given(scope=" ".join(order))["scope"] for order in (scopes, scopes[::-1])}
    assert granted == {"fhirUser launch openid"}


def test_fapi2_security_profile_final_ensure_different_nonce_inside_and_outside_request_object(gate: Gate) -> None:
    page = gate.authorize(gate.target.pushed(gate.handle(), scope="openid launch"), None, nonce="another")
    given = gate.target.redeem(answered(page)["code"]).json()
    assert gate.target.read(given["id_token"])["nonce"] == "the-nonce"


def test_fapi2_security_profile_final_ensure_different_state_inside_and_outside_request_object(gate: Gate) -> None:
    page = gate.authorize(gate.target.pushed(gate.handle()), None, state="another")
    assert answered(page)["state"] == "opaque-state"


def test_fapi2_security_profile_final_state_only_outside_request_object_not_used(gate: Gate) -> None:
    page = gate.authorize(gate.target.pushed(gate.handle(), state=MISSING), None, state="another")
    assert answered(page).keys() == {"code", "iss"}


@pytest.mark.parametrize("redirect_uri", [MISSING, ""])
def test_fapi2_security_profile_final_ensure_request_object_without_redirect_uri_fails(
    gate: Gate, redirect_uri: str
) -> None:
    gate.refused(gate.target.par(NOTHING, redirect_uri=redirect_uri), 400, "invalid_request")


test_fapi2_security_profile_final_ensure_redirect_uri_in_authorization_request = (
    test_fapi2_security_profile_final_ensure_request_object_without_redirect_uri_fails
)


def test_fapi2_security_profile_final_ensure_registered_redirect_uri(gate: Gate) -> None:
    unregistered = f"{gate.target.callback}/{NOTHING}"
    gate.refused(gate.target.par(NOTHING, redirect_uri=unregistered), 400, "invalid_request")


test_fapi2_security_profile_final_plain_fapi_tolerate_unregistered_redirect_uri = (
    test_fapi2_security_profile_final_ensure_registered_redirect_uri
)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_fapi2_security_profile_final_ensure_unsigned_authorization_request_without_using_par_fails(
    gate: Gate, method: str
) -> None:
    gate.sent_back(gate.ask(gate.target.asking(gate.handle()), method=method), "invalid_request")


def test_fapi2_security_profile_final_ensure_response_type_code_idtoken_fails(gate: Gate) -> None:
    gate.refused(gate.target.par(NOTHING, response_type="code id_token"), 400, "unsupported_response_type")


def test_fapi2_security_profile_final_ensure_response_type_token_fails(gate: Gate) -> None:
    gate.refused(gate.target.par(NOTHING, response_type="token"), 400, "unsupported_response_type")


def test_fapi2_security_profile_final_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(
    gate: Gate,
) -> None:
    request_uri, elsewhere = gate.target.pushed(gate.handle()), gate.world.browser()
    assert gate.authorize(request_uri, elsewhere).response.headers["Location"].startswith("/login?")
    assert "code" in answered(gate.authorize(request_uri))


def test_fapi2_security_profile_final_par_attempt_reuse_request_uri(gate: Gate) -> None:
    request_uri = gate.target.pushed(gate.handle())
    assert "code" in answered(gate.authorize(request_uri))
    gate.stopped(gate.authorize(request_uri), 400, "request_uri_unknown")


def test_fapi2_security_profile_final_par_attempt_to_use_expired_request_uri(gate: Gate) -> None:
    answer = gate.target.par(gate.handle()).json()
    assert answer["expires_in"] < 600
    gate.world.clock.ahead += timedelta(seconds=answer["expires_in"] + 1)
    gate.stopped(gate.authorize(answer["request_uri"]), 400, "request_uri_unknown")


def test_fapi2_security_profile_final_par_attempt_to_use_request_uri_for_different_client(gate: Gate) -> None:
    request_uri = gate.target.pushed(gate.handle())
    gate.stopped(gate.authorize(request_uri, None, client_id="demo-annen"), 400, "request_uri_unknown")


def test_fapi2_security_profile_final_par_authorization_request_containing_request_uri_form_param(gate: Gate) -> None:
    request_uri = gate.target.pushed(NOTHING)
    gate.refused(gate.target.par(NOTHING, request_uri=request_uri), 400, "invalid_request")


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE", "PATCH"])
def test_fapi2_security_profile_final_par_attempt_invalid_http_method(gate: Gate, method: str) -> None:
    form = gate.target.proven(gate.target.asking(NOTHING))
    assert requests.request(method, gate.target.url("/oauth/par"), data=form, timeout=20).status_code == 405


def test_fapi2_security_profile_final_par_ensure_pkce_required(gate: Gate) -> None:
    none = {"code_challenge": MISSING, "code_challenge_method": MISSING}
    gate.refused(gate.target.par(NOTHING, **none), 400, "invalid_request")


def test_fapi2_security_profile_final_par_plain_pkce_rejected(gate: Gate) -> None:
    plain = {"code_challenge": "v" * 43, "code_challenge_method": "plain"}
    gate.refused(gate.target.par(NOTHING, **plain), 400, "invalid_request")


def test_fapi2_security_profile_final_par_without_duplicate_parameters(gate: Gate) -> None:
    query = {"client_id": "demo-melding", "request_uri": gate.target.pushed(gate.handle())}
    assert answered(gate.ask(query)).keys() == {"code", "state", "iss"}
