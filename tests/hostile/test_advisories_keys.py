"""One test per advisory: with what the token that says who somebody is may be signed."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import RSAKey
from support.forge import by_hand, encoded, public_jwk, weak_key
from support.keys import rsa, signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.siege import Siege
pytestmark = pytest.mark.hostile


Changes = dict[str, Any]


def _is_refused(siege: Siege, rule: str | None = None) -> None:
    visitor = siege.visitor()
    siege.refused(visitor.log_in(), 502, "login_token_invalid", rule)
    siege.nobody_came_in(visitor)


def _keyed_with(secret: bytes, alg: str = "HS256") -> Callable[[Changes, Changes], str]:
    def forged(header: Changes, claims: Changes) -> str:
        signing_input = f"{encoded(header | {'alg': alg})}.{encoded(claims)}"
        return f"{signing_input}.{encoded(hmac.digest(secret, signing_input.encode(), sha256))}"

    return forged


def _public() -> RSAKey:
    return RSAKey.import_key({name: value for name, value in rsa().public.items() if name not in {"alg", "use"}})


def _pem() -> bytes:
    return bytes(_public().as_pem(private=False))


def _der() -> bytes:
    return _public().public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_CVE_2024_37568_the_public_key_is_no_secret(siege: Siege, alg: str) -> None:
    """Authlib: HMAC with the asymmetric public key."""
    siege.liar.forge = _keyed_with(_pem(), alg)
    _is_refused(siege, "alg")


def test_CVE_2026_114615_nor_with_something_before_it(siege: Siege) -> None:
    """Authlib: the list of what looks like a public key was not whole."""
    for prefix in (b"\n", b"\xef\xbb\xbf", b"# comment\n", b"-----BEGIN X-----\n"):
        siege.liar.forge = _keyed_with(prefix + _pem())
        _is_refused(siege, "alg")


def test_CVE_2026_85394_nor_as_DER(siege: Siege) -> None:
    """python-jose (and CVE-2024-33663 before it): DER has no armour to know it by."""
    siege.liar.forge = _keyed_with(_der())
    _is_refused(siege, "alg")


def test_CVE_2026_48526_nor_as_a_JWK(siege: Siege) -> None:
    """PyJWT (and CVE-2026-102273 after it, for a JWK inside something): JSON as an HMAC secret."""
    for secret in (rsa().public, {"keys": [rsa().public]}, [rsa().public]):
        siege.liar.forge = _keyed_with(json.dumps(secret).encode())
        _is_refused(siege, "alg")


@pytest.mark.parametrize("secret", [b"", b"\0", b"None", b"null"])
def test_CVE_2026_49852_an_empty_secret_signs_nothing(lone_siege: Siege, secret: bytes) -> None:
    """Joserfc (and CVE-2026-114616 in Authlib, CVE-2026-102266 in PyJWT): HMAC keyed with nothing."""
    siege = lone_siege
    siege.liar.keys = [{"kty": "oct", "kid": "rsa-1", "k": encoded(secret), "use": "sig"}]
    siege.liar.forge = _keyed_with(secret)
    _is_refused(siege, "alg")


def test_CVE_2026_27962_a_key_in_the_header_is_not_asked(siege: Siege) -> None:
    """Authlib: with no key at hand the one in the header was taken."""
    key = weak_key(2048)
    siege.liar.header |= {"jwk": public_jwk(key, "rsa-1")}
    siege.liar.forge = lambda header, claims: by_hand(header, claims, key)
    _is_refused(siege, "signature")
    siege.liar.header["kid"] = None
    _is_refused(siege, "kid")


def test_CVE_2026_11800_the_key_s_own_algorithm_does_not_widen_ours(lone_siege: Siege) -> None:
    """Keycloak: algorithm confusion in a grant that took an assertion."""
    siege = lone_siege
    siege.liar.keys = [rsa().public | {"alg": "PS256"}]
    siege.liar.forge = lambda header, claims: signed(header | {"alg": "PS256"}, claims, rsa().private)
    _is_refused(siege, "alg")


def test_CVE_2026_96760_JSON_without_a_signature_is_no_token(siege: Siege) -> None:
    """Authlib: the JSON serialisation was returned as verified when it had no signature."""
    claims = siege.liar.true_claims("n")
    whole = {"payload": encoded(claims), "signatures": []}
    for token in (json.dumps(whole), whole, json.dumps(whole | {"signature": "", "protected": encoded({})}), [whole]):
        siege.liar.tokens = {"id_token": token}
        visitor = siege.visitor()
        answer = visitor.log_in()
        assert siege.reason(answer) in {"login_token_invalid", "helseid_down"}
        siege.nobody_came_in(visitor)


@pytest.mark.parametrize("enc", ["A256GCM", "A128CBC-HS256", "none", None])
def test_CVE_2026_9793_encryption_hides_no_missing_signature(siege: Siege, enc: str | None) -> None:
    """Keycloak: a JWE around plain JSON was believed although a signature was demanded."""
    for alg in ("RSA-OAEP-256", "dir", "A256KW", "ECDH-ES", "RS256"):
        header = {"alg": alg, "enc": enc, "kid": "rsa-1", "typ": "JWT", "cty": "JWT"}
        siege.liar.forge = lambda _, claims, made=header: ".".join([encoded(made), "", "AA", encoded(claims), "AA"])  # type: ignore[misc]
        _is_refused(siege)
