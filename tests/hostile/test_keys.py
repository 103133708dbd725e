"""facts/security §4.1 and the suite's key modules: whose signature counts, and how often HelseID is asked for keys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.forge import by_hand, public_jwk, weak_key
from support.keys import ec, rsa, signed
from support.liar import JWKS, MISSING
from support.loopback import Says

if TYPE_CHECKING:
    from support.siege import Siege

pytestmark = pytest.mark.hostile


@pytest.fixture
def siege(lone_siege: Siege) -> Siege:
    """Here every test has a portal of its own."""
    return lone_siege


def _is_refused(siege: Siege, rule: str | None = None) -> None:
    visitor = siege.visitor()
    siege.refused(visitor.log_in(), 502, "login_token_invalid", rule)
    siege.nobody_came_in(visitor)


def _by_second_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return signed(header, claims, rsa("rsa-2").private)


def _comes_in(siege: Siege) -> None:
    visitor = siege.visitor()
    visitor.log_in()
    assert visitor.is_in(), siege.lines.said[-3:]


def test_H013_a_flood_of_unknown_kids_is_one_question_a_minute(siege: Siege) -> None:
    _comes_in(siege)
    siege.clock.ahead += timedelta(minutes=1)
    for number in range(8):
        siege.liar.header["kid"] = f"unknown-{number}"
        siege.refused(siege.attack(), 502, "login_token_invalid", "kid")
    assert siege.liar.count(JWKS) == 2
    siege.clock.ahead += timedelta(seconds=40)
    siege.refused(siege.attack(), 502, "login_token_invalid", "kid")
    assert siege.liar.count(JWKS) == 2
    siege.clock.ahead += timedelta(seconds=20)
    siege.refused(siege.attack(), 502, "login_token_invalid", "kid")
    assert siege.liar.count(JWKS) == 3
    siege.liar.header.clear()
    _comes_in(siege)


@pytest.mark.parametrize(
    "kid", [None, 7, ["rsa-1"], {"rsa-1": 1}, True, "", "RSA-1", "rsa-1 ", "../../rsa-1", "rsa-1\0"]
)
def test_H013_a_kid_that_names_no_key_of_ours(siege: Siege, kid: Any) -> None:
    siege.liar.header["kid"] = kid
    _is_refused(siege, "kid")


def test_H014_a_new_key_counts_at_once_and_an_old_one_for_an_hour(siege: Siege) -> None:
    _comes_in(siege)
    siege.clock.ahead += timedelta(minutes=1)
    siege.liar.keys = [rsa("rsa-2").public]
    siege.liar.header["kid"] = "rsa-2"
    siege.liar.forge = _by_second_key
    _comes_in(siege)
    siege.liar.header["kid"] = "rsa-1"
    siege.liar.forge = by_hand
    _is_refused(siege, "kid")


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([], id="none"),
        pytest.param(None, id="null"),
        pytest.param({"kty": "RSA"}, id="an object"),
        pytest.param([rsa().public | {"kid": "rsa-2"}] * 2, id="two with one name"),
        pytest.param([rsa("rsa-2").public] * 51, id="51"),
        pytest.param([{"kty": "RSA", "kid": 1}], id="a kid that is a number"),
    ],
)
def test_H014_keys_that_are_none_leave_the_last_good_ones_standing(siege: Siege, keys: Any) -> None:
    _comes_in(siege)
    siege.liar.keys = keys
    siege.clock.ahead += timedelta(hours=1)
    _comes_in(siege)
    assert siege.liar.count(JWKS) == 2
    assert siege.visitor().ask("/health/ready").json() == {"status": "ready", "warnings": ["helseid_keys"]}


def test_RP_key_id_unknown(siege: Siege) -> None:
    siege.liar.header["kid"] = "rsa-2"
    siege.liar.forge = _by_second_key
    _is_refused(siege, "kid")


def test_RP_key_id_missing(siege: Siege) -> None:
    siege.liar.header["kid"] = MISSING
    _is_refused(siege, "kid")


@pytest.mark.parametrize("bits", [1024, 1536, 2047])
def test_RP_a_weak_RSA_key_is_refused(siege: Siege, bits: int) -> None:
    key = weak_key(bits)
    siege.liar.keys = [public_jwk(key, "rsa-1")]
    siege.liar.forge = lambda header, claims: by_hand(header, claims, key)
    _is_refused(siege, "key")


def test_RP_two_keys_with_one_kid_are_refused(siege: Siege) -> None:
    siege.liar.keys = [rsa().public, rsa("rsa-2").public | {"kid": "rsa-1"}]
    siege.refused(siege.attack(), 503, "helseid_down", "jwks: kid")


def test_RP_a_key_for_encryption_signs_nothing(siege: Siege) -> None:
    siege.liar.keys = [rsa().public | {"use": "enc"}, rsa("rsa-2").public]
    _is_refused(siege, "kid")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"n": 7}, id="n is a number"),
        pytest.param({"n": ""}, id="n is empty"),
        pytest.param({"n": "!!!!"}, id="n is no base64"),
        pytest.param({"n": "A" * 1_000_000}, id="n is 6 million zeros"),
        pytest.param({"n": "_" * 20_000}, id="n is 120 000 ones"),
        pytest.param({"n": [rsa().public["n"]]}, id="n is a list"),
        pytest.param({"e": "AA"}, id="e is 0"),
        pytest.param({"e": "AQ"}, id="e is 1"),
        pytest.param({"e": "Ag"}, id="e is 2"),
        pytest.param({"e": "_" * 400}, id="e is 2 400 bits"),
        pytest.param({"e": None}, id="e is null"),
        pytest.param({"kty": "oct", "k": "AA"}, id="an oct"),
        pytest.param({"kty": "EC", "crv": "P-256"}, id="an EC without a point"),
        pytest.param(ec("rsa-1").public, id="another key"),
        pytest.param({"kty": ["RSA"]}, id="kty is a list"),
        pytest.param({"kty": "rsa"}, id="kty in lower case"),
    ],
)
def test_CVE_2026_102274_a_key_that_is_broken_is_refused_and_nothing_else_breaks(siege: Siege, change: Any) -> None:
    siege.liar.keys = [rsa().public | change, rsa("rsa-2").public]
    _is_refused(siege)
    siege.liar.header["kid"] = "rsa-2"
    siege.liar.forge = _by_second_key
    _comes_in(siege)


def test_RP_a_JWKS_by_another_media_type_or_status_is_judged_by_its_status(siege: Siege) -> None:
    siege.liar.overrides[JWKS] = lambda _: Says({"keys": [rsa().public]}, 203)
    siege.refused(siege.attack(), 503, "helseid_down")
