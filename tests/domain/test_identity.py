from __future__ import annotations

from typing import Any

import pytest

from portal.domain.identity import (
    HPR_DETAILS,
    HPR_NUMBER,
    SECURITY_LEVEL,
    Authorisation,
    Person,
    VerifiedClaims,
    from_claims,
)
from portal.errors import SignInError

CLAIMS: dict[str, Any] = {"sub": "anna", "name": "Anna Fastlege", SECURITY_LEVEL: "4"}
APPROVAL: dict[str, Any] = {
    "profession": "LE",
    "authorization": {"value": "1", "description": "Autorisasjon"},
    "requisition_rights": [{"value": "1", "description": "Full rekvisisjonsrett"}],
    "specialities": [{"value": "01", "description": "Allmennmedisin"}],
}
DETAILS: dict[str, Any] = {"hpr_number": 565501872, "approvals": [APPROVAL]}
USERINFO: dict[str, Any] = {"sub": "anna", HPR_DETAILS: DETAILS}


def read(claims: dict[str, Any] | None = None, userinfo: dict[str, Any] | None = None) -> Person:
    """Read a person where some claims are others."""
    return from_claims(VerifiedClaims({**CLAIMS, **(claims or {})}), {**USERINFO, **(userinfo or {})})


def read_details(**details: Any) -> Person:
    """Read a person where some of `hpr_details` are others."""
    return read(userinfo={HPR_DETAILS: {**DETAILS, **details}})


def rule(refused: pytest.ExceptionInfo[SignInError]) -> tuple[str, str]:
    """Code and field of a refusal."""
    return refused.value.code, refused.value.detail


def test_a_doctor_is_read_whole() -> None:
    assert read() == Person(
        sub="anna",
        name="Anna Fastlege",
        security_level=4,
        hpr_number="565501872",
        authorisations=(Authorisation("LE", "1", requisition_rights=("1",), specialities=("01",)),),
    )


@pytest.mark.parametrize("details", [None, {}, {"approvals": None}, {"approvals": []}])
def test_a_person_without_hpr_is_a_person(details: dict[str, Any] | None) -> None:
    person = read(userinfo={HPR_DETAILS: details})
    assert (person.hpr_number, person.authorisations, person.roles) == (None, (), frozenset())


def test_userinfo_without_the_claim_is_no_hpr() -> None:
    person = from_claims(VerifiedClaims(CLAIMS), {"sub": "anna"})
    assert (person.hpr_number, person.authorisations) == (None, ())


@pytest.mark.parametrize(
    ("claim", "details", "number"),
    [
        ("565501872", None, "565501872"),
        ("565501872", {"hpr_number": 565550846}, "565550846"),
        ("", {"hpr_number": "565550846"}, "565550846"),
        ("", {"hpr_number": 0}, None),
    ],
)
def test_the_number_is_a_string_and_userinfos_first(
    claim: str, details: dict[str, Any] | None, number: str | None
) -> None:
    assert read({HPR_NUMBER: claim}, {HPR_DETAILS: details}).hpr_number == number


@pytest.mark.parametrize(("level", "number"), [("2", 2), ("3", 3), ("4", 4)])
def test_the_level_is_a_number(level: str, number: int) -> None:
    assert read({SECURITY_LEVEL: level}).security_level == number


@pytest.mark.parametrize("level", [["4"], None, "", "1", "5", 4, 4.0, "04", " 4", "Level4", True])
def test_another_level_is_refused(level: object) -> None:
    with pytest.raises(SignInError) as refused:
        read({SECURITY_LEVEL: level})
    assert rule(refused) == ("login_token_invalid", "security_level")


@pytest.mark.parametrize(
    ("claims", "userinfo"),
    [
        ({"sub": None}, {"sub": None}),
        ({"sub": ""}, {"sub": ""}),
        ({"sub": 7}, {"sub": 7}),
        ({}, {"sub": "bo"}),
        ({}, {"sub": None}),
        ({"sub": "bo"}, {}),
    ],
)
def test_both_must_be_about_one_sub(claims: dict[str, Any], userinfo: dict[str, Any]) -> None:
    with pytest.raises(SignInError) as refused:
        read(claims, userinfo)
    assert rule(refused) == ("login_token_invalid", "sub")


def test_space_around_a_name_is_no_part_of_it() -> None:
    assert read({"name": " Anna Fastlege "}).name == "Anna Fastlege"


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["Anna"], {"given": "Anna"}])
def test_a_person_has_a_name(name: object) -> None:
    with pytest.raises(SignInError) as refused:
        read({"name": name})
    assert rule(refused) == ("login_token_invalid", "name")


@pytest.mark.parametrize("details", ["LE", ["LE"], 7, True])
def test_details_are_an_object(details: object) -> None:
    with pytest.raises(SignInError) as refused:
        read(userinfo={HPR_DETAILS: details})
    assert rule(refused) == ("login_token_invalid", "hpr_details")


@pytest.mark.parametrize(
    "approvals",
    [
        "LE",
        {"profession": "LE"},
        7,
        [None],
        ["LE"],
        [["LE"]],
        [{}],
        [{"profession": "LE"}],
        [{"profession": "LE", "authorization": None}],
        [{"profession": "LE", "authorization": "1"}],
        [{"profession": "LE", "authorization": {}}],
        [{"authorization": {"value": "1"}}],
        [{**APPROVAL, "requisition_rights": ["1"]}],
        [{**APPROVAL, "requisition_rights": 1}],
        [{**APPROVAL, "specialities": [{}]}],
        [APPROVAL, {}],
    ],
)
def test_approvals_of_another_shape_are_refused_and_not_quoted(approvals: object) -> None:
    with pytest.raises(SignInError) as refused:
        read_details(approvals=approvals)
    assert rule(refused) == ("login_token_invalid", "hpr_details")


def test_rights_and_specialities_may_be_left_out() -> None:
    short = {"profession": "JO", "authorization": {"value": "1"}}
    assert read_details(approvals=[short]).authorisations == (Authorisation("JO", "1"),)


def test_every_approval_is_read_in_order() -> None:
    midwife = {**APPROVAL, "profession": "JO"}
    assert [one.profession for one in read_details(approvals=[APPROVAL, midwife]).authorisations] == ["LE", "JO"]
