from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from support.forge import by_hand, public_jwk, weak_key
from support.keys import Pair, ec, rsa, signed, unsigned, with_public_key_as_secret

from portal.domain.smart import id_token
from portal.errors import SmartRejected

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER, BASE, CLIENT, NONCE = "https://login.epj.test", "https://epj.test/fhir", "portal", "n-0S6_WzA2Mj"
HEADER = {"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "sub": "lege-1",
    "iat": AT,
    "exp": AT + 300,
    "nonce": NONCE,
    "fhirUser": "Practitioner/d-1",
}
KEYS = [rsa().public, ec().public, rsa("rs384", "RS384").public, ec("es384", "P-384", "ES384").public]


def check(token: str, keys: list[Any] = KEYS) -> Any:
    return id_token.check(token, keys=keys, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, now=NOW)


def refused(token: str, keys: list[Any] = KEYS) -> str:
    with pytest.raises(SmartRejected) as caught:
        check(token, keys)
    assert caught.value.code == "smart_token_invalid"
    assert "does not hold" not in caught.value.detail, "a rule without its sentence"
    return caught.value.detail.removeprefix("id_token, ").partition(":")[0]


@pytest.mark.parametrize(
    "pair",
    [rsa(), ec(), rsa("rs384", "RS384"), ec("es384", "P-384", "ES384")],
    ids=["RS256", "ES256", "RS384", "ES384"],
)
def test_a_token_holds_with_every_algorithm_that_we_take(pair: Pair) -> None:
    header = {"alg": pair.private["alg"], "kid": pair.private["kid"]}
    assert check(signed(header, CLAIMS, pair.private)) == CLAIMS


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"aud": [CLIENT]}, id="audience as a list of one"),
        pytest.param({"azp": CLIENT}, id="azp is us"),
        pytest.param({"iat": AT + 60}, id="a clock that is a minute ahead"),
        pytest.param({"name": 7, "sid": ["x"], "profile": None}, id="claims that we do not read"),
    ],
)
def test_a_token_that_holds(change: dict[str, Any]) -> None:
    assert check(signed(HEADER, CLAIMS | change, rsa().private)) == CLAIMS | change


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"iss": BASE}, "iss", id="the FHIR base as issuer"),
        pytest.param({"iss": f"{ISSUER}/"}, "iss", id="the issuer and a slash"),
        pytest.param({"iss": [ISSUER]}, "iss", id="a list of issuers"),
        pytest.param({"aud": "another"}, "aud", id="for another client"),
        pytest.param({"aud": [CLIENT, "another"]}, "aud", id="for us and another"),
        pytest.param({"aud": None}, "aud", id="for nobody"),
        pytest.param({"azp": "another"}, "azp", id="asked for by another"),
        pytest.param({"exp": AT}, "exp", id="expired"),
        pytest.param({"exp": f"{AT + 300}"}, "exp", id="exp is a string"),
        pytest.param({"iat": AT + 61}, "iat", id="issued ahead of time"),
        pytest.param({"iat": None}, "iat", id="iat is null"),
        pytest.param({"nbf": AT + 61}, "nbf", id="not yet"),
        pytest.param({"nonce": "another"}, "nonce", id="another launch"),
        pytest.param({"nonce": "é"}, "nonce", id="nonce is not ASCII"),
        pytest.param({"sub": ""}, "sub", id="sub is empty"),
        pytest.param({"sub": 7}, "sub", id="sub is a number"),
    ],
)
def test_a_claim_that_does_not_hold_is_named(change: dict[str, Any], rule: str) -> None:
    assert refused(signed(HEADER, CLAIMS | change, rsa().private)) == rule


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "iat", "exp", "nonce"])
def test_a_claim_that_is_missing_is_named(name: str) -> None:
    assert refused(signed(HEADER, {key: CLAIMS[key] for key in CLAIMS.keys() - {name}}, rsa().private)) == name


