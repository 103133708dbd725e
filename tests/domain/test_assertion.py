from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.keys import ec, rsa, signed, unsigned, with_public_key_as_secret

from portal.domain import assertion
from portal.errors import OAuthError

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER, CLIENT = "https://inngangsportalen.test", "melding"
HEADER = {"alg": "ES256", "kid": "ec-1", "typ": "client-authentication+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": CLIENT,
    "sub": CLIENT,
    "aud": ISSUER,
    "jti": "one",
    "iat": AT,
    "nbf": AT,
    "exp": AT + 30,
}


def check(token: str, keys: list[dict[str, Any]] | None = None) -> assertion.Checked:
    known = [ec().public] if keys is None else keys
    return assertion.check(token, keys=known, client_id=CLIENT, audiences=(ISSUER,), now=NOW)


def refused(token: str, keys: list[dict[str, Any]] | None = None) -> str:
    with pytest.raises(OAuthError) as caught:
        check(token, keys)
    assert caught.value.code == "invalid_client"
    return caught.value.detail


@pytest.mark.parametrize("pair", [ec(), rsa("ps-1", "PS256")], ids=["ES256", "PS256"])
def test_what_we_make_holds(pair: Any) -> None:
    made = assertion.make(pair.private, CLIENT, ISSUER, NOW, "fresh")
    checked = check(made, [pair.public])
    assert checked == assertion.Checked("fresh", NOW + timedelta(seconds=10))
    assert assertion.client_id_of(made) == CLIENT


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"iat": AT + 8, "nbf": AT + 8}, id="clock 8 s fast (FAPI 2.0)"),
        pytest.param({"iat": AT - 30, "exp": AT + 30}, id="60 s in all"),
        pytest.param({"iat": AT + 0.5}, id="fractions of a second"),
    ],
)
def test_claims_on_the_good_side_of_a_bound_hold(change: dict[str, Any]) -> None:
    assert check(signed(HEADER, CLAIMS | change, ec().private)).jti == "one"


@pytest.mark.parametrize("typ", [{}, {"typ": "JWT"}], ids=["none", "JWT"])
def test_older_clients_may_leave_the_type_out(typ: dict[str, str]) -> None:
    header = {name: value for name, value in HEADER.items() if name != "typ"} | typ
    assert check(signed(header, CLAIMS, ec().private)).jti == "one"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"aud": f"{ISSUER}/oauth/token"}, "aud", id="aud is the token endpoint"),
        pytest.param({"aud": f"{ISSUER}/oauth/par"}, "aud", id="aud is the PAR endpoint"),
        pytest.param({"aud": [ISSUER]}, "aud", id="aud is a list"),
        pytest.param({"aud": f"{ISSUER}/"}, "aud", id="aud with a slash"),
        pytest.param({"aud": None}, "aud", id="aud is null"),
        pytest.param({"iss": "another"}, "iss", id="iss is another"),
        pytest.param({"sub": "another"}, "sub", id="sub is another"),
        pytest.param({"iss": [CLIENT]}, "iss", id="iss is a list"),
        pytest.param({"sub": ""}, "sub", id="sub is empty"),
        pytest.param({"exp": AT + 365 * 86400}, "exp", id="exp in a year"),
        pytest.param({"exp": AT + 61}, "exp", id="exp in 61 s"),
        pytest.param({"exp": AT}, "exp", id="exp now"),
        pytest.param({"iat": AT - 600, "exp": AT - 300}, "exp", id="exp 5 min past"),
        pytest.param({"exp": str(AT + 30)}, "exp", id="exp is a string"),
        pytest.param({"exp": True}, "exp", id="exp is true"),
        pytest.param({"exp": 10**400}, "exp", id="exp is beyond floats"),
        pytest.param({"exp": -1}, "exp", id="exp before 1970"),
        pytest.param({"iat": AT + 11}, "iat", id="iat 11 s ahead"),
        pytest.param({"nbf": AT + 11}, "nbf", id="nbf 11 s ahead"),
        pytest.param({"nbf": "soon"}, "nbf", id="nbf is a word"),
        pytest.param({"iat": AT + 40}, "iat", id="iat after exp"),
        pytest.param({"jti": 7}, "jti", id="jti is a number"),
        pytest.param({"jti": "x" * 513}, "jti", id="jti is long"),
    ],
)
def test_a_claim_that_does_not_hold(change: dict[str, Any], rule: str) -> None:
    assert refused(signed(HEADER, CLAIMS | change, ec().private)) == f"client_assertion: {rule}"


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "jti", "iat", "exp"])
def test_a_claim_that_is_missing(name: str) -> None:
    claims = {key: value for key, value in CLAIMS.items() if key != name}
    assert refused(signed(HEADER, claims, ec().private)) == f"client_assertion: {name}"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"typ": "dpop+jwt"}, "typ", id="a DPoP proof"),
        pytest.param({"typ": "at+jwt"}, "typ", id="an access token"),
        pytest.param({"kid": "ec-2"}, "kid", id="unregistered kid"),
        pytest.param({"crit": ["typ"]}, "crit", id="crit"),
        pytest.param({"b64": True, "crit": ["b64"]}, "crit", id="b64"),
    ],
)
def test_a_header_that_does_not_hold(change: dict[str, Any], rule: str) -> None:
    assert refused(signed(HEADER | change, CLAIMS, ec().private)) == f"client_assertion: {rule}"


