"""Which numbers a resource carries in which system."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.domain.smart.resources import Identifier


def numbers_in(identifiers: Iterable[Identifier], *systems: str) -> dict[str, str]:
    """Return the system of each number that is in use and of one of `systems`, by number (FHIR R4 Identifier)."""
    return {
        one.value: one.system
        for one in identifiers
        if one.value and one.system in systems and one.system and one.use != "old"
    }
