"""What was measured of the pages' accessibility: the evidence behind the statement (WCAG 2.1 AA)."""

from __future__ import annotations

from datetime import date

from portal.domain.bodies import Body


class Measured(Body):
    """One run over every page and state, in every look.

    `criteria` are success criteria that axe has rules for, `probed` those that tests of ours look at. `violations` is
    how many axe found.
    """

    day: date
    axe: str
    pages: tuple[str, ...]
    looks: tuple[str, ...]
    criteria: tuple[str, ...]
    probed: tuple[str, ...]
    violations: int
