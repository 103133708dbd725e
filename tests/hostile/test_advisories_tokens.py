"""One test per advisory: how the token that says who somebody is may be written."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from support.forge import by_hand, public_jwk, weak_key
from support.liar import CLIENT, SUB, TOKEN

if TYPE_CHECKING:
    from support.siege import Siege
pytestmark = pytest.mark.hostile


Changes = dict[str, Any]


def _is_refused(siege: Siege, rule: str | None = None) -> None:
    visitor = siege.visitor()
    siege.refused(visitor.log_in(), 502, "login_token_invalid", rule)
    siege.nobody_came_in(visitor)


@pytest.mark.parametrize("claim", ["iss", "sub", "nonce", "sid"])
def test_CVE_2026_75509_a_list_with_the_right_value_is_not_the_value(siege: Siege, claim: str) -> None:
    """joserfc: `iss` as a list held where one member did."""
    siege.liar.forge = lambda header, claims: by_hand(header, claims | {claim: [claims[claim]]})
    siege.liar.person["sub"] = [SUB] if claim == "sub" else SUB
    _is_refused(siege, claim)


def test_CVE_2026_40946_an_audience_is_always_looked_at(siege: Siege) -> None:
    """Oxia: the client id was not compared."""
    for aud in ("inngangsportalen", siege.origin, siege.liar.origin, "*", f"{CLIENT},another"):
        siege.liar.claims["aud"] = aud
        _is_refused(siege, "aud")


@pytest.mark.parametrize("iss", ["https://self-issued.me", "https://self-issued.me/v2", "urn:self", "127.0.0.1"])
def test_CVE_2026_65583_nobody_issues_tokens_about_himself(siege: Siege, iss: str) -> None:
    """CXF: self-issued tokens skipped the checks."""
    key = weak_key(2048)
    own = public_jwk(key, "rsa-1")
    siege.liar.claims |= {"iss": iss, "sub_jwk": own}
    siege.liar.forge = lambda header, claims: by_hand(header | {"jwk": own}, claims, key)
    _is_refused(siege)


@pytest.mark.parametrize("extension", ["b64", "exp", "bork", "http://example.com/x", ""])
def test_CVE_2025_59420_an_extension_that_we_do_not_know_is_refused(siege: Siege, extension: str) -> None:
    """Authlib (and CVE-2026-32597 in PyJWT): `crit` was not looked at."""
    siege.liar.header |= {"crit": [extension], extension: True}
    _is_refused(siege, "crit")


@pytest.mark.parametrize("b64", [False, True, "false", 0])
def test_CVE_2026_32597_the_body_is_never_read_in_a_second_way(siege: Siege, b64: Any) -> None:
    """RFC 7797: `b64: false` with and without `crit`."""
    siege.liar.header["b64"] = b64
    _is_refused(siege, "crit")


@pytest.mark.parametrize("part", ["header", "claims", "signature"])
def test_CVE_2025_61920_a_segment_without_end_is_refused_at_once(siege: Siege, part: str) -> None:
    """Authlib: megabytes were decoded before anything was checked."""
    long = "A" * 1_200_000

    def forged(header: Changes, claims: Changes) -> str:
        parts = dict(zip(("header", "claims", "signature"), by_hand(header, claims).split("."), strict=True))
        return ".".join((parts | {part: long}).values())

    siege.liar.forge = forged
    began = time.monotonic()
    _is_refused(siege)
    assert time.monotonic() - began < 5


def test_CVE_2025_65015_a_huge_token_stands_in_no_log_line(siege: Siege) -> None:
    """joserfc: the whole token was put into the text of the exception."""
    siege.liar.header["kid"] = "K" * 100_000
    siege.liar.claims["padding"] = "P" * 100_000
    _is_refused(siege)
    assert max(len(line) for line in siege.lines.said) < 1_000


TAILS = ["=", "==", "A", "AA", "AAAA", "\n", " ", ".", ".AA", "%3D", "!", "\0"]


@pytest.mark.parametrize("tail", TAILS)
def test_CVE_2026_62995_a_token_has_one_spelling(siege: Siege, tail: str) -> None:
    """Joserfc (and CVE-2026-102269 in PyJWT): padded variants of a signed token held as well."""
    siege.liar.forge = lambda header, claims: by_hand(header, claims) + tail
    _is_refused(siege)
    siege.liar.forge = lambda header, claims: by_hand(header, claims).replace(".", tail + ".", 1)
    _is_refused(siege)


def test_CVE_2026_102269_bits_that_mean_nothing_make_no_second_spelling(siege: Siege) -> None:
    """PyJWT: characters after the last whole byte were not looked at."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for step in (1, 2, 3):

        def nudged(header: Changes, claims: Changes, step: int = step) -> str:
            token = by_hand(header, claims)
            return token[:-1] + alphabet[(alphabet.index(token[-1]) + step) % 64]

        siege.liar.forge = nudged
        _is_refused(siege, "signature")


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("part", ["header", "claims"])
def test_CVE_2026_101918_depth_is_no_way_out_of_our_own_errors(siege: Siege, part: str, opening: bytes) -> None:
    """PyJWT (header: CVE-2026-102265): RecursionError left the library as it was, and became a 500."""
    deep = opening * 1_000

    def forged(header: Changes, claims: Changes) -> str:
        return by_hand(*((deep, claims) if part == "header" else (header, deep)))

    siege.liar.forge = forged
    _is_refused(siege)
    assert siege.liar.count(TOKEN) == 2
