"""The id that stands for a patient in one launch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.launch import opaque_patient
from portal.domain.text import is_opaque_id


@given(st.text(min_size=1, max_size=64))
def test_a_patients_id_is_letters_and_nobodys_number(token: str) -> None:
    made = opaque_patient(token)
    assert len(made) == 64
    assert made.isascii()
    assert made.isalpha()
    assert made.islower()
    assert is_opaque_id(made)


def test_an_id_whose_digits_looked_like_a_number_is_taken_in_again() -> None:
    """The hexadecimal id of this token held a number with right control digits, and its write-back was refused."""
    assert is_opaque_id(opaque_patient("t477"))
    assert opaque_patient("t477") != opaque_patient("t478")
