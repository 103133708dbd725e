"""Fødselsnummer and D-number: which of the two, whether real, and never one that cannot be."""

from __future__ import annotations

import pytest

from portal.domain import person_number
from portal.domain.oids import DNR, FNR
from portal.errors import ContextRejected

_FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def with_control_digits(date: str) -> str:
    """The first number of a day, month and year, counted from individual number 500, whose control digits exist."""
    for individual in range(500, 1000):
        digits = [int(digit) for digit in f"{date}{individual}"]
        for weights in (_FIRST, _SECOND):
            digits.append(-sum(map(int.__mul__, digits, weights)) % 11)
        if max(digits) < 10:
            return "".join(map(str, digits))
    raise AssertionError(date)


def code_of(number: str, *, synthetic: bool) -> str:
    with pytest.raises(ContextRejected) as refused:
        person_number.check(number, synthetic=synthetic)
    assert not any(digit in refused.value.detail for digit in "0123456789")
    assert number not in str(refused.value) or not number
    return refused.value.code


@pytest.mark.parametrize("synthetic", [True, False])
@pytest.mark.parametrize(("date", "system"), [("010160", FNR), ("311299", FNR), ("410160", DNR), ("711299", DNR)])
def test_the_day_tells_which_of_the_two(date: str, system: str, *, synthetic: bool) -> None:
    assert person_number.check(with_control_digits(date), synthetic=synthetic) == system


@pytest.mark.parametrize("month", ["66", "77", "81", "92"])
@pytest.mark.parametrize(("day", "system"), [("15", FNR), ("55", DNR)])
def test_production_refuses_every_synthetic_series(day: str, month: str, system: str) -> None:
    number = with_control_digits(f"{day}{month}75")
    assert person_number.check(number, synthetic=True) == system
    assert code_of(number, synthetic=False) == "synthetic_patient"


@pytest.mark.parametrize("month", ["41", "52"])
@pytest.mark.parametrize("day", ["15", "55"])
def test_where_patients_are_real_month_40_is_a_journals_own_help_number(day: str, month: str) -> None:
    number = with_control_digits(f"{day}{month}75")
    assert person_number.check(number, synthetic=True) in {FNR, DNR}
    assert code_of(number, synthetic=False) == "patient_number_local"


@pytest.mark.parametrize("synthetic", [True, False])
@pytest.mark.parametrize("beginning", ["812345", "900000", "987654"])
def test_a_common_help_number_is_told_apart(beginning: str, *, synthetic: bool) -> None:
    assert code_of(with_control_digits(beginning), synthetic=synthetic) == "patient_number_local"


@pytest.mark.parametrize("number", ["31817541278", "14924831872", "45830364157"])
def test_the_demos_patients_are_synthetic(number: str) -> None:
    assert person_number.check(number, synthetic=True) in {FNR, DNR}
    assert code_of(number, synthetic=False) == "synthetic_patient"


@pytest.mark.parametrize("date", ["000160", "320160", "400160", "720160", "010060", "011360", "014060", "015360"])
@pytest.mark.parametrize("synthetic", [True, False])
def test_right_control_digits_without_a_birthday_are_not_enough(date: str, *, synthetic: bool) -> None:
    assert code_of(with_control_digits(date), synthetic=synthetic) == "patient_number_invalid"


@pytest.mark.parametrize("date", ["016560", "017860", "018060", "019360"])
def test_no_series_has_a_thirteenth_month(date: str) -> None:
    assert code_of(with_control_digits(date), synthetic=True) == "patient_number_invalid"


@pytest.mark.parametrize("place", range(11))
def test_one_wrong_digit_is_seen(place: int) -> None:
    number = with_control_digits("010160")
    for other in set("0123456789") - {number[place]}:
        wrong = number[:place] + other + number[place + 1 :]
        assert code_of(wrong, synthetic=True) == "patient_number_invalid"


@pytest.mark.parametrize(
    "number", ["", "0101605000", "010160500000", "010160 50000", "0101605000x", "٠١٠١٦٠٥٠٠٠٠", "²1016050000"]
)
def test_another_form_is_refused(number: str) -> None:
    assert code_of(number, synthetic=True) == "patient_number_invalid"


def test_a_banner_shows_the_birth_date_alone() -> None:
    assert person_number.masked("31817541278") == "318175 *****"
