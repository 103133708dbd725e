"""What an EPJ's SMART server told of one launch, gathered from its resources."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from portal.domain.identity import Organisation
from portal.domain.oids import ENH
from portal.domain.smart import offices, people, reference, resources
from portal.errors import SmartRejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.domain.context import Patient
    from portal.domain.smart.access import Access
    from portal.domain.smart.reference import Reference
    from portal.domain.smart.token_response import Granted

_Resource = TypeVar("_Resource", bound=resources.Element)
_NO_OFFICE = (
    "no organisation: give it as PractitionerRole.organization with a PractitionerRole in fhirUser, as"
    " Encounter.serviceProvider with encounter in the token response, or as a reference to one Organization in"
    " fhirContext (SMART App Launch 2.2, Scopes and Launch Context)"
)


@dataclass(frozen=True)
class Opened:
    """One clinician, one patient, one office; the patient's number is as it came, to be checked before it is used.

    `fhir_user` is "Practitioner/<id>", relative to the issuer; `encounter` is a FHIR id; `access` is what opens the
    journal for documents, where it takes them; `own_numbers` are the clinician's, if told.
    """

    fhir_user: str
    hpr_number: str
    patient: Patient
    organisation: Organisation
    her_id: str | None
    encounter: str | None
    access: Access | None = None
    own_numbers: frozenset[str] = field(default=frozenset(), repr=False)


class _Journal(NamedTuple):
    read: Callable[[Reference], Any]
    issuer: str

    def get(self, model: type[_Resource], asked: Reference) -> _Resource:
        return resources.read(model, self.read(asked), asked)

    def follow(self, link: resources.Link | None, field: str, kind: str, code: str) -> Reference:
        given = link.reference if link else None
        return reference.read(given, issuer=self.issuer, types=(kind,), field=field, code=code)


def gather(read: Callable[[Reference], Any], granted: Granted, user: Reference, issuer: str) -> Opened:
    """Return what `read` tells of a launch; it gives the JSON of a resource below `issuer`.

    Raises SmartRejected: smart_resource_invalid, smart_patient_invalid, smart_practitioner_invalid,
    smart_organisation_invalid, and what `read` raises.
    """
    journal = _Journal(read, issuer)
    role = journal.get(resources.PractitionerRole, user) if user.type == "PractitionerRole" else None
    if role is not None:
        field, code = "PractitionerRole.practitioner", "smart_practitioner_invalid"
        user = journal.follow(role.practitioner, field, "Practitioner", code)
    practitioner = journal.get(resources.Practitioner, user)
    hpr_number = people.hpr_number(practitioner)
    patient = people.patient(journal.get(resources.Patient, granted.patient))
    encounter = _encounter(journal, granted)
    office = journal.get(resources.Organization, _office(journal, role, encounter, granted))
    return Opened(
        fhir_user=str(user),
        hpr_number=hpr_number,
        patient=patient,
        organisation=_organisation(journal, office),
        her_id=offices.her_id(office),
        encounter=granted.encounter.id if granted.encounter else None,
        own_numbers=people.own_numbers(practitioner),
    )


def _encounter(journal: _Journal, granted: Granted) -> resources.Encounter | None:
    if granted.encounter is None:
        return None
    found, code = journal.get(resources.Encounter, granted.encounter), "smart_patient_invalid"
    if journal.follow(found.subject, "Encounter.subject", "Patient", code) != granted.patient:
        raise SmartRejected(code, "Encounter.subject: must be the patient in the token response (FHIR R4 Encounter)")
    return found


def _office(
    journal: _Journal,
    role: resources.PractitionerRole | None,
    encounter: resources.Encounter | None,
    granted: Granted,
) -> Reference:
    code = "smart_organisation_invalid"
    if role and role.organization and role.organization.reference:
        return journal.follow(role.organization, "PractitionerRole.organization", "Organization", code)
    if encounter and encounter.serviceProvider and encounter.serviceProvider.reference:
        return journal.follow(encounter.serviceProvider, "Encounter.serviceProvider", "Organization", code)
    links = [resources.Link(reference=given) for given in granted.offices]
    named = {journal.follow(link, "fhirContext", "Organization", code) for link in links}
    if len(named) > 1:
        raise SmartRejected(code, "fhirContext: must refer to one Organization, or another way must say which it is")
    if not named:
        raise SmartRejected(code, _NO_OFFICE)
    return named.pop()


def _organisation(journal: _Journal, office: resources.Organization) -> Organisation:
    code = "smart_organisation_invalid"
    own, above = offices.organisation_number(office), None
    if own is None:
        raise SmartRejected(code, f"Organization.identifier: a number of {ENH} is missing (no-basis-Organization)")
    if office.partOf and office.partOf.reference:
        parent = journal.follow(office.partOf, "Organization.partOf", "Organization", code)
        above = offices.organisation_number(journal.get(resources.Organization, parent))
    return Organisation(own) if above in {None, own} else Organisation(above, own)
