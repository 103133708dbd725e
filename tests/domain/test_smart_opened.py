from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.lying_epj import CHILD, HER_ID, HPR_NUMBER, NUMBER, PARENT, true_resources

from portal.domain.identity import Organisation
from portal.domain.oids import ENH, FNR, HER
from portal.domain.smart import opened
from portal.domain.smart.reference import Reference
from portal.domain.smart.token_response import Granted
from portal.errors import SmartRejected

if TYPE_CHECKING:
    from portal.domain.smart.opened import Opened

ISSUER = "https://epj.test/fhir"
DOCTOR, ROLE = Reference("Practitioner", "d-1"), Reference("PractitionerRole", "r-1")
OFFICE = {"reference": "Organization/o-1"}
FOREIGN = "https://evil.test/fhir/{}/x"


class Journal:
    """Resources by path, and what was read of them in which order."""

    def __init__(self) -> None:
        self.resources = true_resources()
        self.read_paths: list[str] = []

    def read(self, reference: Reference) -> Any:
        self.read_paths.append(str(reference))
        return self.resources[str(reference)]

    def open(self, user: Reference = DOCTOR, *, encounter: str | None = "e-1", offices: tuple[str, ...] = ()) -> Opened:
        consultation = Reference("Encounter", encounter) if encounter else None
        granted = Granted("at", "it", None, Reference("Patient", "p-1"), consultation, offices)
        return opened.gather(self.read, granted, user, ISSUER)

    def refused(self, user: Reference = DOCTOR, **given: Any) -> tuple[str, str]:
        with pytest.raises(SmartRejected) as caught:
            self.open(user, **given)
        assert NUMBER not in caught.value.detail
        return caught.value.code, caught.value.detail


@pytest.fixture
def journal() -> Journal:
    return Journal()


def test_a_clinician_s_own_number_is_told_and_never_shown(journal: Journal) -> None:
    journal.resources["Practitioner/d-1"]["identifier"].append({"system": FNR, "value": "13116900216"})
    found = journal.open()
    assert found.own_numbers == {"13116900216"}
    assert "13116900216" not in repr(found)


def test_clinician_patient_consultation_and_office_are_gathered(journal: Journal) -> None:
    found = journal.open()
    assert (found.fhir_user, found.hpr_number, found.encounter) == ("Practitioner/d-1", HPR_NUMBER, "e-1")
    assert (found.patient.number, found.patient.name) == (NUMBER, "Ola Johan Fjellheim")
    assert (found.organisation, found.her_id) == (Organisation(PARENT, CHILD), HER_ID)
    expected = ["Practitioner/d-1", "Patient/p-1", "Encounter/e-1", "Organization/o-1", "Organization/o-2"]
    assert journal.read_paths == expected


def test_a_role_leads_to_clinician_and_office(journal: Journal) -> None:
    found = journal.open(ROLE, encounter=None)
    assert (found.fhir_user, found.hpr_number, found.encounter) == ("Practitioner/d-1", HPR_NUMBER, None)
    assert found.organisation == Organisation(PARENT, CHILD)


def test_the_office_of_the_role_goes_before_that_of_the_consultation(journal: Journal) -> None:
    journal.resources["Encounter/e-1"]["serviceProvider"] = {"reference": "Organization/o-2"}
    assert journal.open(ROLE).organisation == Organisation(PARENT, CHILD)
    assert journal.open(DOCTOR).organisation == Organisation(PARENT)


@pytest.mark.parametrize("silent", [None, {}, {"display": "Legekontoret"}], ids=["none", "empty", "a name alone"])
def test_a_role_without_office_leaves_it_to_the_consultation(journal: Journal, silent: Any) -> None:
    journal.resources["PractitionerRole/r-1"]["organization"] = silent
    assert journal.open(ROLE).organisation == Organisation(PARENT, CHILD)


@pytest.mark.parametrize(
    "offices",
    [("Organization/o-1",), ("Organization/o-1", f"{ISSUER}/Organization/o-1")],
    ids=["once", "twice the same"],
)
@pytest.mark.parametrize("encounter", [None, "e-1"])
def test_the_office_may_stand_in_fhir_context(
    journal: Journal, offices: tuple[str, ...], encounter: str | None
) -> None:
    del journal.resources["Encounter/e-1"]["serviceProvider"]
    assert journal.open(encounter=encounter, offices=offices).organisation == Organisation(PARENT, CHILD)


def test_no_office_tells_the_three_ways(journal: Journal) -> None:
    code, detail = journal.refused(encounter=None)
    assert code == "smart_organisation_invalid"
    assert all(way in detail for way in ("PractitionerRole.organization", "Encounter.serviceProvider", "fhirContext"))


