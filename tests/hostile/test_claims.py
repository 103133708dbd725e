"""facts/security §4.1: HelseID's own signature under claims that it should never have signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.forge import by_hand
from support.liar import CLIENT, MISSING, SUB
from support.siege import own_page

from portal.domain.identity import HPR_DETAILS, HPR_NUMBER, PID, SECURITY_LEVEL

if TYPE_CHECKING:
    from support.siege import Siege

pytestmark = pytest.mark.hostile


def _is_refused(siege: Siege, rule: str) -> None:
    visitor = siege.visitor()
    siege.refused(visitor.log_in(), 502, "login_token_invalid", rule)
    siege.nobody_came_in(visitor)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("iss", lambda siege: [siege.liar.origin], id="iss is a list"),
        pytest.param("iss", lambda siege: {"0": siege.liar.origin}, id="iss is an object"),
        pytest.param("aud", lambda _: [CLIENT, "another"], id="aud has another beside us"),
        pytest.param("aud", lambda _: ["another", CLIENT], id="aud has us last"),
        pytest.param("aud", lambda _: [CLIENT, CLIENT], id="aud has us twice"),
        pytest.param("aud", lambda _: [[CLIENT]], id="aud is a list in a list"),
        pytest.param("aud", lambda _: {CLIENT: True}, id="aud is an object"),
        pytest.param("aud", lambda _: f"{CLIENT} another", id="aud is a sentence"),
        pytest.param("sub", lambda _: [SUB], id="sub is a list"),
        pytest.param("sub", lambda _: 7, id="sub is a number"),
        pytest.param("sub", lambda _: True, id="sub is true"),
        pytest.param("sub", lambda _: None, id="sub is null"),
        pytest.param("sid", lambda _: ["x"], id="sid is a list"),
        pytest.param("nonce", lambda _: True, id="nonce is true"),
        pytest.param("azp", lambda _: "another", id="another asked for it"),
        pytest.param("name", lambda _: ["Kari"], id="name is a list"),
        pytest.param(PID, lambda _: 13917099805, id="pid is a number"),
        pytest.param(HPR_NUMBER, lambda _: ["1"], id="HPR number is a list"),
        pytest.param(SECURITY_LEVEL, lambda _: 4, id="level is a number"),
        pytest.param(SECURITY_LEVEL, lambda _: ["4"], id="level is a list"),
    ],
)
def test_H009_a_claim_of_another_type(siege: Siege, name: str, value: Any) -> None:
    siege.liar.claims[name] = value(siege)
    _is_refused(siege, name)


@pytest.mark.parametrize(
    ("level", "code", "status"),
    [
        ("3", "security_level_too_low", 403),
        ("2", "security_level_too_low", 403),
        ("5", "login_token_invalid", 502),
        ("4 ", "login_token_invalid", 502),
        ("٤", "login_token_invalid", 502),
        ("Level4", "login_token_invalid", 502),
        (MISSING, "login_token_invalid", 502),
    ],
)
def test_H009_a_level_that_is_not_ours_whatever_acr_says(siege: Siege, level: Any, code: str, status: int) -> None:
    siege.liar.claims |= {SECURITY_LEVEL: level, "acr": "Level4"}
    visitor = siege.visitor()
    siege.refused(visitor.log_in(), status, code)
    siege.nobody_came_in(visitor)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"sub": "s" * 65}, id="sub of 65"),
        pytest.param({"sub": "s" * 512}, id="sub of 512"),
        pytest.param({"sub": "s\0s"}, id="NUL in sub"),
        pytest.param({"sid": "i" * 201}, id="sid of 201"),
        pytest.param({"sid": "i\0i"}, id="NUL in sid"),
        pytest.param({HPR_NUMBER: "1" * 21, "hpr": MISSING}, id="HPR number of 21 digits"),
        pytest.param({HPR_NUMBER: "1\0", "hpr": MISSING}, id="NUL in the HPR number"),
        pytest.param({"name": "Kari \0 Kanarifugl"}, id="NUL in the name"),
        pytest.param({"name": "K" * 513}, id="name of 513"),
        pytest.param({"name": "K" * 6_000}, id="name of 6 000"),
    ],
)
def test_H010_a_claim_that_no_column_holds(siege_on_each: Siege, change: dict[str, Any]) -> None:
    siege = siege_on_each
    siege.liar.claims |= {name: value for name, value in change.items() if name != "hpr"}
    siege.liar.person |= {"sub": change.get("sub", SUB)} | ({HPR_DETAILS: MISSING} if "hpr" in change else {})
    visitor = siege.visitor()
    answer = visitor.log_in()
    if answer.status_code == 303 and change.keys() == {"name"}:
        return  # a name is sealed, and any length fits
    siege.refused(answer, 502, "login_token_invalid")
    siege.nobody_came_in(visitor)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("exp", -1, id="expired by a second"),
        pytest.param("exp", 0, id="expires now"),
        pytest.param("exp", -86_400, id="expired yesterday"),
        pytest.param("nbf", 61, id="nbf 61 s ahead"),
        pytest.param("iat", 61, id="iat 61 s ahead"),
        pytest.param("iat", 300, id="iat 5 min ahead"),
    ],
)
def test_H011_a_token_from_another_time(siege: Siege, name: str, value: int) -> None:
    siege.liar.claims[name] = int(siege.clock().timestamp()) + value
    _is_refused(siege, name)


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", ["2524608000", True, None, [2_524_608_000], {}, -1, 1e300, 253_402_300_800, ""])
def test_H011_a_time_that_is_none(siege: Siege, name: str, value: Any) -> None:
    siege.liar.claims[name] = value
    _is_refused(siege, name)


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"01", b"0x7fffffff", b"1" * 5_000])
def test_H011_a_number_that_is_none(siege: Siege, literal: bytes) -> None:
    body = b'{"iss": "x", "exp": %s}' % literal
    siege.liar.forge = lambda header, _: by_hand(header, body)
    _is_refused(siege, "json")


@pytest.mark.parametrize(
    "person",
    [
        pytest.param({"sub": "somebody-else"}, id="somebody else"),
        pytest.param({"sub": MISSING}, id="nobody"),
        pytest.param({"sub": [SUB]}, id="a list with the right one"),
        pytest.param({"sub": SUB.upper()}, id="in capitals"),
        pytest.param({"sub": f"{SUB} "}, id="a space more"),
        pytest.param({HPR_DETAILS: []}, id="details are a list"),
        pytest.param({HPR_DETAILS: "LE"}, id="details are a string"),
        pytest.param({HPR_DETAILS: {"approvals": {"profession": "LE"}}}, id="approvals are an object"),
        pytest.param({HPR_DETAILS: {"approvals": ["LE"]}}, id="an approval is a string"),
        pytest.param({HPR_DETAILS: {"approvals": [{"profession": "LE"}]}}, id="an approval of no kind"),
        pytest.param({HPR_DETAILS: {"approvals": [{"profession": 1, "authorization": {"value": "1"}}]}}, id="a number"),
        pytest.param({HPR_DETAILS: {"hpr_number": {"value": 1}}}, id="HPR number is an object"),
    ],
)
def test_H020_userinfo_that_is_not_about_this_person(siege: Siege, person: dict[str, Any]) -> None:
    siege.liar.person |= person
    visitor = siege.visitor()
    siege.refused(visitor.log_in(), 502, "login_token_invalid")
    siege.nobody_came_in(visitor)


@pytest.mark.parametrize("number", [True, -1, "565501872; --", 10**30, "５６５５０１８７２"])
def test_H020_an_HPR_number_that_is_none(siege: Siege, number: Any) -> None:
    siege.liar.person[HPR_DETAILS] = {"hpr_number": number, "approvals": []}
    visitor = siege.visitor()
    siege.refused(visitor.log_in(), 502, "login_token_invalid", "hpr_number")
    siege.nobody_came_in(visitor)


def test_H020_userinfo_of_nobody_special_is_enough(siege: Siege) -> None:
    siege.liar.person[HPR_DETAILS] = MISSING
    assert own_page(siege, siege.visitor().log_in()) == "/mine"
