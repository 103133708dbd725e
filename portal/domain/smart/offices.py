"""The office in an EPJ's resources (no-basis-Organization)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import StringConstraints, TypeAdapter, ValidationError

from portal.domain.oids import ENH, HER
from portal.domain.smart.numbers import numbers_in
from portal.domain.text import HerId
from portal.errors import SmartRejected

if TYPE_CHECKING:
    from portal.domain.smart.resources import Organization

# Its form alone, as at door A: HelseID's own test units have numbers whose control digit does not hold.
_NUMBER: TypeAdapter[str] = TypeAdapter(Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")])
_HER_ID: TypeAdapter[str] = TypeAdapter(HerId)


def organisation_number(resource: Organization) -> str | None:
    """Return its number in Enhetsregisteret, None when it has none; raises SmartRejected smart_organisation_invalid."""
    return _only(resource, ENH, _NUMBER, "an organisation number is nine digits")


def her_id(resource: Organization) -> str | None:
    """Return the HER-id that it takes messages at, None when it gives none; raises as `organisation_number`."""
    return _only(resource, HER, _HER_ID, "a HER-id is 1 to 9 digits and does not start with 0")


def _only(resource: Organization, system: str, form: TypeAdapter[Any], rule: str) -> str | None:
    numbers = numbers_in(resource.identifier, system)
    if not numbers:
        return None
    if len(numbers) > 1:
        raise _invalid("two different numbers in use have the system " + system)
    try:
        checked: str = form.validate_python(next(iter(numbers)))
    except ValidationError:
        # pydantic's text quotes the number.
        raise _invalid(rule) from None
    return checked


def _invalid(rule: str) -> SmartRejected:
    return SmartRejected("smart_organisation_invalid", f"Organization.identifier: {rule} (no-basis-Organization)")
