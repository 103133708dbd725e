from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from support.keys import ec, rsa, signed, unsigned, with_public_key_as_secret

from portal.domain import id_token
from portal.domain.identity import HPR_NUMBER, PID, SECURITY_LEVEL
from portal.errors import SignInError

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER, CLIENT, NONCE = "https://helseid-sts.test", "inngangsportalen", "n-0S6_WzA2Mj"
HEADER = {"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "nbf": AT,
    "iat": AT,
    "exp": AT + 300,
    "aud": CLIENT,
    "amr": ["pwd"],
    "nonce": NONCE,
    "sid": "071FE276069E05291A9B1E3BBE052B44",
    "sub": "PGzVzvP2JvlXV++OJSJAQG5d99BH8QsikmxpdIAKSZk=",
    "auth_time": AT - 11_700,
    "idp": "testidp-oidc",
    SECURITY_LEVEL: "4",
    "name": "KVART GREVLING",
}


def check(token: str) -> dict[str, Any]:
    keys = [rsa().public, ec().public]
    return id_token.check(token, keys=keys, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, now=NOW)


def refused(token: str) -> str:
    with pytest.raises(SignInError) as caught:
        check(token)
    assert caught.value.code == "login_token_invalid"
    return caught.value.detail


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="as HelseID sends it"),
        pytest.param({"aud": [CLIENT]}, id="audience as a list of one"),
        pytest.param({"azp": CLIENT}, id="azp is us"),
        pytest.param({"iat": AT + 10, "nbf": AT + 10}, id="HelseID's clock 10 s ahead"),
    ],
)
def test_a_token_that_holds(change: dict[str, Any]) -> None:
    assert check(signed(HEADER, CLAIMS | change, rsa().private)) == CLAIMS | change


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"iss": [ISSUER]}, "iss", id="H009 iss is a list"),
        pytest.param({"iss": "https://helseid-sts.evil"}, "iss", id="another issuer"),
        pytest.param({"aud": [CLIENT, "another"]}, "aud", id="H009 aud is a list with us in it"),
        pytest.param({"aud": "another"}, "aud", id="for another client"),
        pytest.param({"aud": None}, "aud", id="for nobody"),
        pytest.param({"azp": "another"}, "azp", id="asked for by another client"),
        pytest.param({"sub": ["x"]}, "sub", id="H009 sub is a list"),
        pytest.param({"sub": 7}, "sub", id="H009 sub is a number"),
        pytest.param({"sub": ""}, "sub", id="sub is empty"),
        pytest.param({"exp": AT}, "exp", id="H011 expired"),
        pytest.param({"exp": f"{AT + 300}"}, "exp", id="H011 exp is a string"),
        pytest.param({"exp": True}, "exp", id="H011 exp is true"),
        pytest.param({"nbf": AT + 61}, "nbf", id="H011 nbf 61 s ahead"),
        pytest.param({"iat": AT + 61}, "iat", id="H011 iat 61 s ahead"),
        pytest.param({"iat": None}, "iat", id="iat is null"),
        pytest.param({"nonce": "another"}, "nonce", id="another login"),
        pytest.param({"nonce": [NONCE]}, "nonce", id="nonce is a list"),
        pytest.param({"nonce": "é"}, "nonce", id="nonce is not ASCII"),
        pytest.param({"sid": 7}, "sid", id="sid is a number"),
        pytest.param({"auth_time": "before"}, "auth_time", id="auth_time is a word"),
        pytest.param({"amr": "pwd"}, "amr", id="amr is a string"),
        pytest.param({"amr": [1]}, "amr", id="a number in amr"),
        pytest.param({"name": {"given": "x"}}, "name", id="name is an object"),
        pytest.param({SECURITY_LEVEL: ["4"]}, SECURITY_LEVEL, id="security level is a list"),
        pytest.param({SECURITY_LEVEL: 4}, SECURITY_LEVEL, id="security level is a number"),
        pytest.param({HPR_NUMBER: ["1"]}, HPR_NUMBER, id="HPR number is a list"),
        pytest.param({PID: 1}, PID, id="pid is a number"),
    ],
)
def test_a_claim_that_does_not_hold(change: dict[str, Any], rule: str) -> None:
    assert refused(signed(HEADER, CLAIMS | change, rsa().private)) == rule


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "nonce", "sub", "sid"])
def test_a_claim_that_is_missing(name: str) -> None:
    claims = {key: value for key, value in CLAIMS.items() if key != name}
    assert refused(signed(HEADER, claims, rsa().private)) == name


def test_a_number_that_is_not_one() -> None:
    body = b'{"iss": "%s", "exp": NaN}' % ISSUER.encode()
    assert refused(signed(HEADER, body, rsa().private)) == "json"


def test_signatures_that_do_not_hold() -> None:
    assert refused(unsigned(HEADER | {"alg": "none"}, CLAIMS)) == "alg"
    assert refused(with_public_key_as_secret(HEADER, CLAIMS, rsa().public)) == "alg"
    assert refused(signed(HEADER | {"alg": "PS256"}, CLAIMS, rsa().private)) == "alg"
    assert refused(signed(HEADER | {"alg": "ES256", "kid": "ec-1"}, CLAIMS, ec().private)) == "alg"
    assert refused(signed(HEADER, CLAIMS, rsa("forged").private)) == "signature"
    assert refused(signed(HEADER | {"kid": "rsa-2"}, CLAIMS, rsa().private)) == "kid"
    assert refused(signed(HEADER | {"typ": "at+jwt"}, CLAIMS, rsa().private)) == "typ"
