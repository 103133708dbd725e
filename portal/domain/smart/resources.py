"""What we read of an EPJ's resources (FHIR R4); everything else in them is let be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from portal.domain.text import Name
from portal.errors import SmartRejected

if TYPE_CHECKING:
    from portal.domain.smart.reference import Reference

_Text = Annotated[str, StringConstraints(max_length=500)]


class Element(BaseModel):
    """A resource or a part of one: what we do not read may be anything."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Identifier(Element):
    """A number and its system."""

    use: _Text | None = None
    system: _Text | None = None
    value: _Text | None = None


class Link(Element):
    """A reference; without an address it leads nowhere."""

    reference: _Text | None = None


class HumanName(Element):
    """A name; `given` are all given names, in order."""

    use: _Text | None = None
    family: Name | None = None
    given: Annotated[tuple[Name, ...], Field(max_length=10)] = ()


_Identifiers = Annotated[tuple[Identifier, ...], Field(max_length=50)]


class Patient(Element):
    """The open patient (no-basis-Patient)."""

    identifier: _Identifiers = ()
    name: Annotated[tuple[HumanName, ...], Field(max_length=20)] = ()
    birthDate: _Text | None = None  # noqa: N815  FHIR's own field name


class Practitioner(Element):
    """The clinician (no-basis-Practitioner)."""

    identifier: _Identifiers = ()


class PractitionerRole(Element):
    """The clinician at one office."""

    practitioner: Link | None = None
    organization: Link | None = None


class Encounter(Element):
    """The consultation that is open."""

    subject: Link | None = None
    serviceProvider: Link | None = None  # noqa: N815  FHIR's own field name


class Organization(Element):
    """The office, or the legal entity that it is part of (no-basis-Organization)."""

    identifier: _Identifiers = ()
    partOf: Link | None = None  # noqa: N815  FHIR's own field name


_Read = TypeVar("_Read", bound=Element)


def read(model: type[_Read], body: Any, asked: Reference) -> _Read:
    """Return the resource that was asked for; raises SmartRejected smart_resource_invalid naming the field."""
    given = body if isinstance(body, dict) else {}
    if given.get("resourceType") == "Bundle":
        raise _invalid(asked, "resourceType", "a read answers the resource itself, not a Bundle")
    if given.get("resourceType") != asked.type:
        raise _invalid(asked, "resourceType", "must be the type that was asked for")
    if given.get("id") != asked.id:
        raise _invalid(asked, "id", "must be the one in the address that was asked for")
    try:
        return model.model_validate(given)
    except ValidationError as error:
        # Only place and rule: the rest quotes the answer.
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise _invalid(asked, ".".join(str(step) for step in first["loc"]), first["msg"]) from None


def _invalid(asked: Reference, field: str, rule: str) -> SmartRejected:
    detail = f"{asked.type}.{field}: {rule} (FHIR R4, RESTful API: read; {asked.type})"
    return SmartRejected("smart_resource_invalid", detail)
