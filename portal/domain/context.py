"""One patient, one practitioner, at most one organisation, opened by an EPJ for one clinician (ATT-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from portal.domain.identity import Organisation, Person


@dataclass(frozen=True)
class Patient:
    """The open patient. `number` never leaves by URL, log or cookie; `system` is its `urn:oid:`."""

    number: str
    system: str
    family: str
    given: str
    birth_date: date

    @property
    def name(self) -> str:
        """Given name first, as it is read aloud."""
        return f"{self.given} {self.family}"

    @property
    def initials(self) -> str:
        """Two letters, enough to notice a mix-up without spelling the name out."""
        return f"{self.given[:1]}.{self.family[:1]}."


@dataclass(frozen=True)
class ReplyTo:
    """Where the journal takes messages: the service or person's HER-id and its parent organisation's.

    `kind` is the register's word for whose it is: a message names a person and a service in different places.
    """

    her_id: str
    parent_her_id: str
    kind: str = "Person"


@dataclass(frozen=True)
class Practitioner:
    """The clinician as the EPJ names her; the name is HelseID's own, known once she has logged in here."""

    profession: str | None
    hpr_number: str | None
    name: str = ""


@dataclass(frozen=True)
class Context:
    """What an EPJ opened; `id` is opaque and stands in our URLs.

    `sub` is None while only the clinician's HPR number is known (door B); her login here gives it. `documents_until`
    is how long its journal takes documents, None where it takes messages alone.
    """

    id: str
    epj_id: str
    sub: str | None
    practitioner: Practitioner
    patient: Patient
    patient_ref: str
    organisation: Organisation
    reply_to: ReplyTo | None
    encounter: str | None
    service_id: str | None
    created_at: datetime
    expires_at: datetime
    activated_at: datetime | None = None
    ended_at: datetime | None = None
    documents_until: datetime | None = None

    @property
    def can_take_messages(self) -> bool:
        """Whether the journal gave an address and the clinician a number that a message must carry."""
        return self.reply_to is not None and self.practitioner.hpr_number is not None

    def can_take_reports(self, now: datetime) -> bool:
        """Whether a report may come back to the journal, as a message or as a document."""
        return self.can_take_messages or (self.documents_until is not None and now < self.documents_until)

    def is_for(self, person: Person) -> bool:
        """Whether the EPJ opened it for this person (ATT-11): the same `sub`, or at door B the same HPR number."""
        if self.sub is not None:
            return self.sub == person.sub
        return self.practitioner.hpr_number is not None and self.practitioner.hpr_number == person.hpr_number

    def is_live(self, now: datetime) -> bool:
        """Whether something may still be opened from it."""
        return self.ended_at is None and now < self.expires_at
