"""Whose number it is: fødselsnummer, D-number, help numbers and synthetic ones told apart by form and control digits.

A fødselsnummer is ddmmyy, three digits and two control digits (mod 11). D-number: day + 40. H-number, which one journal
makes for itself: month + 40. Felles hjelpenummer: 8 or 9 first, and no birth date. Synthetic: month + 65 or + 80, and
month + 40 too in some test data, which is why such a number is an H-number where only real patients are wanted
(Skatteetaten, Tenor; HIS 1034).
"""

from __future__ import annotations

from calendar import monthrange

from portal.domain.oids import DNR, FNR
from portal.errors import ContextRejected

_FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_D_NUMBER_DAY = 41
_LOCAL_MONTHS = range(41, 53)
_LAST_MONTH = 12
_COMMON_HELP_NUMBER = ("8", "9")
_MONTH_OFFSETS = (0, 40, 65, 80)
_A_LEAP_YEAR = 2000


def check(number: str, *, synthetic: bool) -> str:
    """Return the identifier system of a fødselsnummer or D-number with right control digits.

    Raises ContextRejected: `patient_number_invalid`, `patient_number_local` for a help number, and `synthetic_patient`
    for a test number where `synthetic` ones are not wanted.
    """
    digits = [int(digit) for digit in number] if len(number) == 11 and number.isascii() and number.isdigit() else []  # noqa: PLR2004  eleven digits by law
    if not digits or _remainder(digits, _FIRST) or _remainder(digits, _SECOND):
        raise ContextRejected("patient_number_invalid")
    if number.startswith(_COMMON_HELP_NUMBER):
        raise ContextRejected("patient_number_local", "felles hjelpenummer")
    if not _has_a_birthday(number):
        raise ContextRejected("patient_number_invalid")
    month = int(number[2:4])
    if month in _LOCAL_MONTHS and not synthetic:
        raise ContextRejected("patient_number_local", "H-number")
    if month > _LAST_MONTH and not synthetic:
        raise ContextRejected("synthetic_patient")
    return DNR if int(number[:2]) >= _D_NUMBER_DAY else FNR


def _has_a_birthday(number: str) -> bool:
    """Whether day and month are ones, once the offsets of D-numbers and of the synthetic series are taken off."""
    day, month = int(number[:2]), int(number[2:4])
    born = day - _D_NUMBER_DAY + 1 if day >= _D_NUMBER_DAY else day
    months = [month - offset for offset in _MONTH_OFFSETS if month - offset in range(1, 13)]
    return any(born in range(1, monthrange(_A_LEAP_YEAR, month)[1] + 1) for month in months)


def stands_in(text: str) -> bool:
    """Whether eleven digits of the text could be somebody's number."""
    return any(_is_one(text[at : at + 11]) for at in range(len(text) - 10))


def _is_one(digits: str) -> bool:
    try:
        check(digits, synthetic=True)
    except ContextRejected:
        # Felles hjelpenummer too: without a birth date in it, too many numbers look like one.
        return False
    return True


def masked(number: str) -> str:
    """The birth date in clear and nothing of the rest, for a banner."""
    return f"{number[:6]} *****"


def _remainder(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False)) % 11