def test_signatures_that_do_not_hold() -> None:
    assert refused(unsigned(HEADER | {"alg": "none"}, CLAIMS)) == "alg"
    assert refused(unsigned(HEADER, CLAIMS)) == "signature"
    assert refused(with_public_key_as_secret(HEADER, CLAIMS, rsa().public)) == "alg"
    assert refused(signed(HEADER, CLAIMS, rsa("another").private)) == "signature"
    assert refused(signed(HEADER | {"alg": "ES256"}, CLAIMS, ec("another").private)) == "signature"
    assert refused(signed(HEADER | {"alg": "PS256"}, CLAIMS, rsa().private)) == "alg"


def test_keys_that_cannot_be_told_apart_or_trusted() -> None:
    token = signed(HEADER, CLAIMS, rsa().private)
    assert refused(token, []) == "kid"
    assert refused(token, [rsa().public, rsa().public]) == "kid"
    assert refused(token, [{"kid": "rsa-1"}]) == "key"
    assert refused(token, [{"kid": "rsa-1", "kty": "oct", "k": "AA"}]) == "key"
    assert refused(token, [{"kid": "rsa-1", "kty": "RSA"}]) == "signature"
    weak = weak_key(1024)
    assert refused(by_hand(HEADER, CLAIMS, weak), [public_jwk(weak, "rsa-1")]) == "key"
    assert refused(signed({"alg": "RS256"}, CLAIMS, rsa().private)) == "kid"


def test_headers_and_forms_that_are_not_those_of_an_id_token() -> None:
    assert refused(signed(HEADER | {"typ": "at+jwt"}, CLAIMS, rsa().private)) == "typ"
    assert refused(signed(HEADER | {"b64": True}, CLAIMS, rsa().private)) == "crit"
    assert refused(by_hand(HEADER, b'{"iss": "a", "iss": "b"}')) == "json"
    assert refused("a.b") == "compact"
    assert refused("a" * 8193) == "size"


@pytest.mark.parametrize("value", ["Practitioner/d-1", f"{BASE}/Practitioner/d-1"])
def test_the_clinician_is_found_relative_and_absolute(value: str) -> None:
    assert id_token.fhir_user({"fhirUser": value}, [], BASE) == ("Practitioner", "d-1")
    assert id_token.fhir_user({"fhirUser": "PractitionerRole/r-1"}, [], BASE) == ("PractitionerRole", "r-1")


@pytest.mark.parametrize(
    ("claims", "beside", "rule"),
    [
        pytest.param({}, ["fhirUser"], "not a member of the token response", id="in the token response"),
        pytest.param({"profile": "Practitioner/d-1"}, [], "another name", id="under profile"),
        pytest.param({"fhir_user": f"{BASE}/Practitioner/d-1"}, [], "another name", id="under fhir_user"),
        pytest.param({"bruker": "PractitionerRole/r-1"}, [], "another name", id="under a name of their own"),
        pytest.param({"profile": "https://epj.test/people/7"}, [], "missing", id="a profile page"),
        pytest.param({}, ["access_token"], "missing", id="nowhere"),
        pytest.param({"fhirUser": None}, [], "missing", id="null"),
        pytest.param({"fhirUser": "Patient/p-1"}, [], "must be Practitioner", id="a patient"),
        pytest.param({"fhirUser": "Person/x"}, [], "must be Practitioner", id="a person"),
        pytest.param({"fhirUser": "RelatedPerson/x"}, [], "must be Practitioner", id="a relative"),
        pytest.param({"fhirUser": "https://evil.test/Practitioner/1"}, [], "below the issuer", id="H209 another host"),
        pytest.param({"fhirUser": ["Practitioner/1"]}, [], "must be a reference", id="a list"),
    ],
)
def test_a_clinician_who_stands_elsewhere_is_refused(claims: dict[str, Any], beside: list[str], rule: str) -> None:
    with pytest.raises(SmartRejected) as caught:
        id_token.fhir_user(claims, beside, BASE)
    assert caught.value.code == "smart_user_invalid"
    assert "fhirUser" in caught.value.detail
    assert rule in caught.value.detail
