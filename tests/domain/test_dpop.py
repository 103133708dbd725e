from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey
from support.keys import Pair, ec, rsa, signed, unsigned, with_public_key_as_secret

from portal.domain import dpop, jose
from portal.errors import OAuthError

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
URL = "https://inngangsportalen.test/oauth/token"
WINDOW = timedelta(seconds=10)
JWK = {name: ec().public[name] for name in ("kty", "crv", "x", "y")}
HEADER: dict[str, Any] = {"alg": "ES256", "typ": "dpop+jwt", "jwk": JWK}
CLAIMS: dict[str, Any] = {"jti": "one", "htm": "POST", "htu": URL, "iat": AT}


def check(proof: str, access_token: str | None = None, url: str = URL) -> dpop.Proof:
    return dpop.check_proof(proof, method="POST", url=url, now=NOW, window=WINDOW, access_token=access_token)


def refused(proof: str, access_token: str | None = None) -> str:
    with pytest.raises(OAuthError) as caught:
        check(proof, access_token)
    assert caught.value.code == "invalid_dpop_proof"
    return caught.value.detail


@pytest.mark.parametrize(
    "pair",
    [ec(), ec("p384", "P-384", "ES384"), rsa("ps", "PS256"), rsa(), rsa("big", "PS256", 4096)],
    ids=["ES256", "ES384", "PS256", "RS256", "RSA-4096, a header over 512 bytes"],
)
def test_what_we_make_holds(pair: Pair) -> None:
    made = dpop.make_proof(pair.private, "POST", f"{URL}?a=b#c", NOW, "fresh", nonce="n", access_token="token")
    assert check(made, "token") == dpop.Proof(dpop.thumbprint(pair.public), "fresh", "n", NOW)
    assert jose.peek(made).claims["htu"] == URL


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    assert dpop.thumbprint(ec().private) == ECKey.import_key(dict(ec().public)).thumbprint()
    assert dpop.thumbprint(ec().private) == dpop.thumbprint(ec().public)


@pytest.mark.parametrize(
    "htu",
    [
        pytest.param(f"{URL}?a=b", id="with a query (RFC 9449 §4.3)"),
        pytest.param(f"{URL}#f", id="with a fragment"),
        pytest.param("HTTPS://Inngangsportalen.TEST:443/oauth/token", id="scheme, host and port spelled out"),
    ],
)
def test_the_same_address_in_other_words(htu: str) -> None:
    assert check(signed(HEADER, CLAIMS | {"htu": htu}, ec().private), url=f"{URL}?own=query").jti == "one"


@pytest.mark.parametrize("skew", [-10, 0, 10])
def test_both_edges_of_the_window_hold(skew: int) -> None:
    assert check(signed(HEADER, CLAIMS | {"iat": AT + skew}, ec().private)).issued_at == NOW + timedelta(seconds=skew)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"htm": "GET"}, "htm", id="another method"),
        pytest.param({"htm": "post"}, "htm", id="method in lower case"),
        pytest.param({"htm": ["POST"]}, "htm", id="method is a list"),
        pytest.param({"htu": "http://inngangsportalen.test/oauth/token"}, "htu", id="another scheme"),
        pytest.param({"htu": "https://inngangsportalen.test.evil/oauth/token"}, "htu", id="another host"),
        pytest.param({"htu": "https://inngangsportalen.test:8443/oauth/token"}, "htu", id="another port"),
        pytest.param({"htu": "https://inngangsportalen.test/oauth/par"}, "htu", id="another path"),
        pytest.param({"htu": f"{URL}/"}, "htu", id="a slash more"),
        pytest.param({"htu": "https://inngangsportalen.test/oauth/%74oken"}, "htu", id="percent-encoded path"),
        pytest.param({"htu": "https://a@inngangsportalen.test/oauth/token"}, "htu", id="userinfo"),
        pytest.param({"htu": "https://inngangsportalen.test:x/oauth/token"}, "htu", id="port is a letter"),
        pytest.param({"htu": "https://[inngangsportalen.test/oauth/token"}, "htu", id="half a bracket"),
        pytest.param({"htu": 1}, "htu", id="address is a number"),
        pytest.param({"iat": AT - 37}, "iat: the clock is 37 s behind", id="clock 37 s slow"),
        pytest.param({"iat": AT + 12}, "iat: the clock is 12 s ahead", id="clock 12 s fast"),
        pytest.param({"iat": "now"}, "iat", id="iat is a word"),
        pytest.param({"iat": True}, "iat", id="iat is true"),
        pytest.param({"exp": AT - 60}, "exp", id="exp past"),
        pytest.param({"exp": AT + 60, "nbf": AT + 60}, "nbf", id="nbf ahead"),
        pytest.param({"jti": 7}, "jti", id="jti is a number"),
        pytest.param({"jti": ""}, "jti", id="jti is empty"),
        pytest.param({"nonce": 7}, "nonce", id="nonce is a number"),
    ],
)
def test_a_claim_that_does_not_hold(change: dict[str, Any], rule: str) -> None:
    assert refused(signed(HEADER, CLAIMS | change, ec().private)) == rule


