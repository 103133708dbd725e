"""What a launch gives sight of, as FHIR R4 resources in the shape of HL7 Norway's basis profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.domain import jose
from portal.domain.oids import ENH, HER, HPR

if TYPE_CHECKING:
    from portal.demo.epj.config import Patient
    from portal.demo.epj.smart.memory import Launch
    from portal.demo.epj.smart.server import Server
    from portal.demo.visits import User

PROFILES = "http://hl7.no/fhir/StructureDefinition"
AMBULATORY = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
Resource = dict[str, Any]


def seen(server: Server, launch: Launch) -> dict[str, Resource]:
    """Every resource by its reference: the patient, this contact, the clinician, and the office in its enterprise."""
    ids, config, sub = server.memory.ids, server.config, launch.user.sub
    patient, contact = ids.reference("Patient", launch.patient.id), f"Encounter/{launch.encounter}"
    person, role = ids.reference("Practitioner", sub), ids.reference("PractitionerRole", sub)
    own, above = config.organisation_number, config.parent_organisation_number
    office, enterprise = ids.reference("Organization", own), ids.reference("Organization", above)
    return {
        patient: _resource(patient, **_of_patient(launch.patient)),
        contact: _resource(contact, **_of_contact(patient, person, office)),
        person: _resource(person, **_of_practitioner(launch.user)),
        role: _resource(role, active=True, practitioner=_to(person), organization=_to(office)),
        office: _resource(office, name=config.name, partOf=_to(enterprise), **_numbers(own, config.her_id)),
        enterprise: _resource(enterprise, **_numbers(above, config.parent_her_id)),
    }


def _of_patient(patient: Patient) -> Resource:
    return {
        "identifier": [_identifier(patient.system, patient.number)],
        "name": [{"family": patient.family, "given": [patient.given]}],
        "birthDate": patient.birth_date.isoformat(),
    }


def _of_contact(patient: str, person: str, office: str) -> Resource:
    return {
        "status": "in-progress",
        "class": AMBULATORY,
        "subject": _to(patient),
        "participant": [{"individual": _to(person)}],
        "serviceProvider": _to(office),
    }


def _of_practitioner(user: User) -> Resource:
    # Verified at the login; there it is that HelseID tells family name and given name apart.
    told = jose.peek(user.tokens["id_token"]).claims
    given = [told[name] for name in ("given_name", "middle_name") if told.get(name)]
    person: Resource = {"name": [{"text": user.name, "family": told["family_name"], "given": given}]}
    return person | ({"identifier": [_identifier(HPR, user.hpr_number)]} if user.hpr_number else {})


def _numbers(organisation_number: str, her_id: str) -> Resource:
    return {"identifier": [_identifier(ENH, organisation_number), _identifier(HER, her_id)]}


def _resource(reference: str, **elements: Any) -> Resource:
    kind, _, own_id = reference.partition("/")
    return {"resourceType": kind, "id": own_id, "meta": {"profile": [f"{PROFILES}/no-basis-{kind}"]}, **elements}


def _identifier(system: str, value: str) -> Resource:
    return {"system": system, "value": value}


def _to(reference: str) -> Resource:
    return {"reference": reference}
