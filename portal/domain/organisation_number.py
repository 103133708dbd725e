"""Organisation numbers of Enhetsregisteret: nine digits, the last a control digit (modulus 11)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2, 1)


def check(number: str) -> str:
    """Return nine digits whose control digit holds; raises ValueError (Brønnøysundregistrene, modulus 11)."""
    if sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=True)) % 11:
        message = "the control digit of the organisation number does not hold"
        raise ValueError(message)
    return number


OrganisationNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$"), AfterValidator(check)]