def test_two_offices_in_fhir_context_are_refused(journal: Journal) -> None:
    code, detail = journal.refused(encounter=None, offices=("Organization/o-1", "Organization/o-2"))
    assert code == "smart_organisation_invalid"
    assert detail.startswith("fhirContext: must refer to one Organization")


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param({"reference": "Patient/p-2"}, id="H211 another patient"),
        pytest.param({"reference": f"{ISSUER}/Patient/p-2"}, id="another patient, absolute"),
        pytest.param({"reference": "Group/p-1"}, id="a group"),
        pytest.param({"reference": "https://evil.test/fhir/Patient/p-1"}, id="H209 another host"),
        pytest.param({"display": "Ola"}, id="a name alone"),
        pytest.param(None, id="nobody"),
    ],
)
@pytest.mark.parametrize("user", [DOCTOR, ROLE], ids=["practitioner", "role"])
def test_the_consultation_is_with_the_same_patient(journal: Journal, subject: Any, user: Reference) -> None:
    journal.resources["Encounter/e-1"]["subject"] = subject
    code, detail = journal.refused(user)
    assert code == "smart_patient_invalid"
    assert detail.startswith("Encounter.subject: ")


def test_the_consultation_may_name_its_patient_absolutely(journal: Journal) -> None:
    journal.resources["Encounter/e-1"]["subject"] = {"reference": f"{ISSUER}/Patient/p-1"}
    assert journal.open().encounter == "e-1"


@pytest.mark.parametrize(
    ("path", "field", "kind", "code"),
    [
        ("PractitionerRole/r-1", "practitioner", "Practitioner", "smart_practitioner_invalid"),
        ("PractitionerRole/r-1", "organization", "Organization", "smart_organisation_invalid"),
        ("Organization/o-1", "partOf", "Organization", "smart_organisation_invalid"),
    ],
)
@pytest.mark.parametrize("value", ["https://evil.test/fhir/{}/x", "urn:uuid:{}", "#{}", "Patient/p-1", "{}/.."])
def test_a_reference_that_leads_elsewhere_is_not_followed(
    journal: Journal, path: str, field: str, kind: str, code: str, value: str
) -> None:
    journal.resources[path][field] = {"reference": value.format(kind)}
    found, detail = journal.refused(ROLE)
    assert found == code
    assert detail.startswith(f"{path.partition('/')[0]}.{field}: ")
    assert all(read in true_resources() for read in journal.read_paths)


def test_the_other_references_that_lead_elsewhere_are_not_followed(journal: Journal) -> None:
    foreign = FOREIGN.format("Organization")
    code, detail = journal.refused(encounter=None, offices=("Organization/o-1", foreign))
    assert (code, detail.partition(":")[0]) == ("smart_organisation_invalid", "fhirContext")
    journal.resources["Encounter/e-1"]["serviceProvider"] = {"reference": foreign}
    code, detail = journal.refused()
    assert (code, detail.partition(":")[0]) == ("smart_organisation_invalid", "Encounter.serviceProvider")


def test_a_role_must_be_somebodys(journal: Journal) -> None:
    del journal.resources["PractitionerRole/r-1"]["practitioner"]
    assert journal.refused(ROLE)[0] == "smart_practitioner_invalid"


@pytest.mark.parametrize(
    ("above", "organisation"),
    [
        pytest.param([{"system": ENH, "value": PARENT}], Organisation(PARENT, CHILD), id="another number"),
        pytest.param([{"system": ENH, "value": CHILD}], Organisation(CHILD), id="the same number"),
        pytest.param([{"system": HER, "value": "7"}], Organisation(CHILD), id="no number"),
    ],
)
def test_the_organisation_above_is_the_parent_if_it_has_a_number(
    journal: Journal, above: Any, organisation: Organisation
) -> None:
    journal.resources["Organization/o-2"]["identifier"] = above
    assert journal.open().organisation == organisation


@pytest.mark.parametrize("part_of", [None, {}, {"display": "Kommunen"}, OFFICE])
def test_an_organisation_that_is_part_of_no_other_is_the_parent_itself(journal: Journal, part_of: Any) -> None:
    journal.resources["Organization/o-1"]["partOf"] = part_of
    assert journal.open().organisation == Organisation(CHILD)


@pytest.mark.parametrize(
    ("numbers", "rule"),
    [
        pytest.param([], ENH, id="none"),
        pytest.param([(ENH[8:], CHILD)], ENH, id="no urn:oid: before the number"),
        pytest.param([(ENH, CHILD), (ENH, PARENT)], "two different", id="two"),
        pytest.param([(ENH, "NO994598759MVA")], "nine digits", id="a VAT number"),
        pytest.param([(ENH, CHILD), (HER, "0")], "HER-id", id="no HER-id"),
        pytest.param([(ENH, CHILD), (HER, "80-1")], "HER-id", id="a HER-id with a dash"),
        pytest.param([(ENH, CHILD), (HER, "1"), (HER, "2")], "two different", id="two HER-ids"),
    ],
)
def test_an_organisation_whose_numbers_do_not_hold_is_refused(journal: Journal, numbers: Any, rule: str) -> None:
    identifiers = [{"system": system, "value": value} for system, value in numbers]
    journal.resources["Organization/o-1"]["identifier"] = identifiers
    code, detail = journal.refused()
    assert code == "smart_organisation_invalid"
    assert detail.startswith("Organization.identifier: ")
    assert rule in detail
    assert not any(value in detail for _, value in numbers if len(value) > 3)


def test_a_her_id_is_optional(journal: Journal) -> None:
    journal.resources["Organization/o-1"]["identifier"] = [{"system": ENH, "value": CHILD}]
    assert journal.open().her_id is None
