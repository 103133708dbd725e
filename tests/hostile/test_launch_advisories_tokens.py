"""One test per advisory, at our own authorization server: how assertions, proofs and tokens may be written."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

import pytest
import requests
from support.epj_server import sign_es256
from support.forge import by_hand, encoded, public_jwk, weak_key
from support.keys import ec, signed, unsigned
from support.raw_target import NOTHING

from portal.domain import dpop

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile

HEADER = {"alg": "ES256", "kid": "demo-melding", "typ": "JWT"}


def _claims(gate: Gate) -> dict[str, Any]:
    return gate.target.claims()


def _by_secret(gate: Gate, secret: bytes) -> str:
    signing_input = f"{encoded(HEADER | {'alg': 'HS256'})}.{encoded(_claims(gate))}"
    return f"{signing_input}.{encoded(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def test_CVE_2024_37568_the_public_key_is_no_secret(gate: Gate) -> None:
    """Authlib (and CVE-2026-48526 in PyJWT): HMAC was tried with what everybody can read."""
    public = gate.target.key.public
    spellings = (json.dumps(public), json.dumps(dpop.public_members(public)), public["x"], public["kid"])
    gate.is_nobody(*(_by_secret(gate, spelling.encode()) for spelling in spellings))


@pytest.mark.parametrize("secret", [b"", b"\0", b"\0" * 32])
def test_CVE_2026_49852_an_empty_secret_signs_nothing(gate: Gate, secret: bytes) -> None:
    """joserfc: an HMAC key of no length verified."""
    gate.is_nobody(_by_secret(gate, secret))


@pytest.mark.parametrize("member", ["jwk", "jku", "x5c", "x5u", "x5t"])
def test_CVE_2026_27962_a_key_in_the_header_is_not_asked(gate: Gate, elsewhere: str, member: str) -> None:
    """Authlib: `jwk` was trusted when no key had been given."""
    thief = weak_key(2048)
    brought = {"jwk": public_jwk(thief, "demo-melding"), "x5c": ["MII="], "x5t": "x"}.get(member, f"{elsewhere}/jwks")
    gate.is_nobody(
        by_hand(HEADER | {"alg": "RS256", member: brought}, _claims(gate), thief),
        sign_es256(HEADER | {member: brought}, _claims(gate), "thief"),
        sign_es256({"alg": "ES256", "jwk": dpop.public_members(ec("thief").public)}, _claims(gate), "thief"),
    )


@pytest.mark.parametrize("enc", ["A128GCM", "A256CBC-HS512", None])
def test_CVE_2026_9793_encryption_hides_no_missing_signature(gate: Gate, enc: str | None) -> None:
    """Keycloak: what was encrypted did not need to be signed."""
    head = {"alg": "dir", "kid": "demo-melding", "cty": "JWT"} | ({"enc": enc} if enc else {})
    inner = encoded(_claims(gate))
    gate.is_nobody(f"{encoded(head)}..{inner}.{inner}.{inner}", unsigned(head, _claims(gate)))


def test_CVE_2026_96760_JSON_without_a_signature_is_no_assertion(gate: Gate) -> None:
    """The JSON forms of JWS, flattened and general, with and without signatures."""
    head, body, signature = gate.target.assertion().split(".")
    flat = {"payload": body, "protected": head, "signature": signature}
    general = {"payload": body, "signatures": [{"protected": head, "signature": signature}]}
    bare = {"payload": body, "signatures": []}
    gate.is_nobody(*map(json.dumps, (flat, general, bare, {"payload": body})))


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "jti"])
def test_CVE_2026_75509_a_list_with_the_right_value_is_not_the_value(gate: Gate, claim: str) -> None:
    """joserfc: `iss` as a list held where one member did."""
    value = _claims(gate)[claim]
    for wrapped in ([value], {value: True}, [value, "x"]):
        changes: dict[str, Any] = {claim: wrapped}
        gate.is_nobody(gate.target.assertion(**changes))


@pytest.mark.parametrize("extension", ["b64", "exp", "bork", "http://example.com/x", ""])
def test_CVE_2025_59420_an_extension_that_we_do_not_know_is_refused(gate: Gate, extension: str) -> None:
    """Authlib (and CVE-2026-32597 in PyJWT): `crit` was not looked at; in a proof neither."""
    unknown = {"crit": [extension], extension: False}
    gate.is_nobody(sign_es256(HEADER | unknown, _claims(gate), "demo-melding"))
    public, at = dpop.public_members(gate.target.key.public), int(gate.world.clock().timestamp())
    claims = {"jti": NOTHING, "htm": "POST", "htu": gate.target.url("/oauth/par"), "iat": at}
    proof = sign_es256({"typ": "dpop+jwt", "alg": "ES256", "jwk": public} | unknown, claims, "demo-melding")
    gate.forget()
    gate.refused(gate.target.par(NOTHING, {"DPoP": proof}), 400, "invalid_dpop_proof")


@pytest.mark.parametrize("part", [0, 1, 2])
def test_CVE_2025_61920_a_segment_without_end_is_refused_at_once(gate: Gate, part: int) -> None:
    """Authlib: megabytes were decoded before anything was checked."""
    parts = gate.target.assertion().split(".")
    parts[part] = "A" * 12_000
    began = time.monotonic()
    gate.is_nobody(".".join(parts))
    parts[part] = "A" * 1_200_000
    gate.refused(gate.target.par(NOTHING, client_assertion=".".join(parts)), 413, "invalid_request")
    assert time.monotonic() - began < 5


def test_CVE_2025_65015_a_huge_token_stands_in_no_log_line(gate: Gate) -> None:
    """joserfc: the whole token was put into the text of the exception."""
    huge = f"{encoded(HEADER | {'x': 'canary-' * 900})}.{encoded(_claims(gate))}.AA"
    gate.is_nobody(huge)
    proof = {"DPoP": f"{encoded(HEADER | {'x': 'canary-' * 900})}.e30.AA"}
    gate.refused(gate.target.par(NOTHING, proof), 400, "invalid_dpop_proof")
    assert "canary" not in "\n".join(gate.lines.said)


@pytest.mark.parametrize("tail", ["=", "==", "\n", " ", "A", "%00", "\t"])
def test_CVE_2026_62995_an_assertion_has_one_spelling(gate: Gate, tail: str) -> None:
    """joserfc: padded variants of a token that had been used were new ones by their hash."""
    used = gate.target.assertion()
    gate.target.par(NOTHING, client_assertion=used)
    gate.forget()
    gate.is_nobody(f"{used}{tail}", used.replace(".", f"{tail}.", 2))


def test_CVE_2026_102269_bits_that_mean_nothing_make_no_second_spelling(gate: Gate) -> None:
    """The last letter of base64url holds bits that nobody reads."""
    used = gate.target.assertion()
    gate.target.par(NOTHING, client_assertion=used)
    body, _, signature = used.rpartition(".")
    alike = {
        f"{signature[:-1]}{letter}"
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        if urlsafe_b64decode(f"{signature[:-1]}{letter}==") == urlsafe_b64decode(f"{signature}==")
    }
    assert len(alike) > 1
    gate.forget()
    gate.is_nobody(*(f"{body}.{one}" for one in alike))


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("part", ["header", "claims"])
def test_CVE_2026_101918_depth_is_no_way_out_of_our_own_errors(gate: Gate, part: str, opening: bytes) -> None:
    """PyJWT: a deep header ended in RecursionError before any key was looked at."""
    deep = encoded(b'{"x":' + opening * 1_000)
    closed = encoded(b'{"x":' + b"[" * 1_000 + b"]" * 1_000 + b"}")
    for bad in (deep, closed):
        token = f"{bad}.{encoded(_claims(gate))}.AA" if part == "header" else f"{encoded(HEADER)}.{bad}.AA"
        gate.is_nobody(token)
        gate.refused(gate.target.par(NOTHING, {"DPoP": token}), 400, "invalid_dpop_proof")


@pytest.mark.parametrize("claims", [b"[]", b"1", b"null", b"{", b"\xff", b'{"iss":"a","iss":"b"}', b'{"exp":NaN}'])
def test_CVE_2026_32597_the_claims_are_one_object_read_in_one_way(gate: Gate, claims: bytes) -> None:
    gate.is_nobody(signed({"alg": "ES256", "kid": "demo-melding"}, claims, gate.target.key.private))


def test_CVE_2026_40946_an_audience_is_always_looked_at(gate: Gate) -> None:
    """Oxia: any token of the right issuer was let in. One of HelseID's is none here, nor an id token of ours."""
    given = gate.given(scope="openid launch")
    gate.forget()
    gate.is_nobody(given["id_token"])
    for scheme in ("Bearer", "DPoP"):
        headers = {"Authorization": f"{scheme} {given['id_token']}"}
        answer = requests.get(gate.target.url(f"/fhir/Patient/{given['patient']}"), headers=headers, timeout=20)
        assert answer.status_code == 401
