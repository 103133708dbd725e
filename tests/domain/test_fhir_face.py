"""The resources of the FHIR face, read by somebody else's models of FHIR R4 (fhirclient, PyPI)."""

from __future__ import annotations

from datetime import date

import pytest
from fhirclient.models.capabilitystatement import CapabilityStatement
from fhirclient.models.operationoutcome import OperationOutcome
from fhirclient.models.patient import Patient as FhirPatient
from fhirclient.models.practitioner import Practitioner as FhirPractitioner

from portal.domain import fhir_face
from portal.domain.context import Patient
from portal.domain.oids import DNR, FNR
from portal.errors import PortalError, TokenRejected, Unavailable

LINE = Patient("31817541278", FNR, "Danser", "Line Marie", date(1975, 1, 31))
HPR = "urn:oid:2.16.578.1.12.4.1.4.4"
# FHIR R4, IssueType: what a refusal may be called.
ISSUE_TYPES = {"invalid", "login", "forbidden", "not-found", "not-supported", "exception", "transient"}


FAMILIES: tuple[type[PortalError], ...] = (PortalError, *PortalError.__subclasses__())
STATUSES = sorted({status for family in FAMILIES for status in family.codes.values()})


def test_a_patient_has_the_number_the_name_and_the_birth_date_of_the_context() -> None:
    made = fhir_face.patient("abc", LINE)
    assert (
        FhirPatient(made).as_json()
        == made
        == {
            "resourceType": "Patient",
            "id": "abc",
            "meta": {"profile": ["http://hl7.no/fhir/StructureDefinition/no-basis-Patient"]},
            "identifier": [{"use": "official", "system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "31817541278"}],
            "active": True,
            "name": [{"family": "Danser", "given": ["Line Marie"]}],
            "birthDate": "1975-01-31",
        }
    )


def test_a_d_number_is_told_apart_by_its_system() -> None:
    (number,) = fhir_face.patient("abc", Patient("71817541278", DNR, "A", "B", date(1975, 1, 31)))["identifier"]
    assert (number["system"], number["value"]) == ("urn:oid:2.16.578.1.12.4.1.4.2", "71817541278")


def test_nobodys_sex_is_read_out_of_a_number() -> None:
    assert "gender" not in fhir_face.patient("abc", LINE)


def test_a_practitioner_has_the_hpr_number_and_the_name_that_helseid_gave() -> None:
    made = fhir_face.practitioner("abc", "Anna Fastlege", "565501872")
    assert (
        FhirPractitioner(made).as_json()
        == made
        == {
            "resourceType": "Practitioner",
            "id": "abc",
            "meta": {"profile": ["http://hl7.no/fhir/StructureDefinition/no-basis-Practitioner"]},
            "identifier": [{"use": "official", "system": HPR, "value": "565501872"}],
            "active": True,
            "name": [{"text": "Anna Fastlege", "family": "Fastlege", "given": ["Anna"]}],
        }
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Kari Anne Nordmann", {"family": "Nordmann", "given": ["Kari Anne"]}),
        ("Kari  Nordmann", {"family": "Nordmann", "given": ["Kari"]}),
        ("Aurora", {"family": "Aurora"}),
    ],
)
def test_the_last_word_of_a_name_is_the_family_name(name: str, told: dict[str, object]) -> None:
    made = fhir_face.practitioner("abc", name, None)
    assert made["name"] == [{"text": name} | told]
    FhirPractitioner(made)


def test_what_is_not_known_of_a_practitioner_is_left_out() -> None:
    made = fhir_face.practitioner("abc", "", None)
    assert made.keys() == {"resourceType", "id", "meta", "active"}
    FhirPractitioner(made)


def test_the_capability_statement_is_one_of_r4_and_says_what_can_be_read() -> None:
    made = fhir_face.capability_statement("https://portal.example", "1.2.3")
    read = CapabilityStatement(made)
    assert read.as_json() == made
    assert (read.fhirVersion, read.kind, read.format, read.software.version) == ("4.0.1", "instance", ["json"], "1.2.3")
    assert read.implementation.url == "https://portal.example/fhir"
    readable = {
        one.type: (one.supportedProfile, [can.code for can in one.interaction]) for one in read.rest[0].resource
    }
    profiles = "http://hl7.no/fhir/StructureDefinition/no-basis-"
    assert readable == {kind: ([f"{profiles}{kind}"], ["read"]) for kind in ("Patient", "Practitioner")}


@pytest.mark.parametrize("status", STATUSES)
def test_every_refusal_has_an_issue_type_of_fhirs_own(status: int) -> None:
    (issue,) = OperationOutcome(fhir_face.outcome(status, "some_code", "why")).issue
    assert (issue.severity, issue.diagnostics, issue.details.coding[0].code) == ("error", "why", "some_code")
    assert issue.code in ISSUE_TYPES


@pytest.mark.parametrize(
    ("status", "issue_type"),
    [
        (400, "invalid"),
        (TokenRejected.codes["invalid_token"], "login"),
        (TokenRejected.codes["insufficient_scope"], "forbidden"),
        (404, "not-found"),
        (405, "not-supported"),
        (406, "not-supported"),
        (500, "exception"),
        (Unavailable.codes["unavailable"], "transient"),
    ],
)
def test_the_issue_type_follows_the_status(status: int, issue_type: str) -> None:
    assert fhir_face.outcome(status, "some_code", "")["issue"][0]["code"] == issue_type
