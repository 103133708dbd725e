"""The plan "FAPI 2.0 Security Profile, final: authorization server" of the OpenID Foundation's test suite, module by module.

Each stands in test_fapi2_{requests,tokens,dpop}.py under the suite's own name, for private_key_jwt, DPoP and plain FAPI.
These do not, and here is why:

| modules | why |
|---|---|
| ensure-request-object-…, ensure-signed-request-object-…, ensure-expired-request-object-…, ensure-matching-key-in-authorization-request, ensure-unsigned-request-at-par-endpoint-fails, par-…-containing-request_uri (in a request object) | Message Signing: we take no signed request objects (H086) |
| test-claims-parameter-identity-claims | `claims` is not supported, and not read (H086) |
| grant-management-… | we have no grant management |
| …-brazil-…, australia-connectid-…, cdr-…, ksa-…, cbuae-… | profiles of other countries |
| the mtls, client_attestation and client credentials variants | private_key_jwt and DPoP alone; no grant without a person |
| id_token_signing_alg_values_supported | PS256 or ES256 in FAPI, RS256 in SMART App Launch 2.2, which binds us: we are tested as plain OAuth |
"""  # noqa: E501  a table

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.hostile

PLAN = [
    "discovery-end-point-verification",
    "happy-flow",
    "user-rejects-authentication",
    "ensure-authorization-request-without-state-success",
    "ensure-authorization-request-without-nonce-success",
    "ensure-authorization-request-with-64-char-nonce-success",
    "ensure-other-scope-order-succeeds",
    "access-token-type-header-case-sensitivity",
    "check-dpop-proof-nbf-exp",
    "ensure-dpopproof-with-iat-10seconds-before-succeeds",
    "ensure-dpopproof-with-iat-10seconds-after-succeeds",
    "ensure-mismatched-dpop-jkt-fails",
    "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt",
    "ensure-token-endpoint-fails-with-mismatched-dpop-jkt",
    "ensure-dpopproof-at-par-endpoint-binding-success",
    "ensure-dpop-auth-code-binding-success",
    "ensure-different-nonce-inside-and-outside-request-object",
    "ensure-different-state-inside-and-outside-request-object",
    "ensure-authorization-request-with-long-nonce",
    "ensure-authorization-request-with-long-state",
    "state-only-outside-request-object-not-used",
    "ensure-request-object-without-redirect-uri-fails",
    "ensure-registered-redirect-uri",
    "plain-fapi-tolerate-unregistered-redirect-uri",
    "ensure-unsigned-authorization-request-without-using-par-fails",
    "ensure-redirect-uri-in-authorization-request",
    "ensure-response-type-code-idtoken-fails",
    "ensure-response-type-token-fails",
    "ensure-client-id-in-token-endpoint",
    "ensure-holder-of-key-required",
    "ensure-authorization-code-is-bound-to-client",
    "attempt-reuse-authorization-code-after-one-second",
    "ensure-token-endpoint-fails-with-expired-auth-code",
    "ensure-signed-client-assertion-with-RS256-fails",
    "ensure-client-assertion-in-token-endpoint",
    "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails",
    "ensure-client-assertion-with-wrong-aud-fails",
    "ensure-client-assertion-with-no-sub-fails",
    "ensure-invalid-client-assertions-fail",
    "dpop-negative-tests",
    "refresh-token",
    "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds",
    "par-attempt-reuse-request_uri",
    "par-attempt-to-use-expired-request_uri",
    "par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted",
    "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails",
    "par-attempt-to-use-request_uri-for-different-client",
    "par-authorization-request-containing-request_uri-form-param",
    "par-attempt-invalid-http-method",
    "par-ensure-pkce-required",
    "ensure-pkce-code-verifier-required",
    "incorrect-pkce-code-verifier-rejected",
    "par-plain-pkce-rejected",
    "par-without-duplicate-parameters",
    "par-test-array-as-audience-fails",
    "par-test-par-endpoint-url-as-audience-fails",
    "par-test-token-endpoint-url-as-audience-fails",
]


def test_every_module_of_the_plan_has_its_test() -> None:
    here = Path(__file__).parent
    written = "\n".join((here / f"test_fapi2_{part}.py").read_text() for part in ("requests", "tokens", "dpop"))
    there = set(re.findall(r"^(?:def )?test_fapi2_security_profile_final_(\w+)", written, re.MULTILINE))
    assert {module.replace("-", "_") for module in PLAN} - there == set()
    assert len(PLAN) == len(set(PLAN)) == 57
