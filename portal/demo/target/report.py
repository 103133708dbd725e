"""One report: what the launch gave, and the document that the clinician sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from portal.domain.oids import DNR, ENH, FNR, HPR

if TYPE_CHECKING:
    from portal.demo.visits import User
    from portal.domain.target_bodies import Told


class Document(NamedTuple):
    """What goes to the journal: a PDF, and a text that stands on its own."""

    title: str
    text: str
    pdf: bytes


@dataclass
class Report:
    """A launch at the target's end; `document` is made once, so that sending it again sends the same bytes."""

    launched: Told = field(repr=False)
    document_id: str
    document: Document | None = None

    @property
    def patient_number(self) -> str:
        """Fødselsnummer or D-number of the patient, from the back channel."""
        return self._identifier(FNR) or self._identifier(DNR)

    @property
    def hpr_number(self) -> str:
        """The clinician's HPR number, as the portal had it from HelseID."""
        return self._identifier(HPR)

    @property
    def organisation_number(self) -> str:
        """The office that the clinician works at."""
        return self._identifier(ENH)

    def belongs_to(self, user: User) -> bool:
        """Whether the target's own HelseID login is the person that the portal launched for (ATT-11)."""
        return user.sub == self.launched.sub and (user.hpr_number or "") == self.hpr_number

    def _identifier(self, system: str) -> str:
        found = (item.identifier.value for item in self.launched.fhirContext if item.identifier.system == system)
        return next(found, "")
