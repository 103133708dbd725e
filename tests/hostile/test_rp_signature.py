"""The conformance suite's modules for the signature and form of an id token (facts/security §1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.forge import by_hand, encoded
from support.keys import ec, rsa, signed, unsigned, with_public_key_as_secret

if TYPE_CHECKING:
    from support.siege import Siege
pytestmark = pytest.mark.hostile


def _is_refused(siege: Siege, rule: str | None = None) -> None:
    visitor = siege.visitor()
    siege.refused(visitor.log_in(), 502, "login_token_invalid", rule)
    siege.nobody_came_in(visitor)
    assert siege.liar.faults == []


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, "RS256 ", "rs256", ["RS256"], "RS1", "RSA-OAEP"])
def test_RP_null_algorithm(siege: Siege, alg: Any) -> None:
    siege.liar.forge = lambda header, claims: unsigned(header | {"alg": alg}, claims)
    _is_refused(siege, "alg")


@pytest.mark.parametrize("signature", ["", "AA", "none"])
def test_RP_no_signature(siege: Siege, signature: str) -> None:
    siege.liar.forge = lambda header, claims: f"{encoded(header | {'alg': 'none'})}.{encoded(claims)}.{signature}"
    _is_refused(siege)


@pytest.mark.parametrize("alg", ["PS256", "RS384", "RS512", "PS512"])
def test_RP_alternate_algorithm_of_the_same_key(siege: Siege, alg: str) -> None:
    siege.liar.forge = lambda header, claims: signed(header | {"alg": alg}, claims, rsa().private)
    _is_refused(siege, "alg")


def test_RP_alternate_algorithm_with_a_key_of_its_own(lone_siege: Siege) -> None:
    siege = lone_siege
    siege.liar.keys = [rsa().public, ec().public]
    siege.liar.forge = lambda header, claims: signed(header | {"alg": "ES256", "kid": "ec-1"}, claims, ec().private)
    _is_refused(siege, "alg")


def test_RP_alternate_algorithm_HS256_with_the_public_key(siege: Siege) -> None:
    siege.liar.forge = lambda header, claims: with_public_key_as_secret(header, claims, rsa().public)
    _is_refused(siege, "alg")


def test_RP_invalid_signature(siege: Siege) -> None:
    siege.liar.forge = lambda header, claims: signed(header, claims, rsa("forged").private)
    _is_refused(siege, "signature")


def test_RP_a_signature_of_other_claims(siege: Siege) -> None:
    def swapped(header: dict[str, Any], claims: dict[str, Any]) -> str:
        honest = by_hand(header, claims).split(".")
        return ".".join([honest[0], encoded(claims | {"sub": "the-victim"}), honest[2]])

    siege.liar.forge = swapped
    _is_refused(siege, "signature")


@pytest.mark.parametrize(
    "typ", ["at+jwt", "logout+jwt", "dpop+jwt", "client-authentication+jwt", "JWE", "", 7, ["JWT"]]
)
def test_RP_a_token_of_another_kind(siege: Siege, typ: Any) -> None:
    siege.liar.header["typ"] = typ
    _is_refused(siege, "typ")


@pytest.mark.parametrize("crit", [["exp"], ["b64"], [], ["http://example.com/UNDEFINED"], "exp", None, 7])
def test_RP_a_critical_extension(siege: Siege, crit: Any) -> None:
    siege.liar.header["crit"] = crit
    _is_refused(siege, "crit")


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c", "x5t"])
def test_RP_a_header_that_names_its_own_key(siege: Siege, elsewhere: str, name: str) -> None:
    values = {"jku": elsewhere, "x5u": elsewhere, "jwk": rsa("forged").public, "x5c": ["AA=="], "x5t": "AA"}
    siege.liar.header[name] = values[name]
    siege.liar.forge = lambda header, claims: signed(header, claims, rsa("forged").private)
    _is_refused(siege, "signature")


def test_RP_a_JWE_is_refused(siege: Siege) -> None:
    header = {"alg": "RSA-OAEP", "enc": "A256GCM", "kid": "rsa-1", "cty": "JWT"}
    siege.liar.forge = lambda _, claims: ".".join([encoded(header), "AA", "AA", encoded(claims), "AA"])
    _is_refused(siege)


@pytest.mark.parametrize("size", [8_193, 20_000, 1_000_000])
def test_RP_a_huge_token_is_refused_before_it_is_read(siege: Siege, size: int) -> None:
    siege.liar.claims["padding"] = "x" * size
    _is_refused(siege)


@pytest.mark.parametrize("levels", [33, 1_000, 2_500])
def test_RP_a_deep_token_is_refused(siege: Siege, levels: int) -> None:
    body = b'{"a": ' + b"[" * levels + b"]" * levels + b"}"
    siege.liar.forge = lambda header, _: by_hand(header, body)
    _is_refused(siege, "json")


def test_RP_a_name_given_twice_is_refused(siege: Siege) -> None:
    body = b'{"sub": "kari", "sub": "ola"}'
    siege.liar.forge = lambda header, _: by_hand(header, body)
    _is_refused(siege, "json")
