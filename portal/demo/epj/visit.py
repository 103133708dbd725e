"""A clinician at the journal, and what she has open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from portal.demo.epj.smart.memory import new_id
from portal.demo.visits import Visit

if TYPE_CHECKING:
    from datetime import datetime

    from portal.demo.epj.config import Patient


class Opened(NamedTuple):
    """A context at the portal, of door A: the one that the journal keeps alive and ends."""

    patient: Patient
    at: datetime


@dataclass
class JournalVisit(Visit):
    """`open` is by the portal's session id; a patient has one contact in a visit, however often she is opened."""

    open: dict[str, Opened] = field(default_factory=dict)
    _contacts: dict[str, str] = field(default_factory=dict)

    def opened(self, patient: Patient) -> dict[str, Opened]:
        """The open contexts of one patient."""
        return {session_id: opened for session_id, opened in self.open.items() if opened.patient.id == patient.id}

    def contact(self, patient: Patient) -> str:
        """The FHIR id of this contact with a patient."""
        return self._contacts.setdefault(patient.id, new_id())
