"""What an operator assigns to a person here, because HelseID cannot know it: local roles, and offices to work at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import StringConstraints, model_validator

from portal.domain.access_rules import Role
from portal.domain.bodies import Body
from portal.domain.identity import Organisation

if TYPE_CHECKING:
    from datetime import datetime

HOLDER = re.compile(r"hpr:[1-9][0-9]{4,8}|sub:[!-~]{1,64}")
"""Who: by the HPR number, which everybody can look up, or by HelseID's `sub` for who has none."""


# Not the control digit: HelseID's own test organisations have none that holds.
_Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]


class RoleAssignment(Body):
    """A local role, in one municipality or (left out) without one."""

    role: Role
    municipality: Annotated[str, StringConstraints(pattern=r"^([0-9]{4})?$")] = ""

    @property
    def kind(self) -> Literal["role"]:
        """Which column of assignments it stands in."""
        return "role"

    @property
    def value(self) -> str:
        """As `Person.roles` has it."""
        return f"{self.role}:{self.municipality}" if self.municipality else self.role

    @property
    def name(self) -> str:
        """A role has no name of its own."""
        return ""


class OfficeAssignment(Body):
    """An office that a person may choose to work for; `name` is what people there call it."""

    parent: _Number
    child: _Number | None = None
    name: Annotated[str, StringConstraints(max_length=100)] = ""

    @property
    def kind(self) -> Literal["office"]:
        """Which column of assignments it stands in."""
        return "office"

    @property
    def value(self) -> str:
        """As `Organisation.label` has it."""
        return Organisation(self.parent, self.child).label

    @model_validator(mode="before")
    @classmethod
    def _from_label(cls, given: object) -> object:
        """Take `parent/child` in one string."""
        if isinstance(given, dict) and "/" in str(given.get("parent")):
            parent, _, child = given["parent"].partition("/")
            return {**given, "parent": parent, "child": child}
        return given


class Office(NamedTuple):
    """An office that a person may choose: assigned (`seen_at` is None), or seen in a context of the journal."""

    organisation: Organisation
    name: str
    seen_at: datetime | None = None


def holders(sub: str | None, hpr_number: str | None) -> tuple[str, ...]:
    """Return under which names a person's assignments may stand, of what is known of her."""
    return tuple(f"{kind}:{number}" for kind, number in (("sub", sub), ("hpr", hpr_number)) if number)
