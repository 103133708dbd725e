from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from support.keys import ec, rsa, signed, unsigned, with_public_key_as_secret

from portal.domain import access_token
from portal.domain.identity import HPR_NUMBER, PID, SECURITY_LEVEL
from portal.errors import TokenRejected

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER, AUDIENCE, SCOPE = "https://helseid-sts.test", "inngangsportalen", "inngangsportalen/context"
HEADER = {"alg": "RS256", "kid": "rsa-1", "typ": "at+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "nbf": AT,
    "iat": AT,
    "exp": AT + 600,
    "cnf": {"jkt": "aoezvIe32RdFpTP4FIxwBYb6VGX0dp3ecvoVjFkdXQk"},
    "scope": ["openid", SCOPE],
    "client_id": "epj",
    "sub": "c4SrhKObpoFbX+voZUHlG9RCKdHaCXASuxltkCRAQUo=",
    "sid": "CC2462C238CF9443351A32008EE9F15C",
    "jti": "FF8FD6D30350490FA14702811B75198F",
    PID: "15849197352",
    SECURITY_LEVEL: "4",
    HPR_NUMBER: "565550846",
}


def check(token: str) -> dict[str, Any]:
    keys = [rsa().public, ec().public]
    return access_token.check(token, keys=keys, issuer=ISSUER, audience=AUDIENCE, scope=SCOPE, now=NOW)


def refused(token: str) -> tuple[str, str]:
    with pytest.raises(TokenRejected) as caught:
        check(token)
    return caught.value.code, caught.value.detail


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="as HelseID sends it"),
        pytest.param({"scope": f"openid {SCOPE}"}, id="scope as a string (RFC 9068)"),
        pytest.param({"aud": [AUDIENCE]}, id="audience as a list of one"),
        pytest.param({"exp": AT - 4}, id="expired within the leeway"),
        pytest.param({"nbf": AT + 5}, id="not before, within the leeway"),
    ],
)
def test_a_token_that_holds(change: dict[str, Any]) -> None:
    assert check(signed(HEADER, CLAIMS | change, rsa().private)) == CLAIMS | change


def test_a_machine_has_no_sub_and_that_is_for_the_caller_to_judge() -> None:
    claims = {name: value for name, value in CLAIMS.items() if name not in {"sub", "sid", PID}}
    assert "sub" not in check(signed(HEADER | {"typ": "JWT"}, claims, rsa().private))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"iss": "https://helseid-sts.evil"}, "iss", id="another issuer"),
        pytest.param({"iss": f"{ISSUER}/"}, "iss", id="issuer with a slash"),
        pytest.param({"iss": [ISSUER]}, "iss", id="issuer is a list"),
        pytest.param({"aud": "nhn:kjernejournal"}, "aud", id="another audience"),
        pytest.param({"aud": [AUDIENCE, "nhn:kjernejournal"]}, "aud", id="an audience more"),
        pytest.param({"aud": [AUDIENCE, AUDIENCE]}, "aud", id="the audience twice"),
        pytest.param({"aud": []}, "aud", id="no audience"),
        pytest.param({"aud": {AUDIENCE: 1}}, "aud", id="audience is an object"),
        pytest.param({"exp": AT - 5}, "exp", id="expired"),
        pytest.param({"exp": f"{AT + 600}"}, "exp", id="exp is a string"),
        pytest.param({"nbf": AT + 6}, "nbf", id="not yet"),
        pytest.param({"iat": AT + 600}, "iat", id="from the future"),
        pytest.param({"cnf": None}, "cnf.jkt", id="a Bearer token"),
        pytest.param({"cnf": {}}, "cnf.jkt", id="bound to nothing"),
        pytest.param({"cnf": "aoezvIe32RdFpTP4FIxwBYb6VGX0dp3ecvoVjFkdXQk"}, "cnf.jkt", id="cnf is a string"),
        pytest.param({"cnf": {"jkt": ["x"]}}, "cnf.jkt", id="jkt is a list"),
        pytest.param({"cnf": {"jkt": "short"}}, "cnf.jkt", id="jkt is no digest"),
        pytest.param({"scope": None}, "scope", id="scope is null"),
        pytest.param({"scope": [SCOPE, 1]}, "scope", id="a number among the scopes"),
        pytest.param({"client_id": ["epj"]}, "client_id", id="client_id is a list"),
        pytest.param({"sub": 1}, "sub", id="sub is a number"),
        pytest.param({"sid": None}, "sid", id="sid is null"),
        pytest.param({PID: ["15849197352"]}, PID, id="pid is a list"),
        pytest.param({SECURITY_LEVEL: ["4"]}, SECURITY_LEVEL, id="security level is a list"),
        pytest.param({SECURITY_LEVEL: 4}, SECURITY_LEVEL, id="security level is a number"),
        pytest.param({HPR_NUMBER: 565550846}, HPR_NUMBER, id="HPR number is a number"),
    ],
)
def test_a_claim_that_does_not_hold(change: dict[str, Any], rule: str) -> None:
    assert refused(signed(HEADER, CLAIMS | change, rsa().private)) == ("invalid_token", rule)


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "client_id", "scope"])
def test_a_claim_that_is_missing(name: str) -> None:
    claims = {key: value for key, value in CLAIMS.items() if key != name}
    assert refused(signed(HEADER, claims, rsa().private)) == ("invalid_token", name)


@pytest.mark.parametrize("scope", [["openid"], "openid", [f"{SCOPE}/more"], SCOPE[:-1], []])
def test_a_token_for_something_else_of_ours(scope: Any) -> None:
    assert refused(signed(HEADER, CLAIMS | {"scope": scope}, rsa().private)) == ("insufficient_scope", "scope")


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        pytest.param(HEADER | {"typ": "dpop+jwt"}, "typ", id="a proof"),
        pytest.param({"alg": "RS256", "kid": "rsa-1"}, "typ", id="no typ"),
        pytest.param(HEADER | {"kid": "rsa-2"}, "kid", id="unknown key"),
        pytest.param(HEADER | {"alg": "PS256"}, "alg", id="PS256 is not HelseID's"),
    ],
)
def test_a_header_that_does_not_hold(header: dict[str, Any], rule: str) -> None:
    assert refused(signed(header, CLAIMS, rsa().private)) == ("invalid_token", rule)


def test_signatures_that_do_not_hold() -> None:
    assert refused(signed(HEADER, CLAIMS, rsa("forged").private)) == ("invalid_token", "signature")
    assert refused(unsigned(HEADER | {"alg": "none"}, CLAIMS)) == ("invalid_token", "alg")
    assert refused(with_public_key_as_secret(HEADER, CLAIMS, rsa().public)) == ("invalid_token", "alg")
    assert refused(signed(HEADER | {"alg": "ES256", "kid": "ec-1"}, CLAIMS, ec().private)) == ("invalid_token", "alg")
