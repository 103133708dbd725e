"""Who a service is for, as its owner wrote it: a visibility, and rules for those who are named."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from portal.domain.bodies import Body
from portal.domain.organisation_number import OrganisationNumber

Item = TypeVar("Item")
Some = Annotated[tuple[Item, ...], Field(min_length=1)]
"""A list that was meant: an empty one would ask for nothing, which is never what its author thought."""

ANY_OF_ROLE = "any_of_role"


def _listed(value: Any) -> Any:
    return (value,) if value == ANY_OF_ROLE else value


Profession = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]?$")]
Approval = Literal["autorisasjon", "lisens"]
HprCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")]
Role = Literal["kommuneoverlege", "fastlege", "vikar", "sjomannslege", "medhjelper", "admin"]
Municipality = Annotated[str, StringConstraints(pattern=rf"^([0-9]{{4}}|{ANY_OF_ROLE})$")]
Municipalities = Annotated[tuple[Municipality, ...], BeforeValidator(_listed), Field(min_length=1)]


class Rule(Body):
    """What is asked of one person, all of it at once; a field that is left out asks for nothing.

    `professions` are codes of Volven 9060, `requisition_rights` and `specialities` HPR's own code values,
    `municipalities` four digits or `any_of_role`: any municipality that the local role is held in.
    """

    professions: Some[Profession] | None = None
    authorization: Some[Approval] | None = None
    requisition_rights: Some[HprCode] | None = None
    specialities: Some[HprCode] | None = None
    roles: Some[Role] | None = None
    municipalities: Municipalities | None = None
    organizations: Some[OrganisationNumber] | None = None
    min_security_level: Literal[3, 4] | None = None

    @cached_property
    def asked(self) -> dict[str, Any]:
        """What it asks for, by field; a list of hundreds of services asks this of each of them."""
        return {field: wanted for field in type(self).model_fields if (wanted := getattr(self, field)) is not None}

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.asked:
            message = "a rule that asks for nothing would let everyone in: use visibility authenticated"
            raise ValueError(message)
        return self


class Access(Body):
    """`public` needs no login, `authenticated` any login, `authorised` one rule that holds in full."""

    visibility: Literal["public", "authenticated", "authorised"]
    on_deny: Literal["hide", "show_info"] = "hide"
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _rules_go_with_visibility(self) -> Self:
        if self.visibility == "authorised" and not self.rules:
            raise ValueError("visibility authorised needs rules: without one it would be for nobody")
        if self.visibility == "authenticated" and self.rules:
            raise ValueError("rules go with visibility authorised or public")
        return self
