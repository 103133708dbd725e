"""Organisation numbers: nine digits, the last of them a control digit (Brønnøysundregistrene, modulus 11)."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from portal.domain.organisation_number import OrganisationNumber, check

# The registers' own office, Norsk helsenett, and one of the test organisations.
HOLD = ["974760673", "994598759", "310000043"]
ADAPTER: TypeAdapter[str] = TypeAdapter(OrganisationNumber)


@pytest.mark.parametrize("number", HOLD)
def test_a_right_number_is_returned_as_it_is(number: str) -> None:
    assert check(number) == number
    assert ADAPTER.validate_python(number) == number


@pytest.mark.parametrize("number", HOLD)
@pytest.mark.parametrize("place", range(9))
def test_one_wrong_digit_is_seen(number: str, place: int) -> None:
    for other in set("0123456789") - {number[place]}:
        with pytest.raises(ValueError, match="control digit"):
            check(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize("number", HOLD)
@pytest.mark.parametrize("place", range(8))
def test_two_neighbours_that_changed_places_are_seen(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        with pytest.raises(ValueError, match="control digit"):
            check(swapped)


@pytest.mark.parametrize(
    "number", ["", "97476067", "9747606730", "NO974760673", "974 760 673", "97476067٣", "974760673\n"]
)
def test_another_form_is_refused(number: str) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(number)


def test_the_refusal_does_not_quote_the_number() -> None:
    with pytest.raises(ValueError, match="control digit") as refused:
        check("974760674")
    assert "974760674" not in str(refused.value)