def test_a_header_without_kid() -> None:
    assert refused(signed({"alg": "ES256"}, CLAIMS, ec().private)) == "client_assertion: kid"


def test_algorithms_that_are_not_on_the_list() -> None:
    assert refused(unsigned(HEADER | {"alg": "none"}, CLAIMS)) == "client_assertion: alg"
    assert refused(with_public_key_as_secret(HEADER, CLAIMS, ec().public)) == "client_assertion: alg"
    rs256 = signed(HEADER | {"alg": "RS256", "kid": "rsa-1"}, CLAIMS, rsa().private)
    assert refused(rs256, [rsa().public]) == "client_assertion: alg"


def test_keys_that_are_not_the_registered_one() -> None:
    token = signed(HEADER, CLAIMS, ec("ec-1-forged").private)
    assert refused(token) == "client_assertion: signature"
    assert (
        refused(signed(HEADER | {"jwk": ec("own").public}, CLAIMS, ec("own").private)) == "client_assertion: signature"
    )
    assert refused(signed(HEADER, CLAIMS, ec().private), []) == "client_assertion: kid"
    assert refused(signed(HEADER, CLAIMS, ec().private), [ec().public, ec().public]) == "client_assertion: kid"


def test_a_key_registered_for_another_algorithm_or_use() -> None:
    token = signed(HEADER, CLAIMS, ec().private)
    assert refused(token, [ec().public | {"alg": "ES384"}]) == "client_assertion: signature"
    assert refused(token, [ec().public | {"use": "enc"}]) == "client_assertion: signature"


@pytest.mark.parametrize("modulus", ["w" * 171, "P" + "w" * 340 + "A"], ids=["1024 bits", "2046 bits in 256 bytes"])
def test_an_rsa_key_under_2048_bits(modulus: str) -> None:
    strong = rsa("ps-1", "PS256")
    token = signed(HEADER | {"alg": "PS256", "kid": "ps-1"}, CLAIMS, strong.private)
    assert refused(token, [strong.public | {"n": modulus}]) == "client_assertion: key"


@pytest.mark.parametrize(
    ("mangle", "rule"),
    [
        pytest.param(lambda token: token + "=", "compact", id="padded"),
        pytest.param(lambda token: token + "\n", "compact", id="newline"),
        pytest.param(lambda token: " " + token, "compact", id="space"),
        pytest.param(lambda token: token + ".", "compact", id="four parts"),
        pytest.param(lambda token: token.rsplit(".", 1)[0] + ".", "compact", id="no signature"),
        pytest.param(lambda token: token[:-4] + "AAAA", "signature", id="other signature"),
        pytest.param(lambda token: token + "A" * 8192, "size", id="over 8 kB"),
        pytest.param(lambda _: "", "compact", id="empty"),
        pytest.param(lambda _: "æ.ø.å", "compact", id="not ASCII"),
        pytest.param(lambda _: "QQ.QQ.QQ", "json", id="not JSON"),
        pytest.param(lambda _: "Wzdd.e30.AA", "json", id="header is a list"),
        pytest.param(lambda _: "W1tb" * 1900 + ".e30.AA", "json", id="deep header"),
    ],
)
def test_a_token_that_is_not_well_formed(mangle: Any, rule: str) -> None:
    assert refused(mangle(signed(HEADER, CLAIMS, ec().private))) == f"client_assertion: {rule}"


def test_a_claim_given_twice() -> None:
    raw = b'{"iss": "melding", "iss": "melding"}'
    assert refused(signed(HEADER, raw, ec().private)) == "client_assertion: json"


@pytest.mark.parametrize("token", ["", "a.b.c", signed(HEADER, {"sub": ["melding"]}, ec().private)])
def test_nobody_can_be_read_from_a_broken_assertion(token: str) -> None:
    with pytest.raises(OAuthError) as caught:
        assertion.client_id_of(token)
    assert caught.value.code == "invalid_client"