@pytest.mark.parametrize("name", ["jti", "htm", "htu", "iat"])
def test_a_claim_that_is_missing(name: str) -> None:
    claims = {key: value for key, value in CLAIMS.items() if key != name}
    assert refused(signed(HEADER, claims, ec().private)) == name


@pytest.mark.parametrize(
    "ath",
    [
        pytest.param({}, id="missing"),
        pytest.param({"ath": "token"}, id="the token itself"),
        pytest.param({"ath": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}, id="of another token"),
        pytest.param({"ath": "å" * 43}, id="not ASCII"),
    ],
)
def test_a_proof_for_another_token(ath: dict[str, str]) -> None:
    assert refused(signed(HEADER, CLAIMS | ath, ec().private), "token") == "ath"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"typ": "JWT"}, "typ", id="wrong typ"),
        pytest.param({"typ": "client-authentication+jwt"}, "typ", id="an assertion"),
        pytest.param({"jwk": {**JWK, "d": ec().private["d"]}}, "jwk", id="private key in jwk"),
        pytest.param({"jwk": {"kty": "oct", "k": "AA"}}, "jwk", id="symmetric key in jwk"),
        pytest.param({"jwk": {**JWK, "k": "AA"}}, "jwk", id="symmetric member in jwk"),
        pytest.param(
            {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}}, "jwk", id="curve that HelseID does not list"
        ),
        pytest.param({"jwk": {}}, "jwk", id="empty jwk"),
        pytest.param({"jwk": {**JWK, "kty": ["EC"]}}, "jwk", id="kty is a list"),
        pytest.param({"jwk": {**JWK, "use": ["sig"]}}, "signature", id="use is a list"),
        pytest.param({"jwk": {**JWK, "use": "enc"}}, "signature", id="a key for encryption"),
        pytest.param({"jwk": {"kty": "EC"}}, "signature", id="jwk without a point"),
        pytest.param({"jwk": {**JWK, "x": 7}}, "signature", id="jwk with a number for a coordinate"),
        pytest.param({"jwk": {**JWK, "x": "AAAA"}}, "signature", id="point off the curve"),
        pytest.param({"jwk": {"kty": "RSA", "n": 7, "e": "AQAB"}}, "signature", id="RSA with a number"),
        pytest.param({"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}, "key", id="RSA of 24 bits"),
        pytest.param({"jwk": {**JWK, "crv": "secp256k1"}}, "signature", id="another curve"),
        pytest.param({"crit": ["jwk"]}, "crit", id="crit"),
    ],
)
def test_a_header_that_does_not_hold(change: dict[str, Any], rule: str) -> None:
    assert refused(signed(HEADER | change, CLAIMS, ec().private)) == rule


def test_a_header_without_a_key() -> None:
    assert refused(signed({"alg": "ES256", "typ": "dpop+jwt"}, CLAIMS, ec().private)) == "jwk"


def test_a_proof_signed_by_another_key() -> None:
    assert refused(signed(HEADER, CLAIMS, ec("other").private)) == "signature"


def test_algorithms_that_are_not_asymmetric() -> None:
    assert refused(unsigned(HEADER | {"alg": "none"}, CLAIMS)) == "alg"
    small = {**HEADER, "jwk": JWK}
    assert refused(with_public_key_as_secret({"typ": "dpop+jwt"}, CLAIMS, ec().public)) == "jwk"
    assert refused(unsigned({**small, "alg": "HS256"}, CLAIMS)) == "alg"


@pytest.mark.parametrize("proof", ["", "a.b.c", "e30.e30.AA", "A" * 9000])
def test_what_is_not_a_proof(proof: str) -> None:
    assert refused(proof) in {"compact", "json", "jwk", "size"}


def test_a_nonce_holds_for_its_life_on_every_host_with_the_secret() -> None:
    secret, life = b"s" * 32, timedelta(minutes=5)
    nonce = dpop.issue_nonce(secret, NOW)
    assert dpop.nonce_holds(nonce, secret, NOW)
    assert dpop.nonce_holds(nonce, secret, NOW + life)
    assert dpop.nonce_holds(nonce, secret, NOW - timedelta(seconds=30))
    assert not dpop.nonce_holds(nonce, secret, NOW + life + timedelta(minutes=1))
    assert not dpop.nonce_holds(nonce, secret, NOW - timedelta(minutes=2))
    assert not dpop.nonce_holds(nonce, b"t" * 32, NOW)


@pytest.mark.parametrize("nonce", ["", "x", "\ud800", "å" * 300])
def test_a_nonce_that_we_never_issued(nonce: str) -> None:
    assert not dpop.nonce_holds(nonce, b"s" * 32, NOW)
