"""One click from one Context (or none) to one Service, and what its target then learns."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from portal.domain.oids import ENH, HER, HPR
from portal.domain.target_bodies import FhirContextItem, Identifier
from portal.domain.text import letters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from portal.domain.client_registration import Client
    from portal.domain.context import Context


@dataclass(frozen=True)
class Launch:
    """`id` is the trace id; `patient_id` the opaque FHIR id that stands for the patient in this launch alone.

    `organisation` is the label of the office that it was made for, None while that is unknown; `authorize_by` is until
    when its target may take it up, None for one without a client.
    """

    id: str
    context_id: str | None
    service_id: str
    client_id: str | None
    sub: str
    session_hash: str
    patient_id: str | None
    created_at: datetime
    organisation: str | None = None
    authorize_by: datetime | None = None
    revoked_at: datetime | None = None


def opaque_patient(token: str) -> str:
    """The FHIR id (64 letters, R4 §2.24.0.1) that one token of randomness makes of a patient."""
    return letters(sha256(token.encode()).hexdigest())


class Success(NamedTuple):
    """Of the launches of one service in some time, how many were made and how many its target took up."""

    made: int
    redeemed: int

    @property
    def tells(self) -> bool:
        """Whether there were enough of them to say anything, and nobody can be counted out of it."""
        return self.made >= 5  # noqa: PLR2004  the smallest count that is ever shown

    @property
    def is_poor(self) -> bool:
        """Whether the service fails for most people."""
        return self.tells and self.redeemed * 2 < self.made


def fhir_context(context: Context, client: Client, fhir_issuer: str) -> list[FhirContextItem]:
    """The numbers that this client may learn (SMART App Launch 2.2 `fhirContext`); they travel by back channel only."""
    offered = dict(_offers(context, fhir_issuer))
    return [offered[release] for release in client.release if release in offered]


def _offers(context: Context, fhir_issuer: str) -> Iterator[tuple[str, FhirContextItem]]:
    patient = context.patient
    # SMART forbids a Patient with the role "launch", so the subject gets a role of ours.
    yield "patient_number", _item("Patient", patient.system, patient.number, f"{fhir_issuer}/role/subject")
    if context.practitioner.hpr_number:
        yield "hpr", _item("Practitioner", HPR, context.practitioner.hpr_number)
    office = context.organisation.child or context.organisation.parent
    yield "organisation", _item("Organization", ENH, office)
    if context.reply_to:
        yield "her_id", _item("Organization", HER, context.reply_to.her_id, f"{fhir_issuer}/role/her-id")


def _item(resource: str, system: str, value: str, role: str | None = None) -> FhirContextItem:
    return FhirContextItem(type=resource, identifier=Identifier(system=system, value=value), role=role)
