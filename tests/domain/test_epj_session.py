from __future__ import annotations

from typing import Any

import pytest

from portal.domain.epj_session import ORGNR_CHILD, ORGNR_PARENT, EpjSession, from_claims
from portal.domain.identity import HPR_NUMBER, PID, SECURITY_LEVEL, Organisation, VerifiedClaims
from portal.errors import ContextRejected

CLAIMS: dict[str, Any] = {
    "sub": "anna",
    "client_id": "epj",
    "sid": "s-1",
    PID: "15849197352",
    SECURITY_LEVEL: "4",
    HPR_NUMBER: "565550846",
    ORGNR_PARENT: "999977774",
    ORGNR_CHILD: "999977775",
}
OFFICE = Organisation("999977774", "999977775")


def read(change: dict[str, Any], lowest: int = 4) -> EpjSession:
    """Read a session where some claims are others, or (None) not there."""
    claims = {name: value for name, value in (CLAIMS | change).items() if value is not None}
    return from_claims(VerifiedClaims(claims), lowest)


def refused(change: dict[str, Any], lowest: int = 4) -> str:
    with pytest.raises(ContextRejected) as caught:
        read(change, lowest)
    return caught.value.code


def test_whose_session_it_is_and_for_which_office() -> None:
    assert read({}) == EpjSession("anna", "epj", "s-1", "565550846", OFFICE, 4, frozenset({"15849197352"}))
    assert read({ORGNR_CHILD: None}).organisation == Organisation("999977774")


@pytest.mark.parametrize("name", ["sub", "sid", "client_id", PID])
@pytest.mark.parametrize("value", [None, "", 7, ["x"]])
def test_a_machine_s_token_opens_no_patient(name: str, value: object) -> None:
    assert refused({name: value}) == "user_token_required"


@pytest.mark.parametrize(
    ("level", "lowest", "holds"),
    [("4", 4, True), ("3", 3, True), ("4", 3, True), ("3", 4, False), ("2", 3, False), (None, 2, False)],
)
def test_the_level_is_the_lowest_that_may_log_in_or_higher(level: str | None, lowest: int, *, holds: bool) -> None:
    if holds:
        assert read({SECURITY_LEVEL: level}, lowest).sub == "anna"
    else:
        assert refused({SECURITY_LEVEL: level}, lowest) == "security_level_too_low"


@pytest.mark.parametrize("level", ["5", "04", "Level4", "", 4])
def test_a_level_that_helseid_does_not_know_is_too_low(level: object) -> None:
    assert refused({SECURITY_LEVEL: level}, 2) == "security_level_too_low"


@pytest.mark.parametrize("number", [None, "99997777", "9999777745", 999977774, "NO:999977774"])
def test_a_token_without_an_office_opens_no_patient(number: object) -> None:
    assert refused({ORGNR_PARENT: number}) == "organisation_missing"


@pytest.mark.parametrize("number", [None, "0", "5655508460", "HPR 565550846", ["565550846"]])
def test_what_is_no_hpr_number_is_none(number: object) -> None:
    assert read({HPR_NUMBER: number}).hpr_number is None
