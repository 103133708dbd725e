"""The conformance suite's modules for the claims of an id token, one test each (facts/security §1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.forge import by_hand
from support.liar import CLIENT, MISSING

if TYPE_CHECKING:
    from support.siege import Siege
pytestmark = pytest.mark.hostile


def _is_refused(siege: Siege, rule: str | None = None) -> None:
    visitor = siege.visitor()
    siege.refused(visitor.log_in(), 502, "login_token_invalid", rule)
    siege.nobody_came_in(visitor)
    assert siege.liar.faults == []


def _claims(siege: Siege, **changes: Any) -> None:
    siege.liar.claims |= changes


@pytest.mark.parametrize("iss", ["https://evil.example", "", "{}/", "{}?", "{} "])
def test_RP_invalid_iss(siege: Siege, iss: str) -> None:
    _claims(siege, iss=iss.replace("{}", siege.liar.origin))
    _is_refused(siege, "iss")


def test_CVE_2024_53861_an_iss_that_is_a_part_of_ours(siege: Siege) -> None:
    for part in (siege.liar.origin[:-1], siege.liar.origin[1:], "http"):
        _claims(siege, iss=part)
        siege.refused(siege.attack(), 502, "login_token_invalid", "iss")


def test_RP_missing_iss(siege: Siege) -> None:
    _claims(siege, iss=MISSING)
    _is_refused(siege, "iss")


@pytest.mark.parametrize("aud", ["another", "", CLIENT[:-1], f"{CLIENT} ", CLIENT.upper(), []])
def test_RP_invalid_aud(siege: Siege, aud: Any) -> None:
    _claims(siege, aud=aud)
    _is_refused(siege, "aud")


def test_RP_missing_aud(siege: Siege) -> None:
    _claims(siege, aud=MISSING)
    _is_refused(siege, "aud")


def test_RP_aud_as_a_list_with_others(siege: Siege) -> None:
    _claims(siege, aud=[CLIENT, "another"], azp=CLIENT)
    _is_refused(siege, "aud")


def test_RP_aud_as_a_list_with_us_alone_is_right(siege: Siege) -> None:
    _claims(siege, aud=[CLIENT], azp=CLIENT)
    visitor = siege.visitor()
    visitor.log_in()
    assert visitor.is_in()


def test_RP_expired(siege: Siege) -> None:
    _claims(siege, exp=int(siege.clock().timestamp()) - 1)
    _is_refused(siege, "exp")


def test_RP_missing_exp(siege: Siege) -> None:
    _claims(siege, exp=MISSING)
    _is_refused(siege, "exp")


def test_RP_missing_iat(siege: Siege) -> None:
    _claims(siege, iat=MISSING)
    _is_refused(siege, "iat")


def test_RP_iat_in_the_future(siege: Siege) -> None:
    _claims(siege, iat=int(siege.clock().timestamp()) + 61)
    _is_refused(siege, "iat")


def test_RP_nbf_in_the_future(siege: Siege) -> None:
    _claims(siege, nbf=int(siege.clock().timestamp()) + 61)
    _is_refused(siege, "nbf")


def test_RP_missing_sub(siege: Siege) -> None:
    _claims(siege, sub=MISSING)
    siege.liar.person["sub"] = MISSING
    _is_refused(siege, "sub")


@pytest.mark.parametrize("nonce", ["another", "", "0" * 43])
def test_RP_invalid_nonce(siege: Siege, nonce: str) -> None:
    _claims(siege, nonce=nonce)
    _is_refused(siege, "nonce")


def test_RP_missing_nonce(siege: Siege) -> None:
    _claims(siege, nonce=MISSING)
    _is_refused(siege, "nonce")


def test_RP_the_nonce_of_another_login(siege: Siege) -> None:
    tokens: list[str] = []
    siege.liar.forge = lambda header, claims: tokens.append(by_hand(header, claims)) or tokens[0]  # type: ignore[func-returns-value]
    first, second = siege.visitor(), siege.visitor()
    first.log_in()
    assert first.is_in()
    siege.refused(second.log_in(), 502, "login_token_invalid", "nonce")
    siege.nobody_came_in(second)
