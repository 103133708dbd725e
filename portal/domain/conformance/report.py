"""The result as it leaves the portal: on the sandbox's page, as JSON, and in the file of `portal conformance`."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from portal.domain.conformance.case import Outcome


class Reported(BaseModel):
    """A case in words: what it is, where the rule stands, how it went, why, and what the vendor should do.

    `id` is a CaseId; a command that is older than the sandbox does not know them all.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    source: str
    outcome: Outcome
    why: str = ""
    todo: str = ""


class Report(BaseModel):
    """Every case of an EPJ or of a target: its id here, the issuer of a SMART server, or a launch address."""

    model_config = ConfigDict(frozen=True)

    epj: str | None = None
    target: str | None = None
    at: datetime
    cases: tuple[Reported, ...]

    @property
    def subject(self) -> str:
        """Whose it is."""
        return self.epj or self.target or ""

    def count(self, outcome: str) -> int:
        """How many cases went so; an Outcome, or its name in a template."""
        return sum(case.outcome == outcome for case in self.cases)
