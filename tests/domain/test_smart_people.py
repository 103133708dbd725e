from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.domain.oids import DNR, FNR, HPR
from portal.domain.smart import people, resources
from portal.errors import SmartRejected

NUMBER, OTHER = "15849197352", "13917099805"
PATIENT: dict[str, Any] = {
    "identifier": [{"system": FNR, "value": NUMBER}],
    "name": [{"family": "Fjellheim", "given": ["Ola"]}],
    "birthDate": "1991-04-15",
}


def patient(**changes: Any) -> Any:
    return people.patient(resources.Patient.model_validate(PATIENT | changes))


def refused(**changes: Any) -> str:
    with pytest.raises(SmartRejected) as caught:
        patient(**changes)
    assert caught.value.code == "smart_patient_invalid"
    assert NUMBER not in caught.value.detail
    return caught.value.detail


def test_a_patient_is_who_the_resource_says() -> None:
    found = patient()
    assert (found.number, found.system, found.name) == (NUMBER, FNR, "Ola Fjellheim")
    assert found.birth_date == date(1991, 4, 15)


@pytest.mark.parametrize(
    "identifiers",
    [
        pytest.param([{"system": DNR, "value": NUMBER}], id="a D-number"),
        pytest.param([{"system": FNR, "value": NUMBER}] * 2, id="the same twice"),
        pytest.param([{"system": FNR, "value": NUMBER}, {"system": "urn:x", "value": "7"}], id="one of another kind"),
        pytest.param(
            [{"system": FNR, "value": NUMBER}, {"system": DNR, "value": OTHER, "use": "old"}], id="a D-number before"
        ),
        pytest.param([{"system": FNR, "value": NUMBER}, {"system": DNR}, {"value": OTHER}], id="halves"),
    ],
)
def test_exactly_one_number_is_in_use(identifiers: Any) -> None:
    assert patient(identifier=identifiers).number == NUMBER


@pytest.mark.parametrize(
    "identifiers",
    [
        pytest.param([], id="H211 none"),
        pytest.param([{"system": FNR, "value": NUMBER}, {"system": FNR, "value": OTHER}], id="H211 two"),
        pytest.param([{"system": FNR, "value": NUMBER}, {"system": DNR, "value": OTHER}], id="H211 two of two kinds"),
        pytest.param([{"system": FNR.removeprefix("urn:oid:"), "value": NUMBER}], id="no urn:oid: before the number"),
        pytest.param([{"system": "http://hl7.no/fhir/NamingSystem/FNR", "value": NUMBER}], id="the naming system"),
        pytest.param([{"system": FNR, "value": NUMBER, "use": "old"}], id="no longer"),
        pytest.param([{"system": FNR, "value": ""}], id="empty"),
    ],
)
def test_no_number_or_two_name_the_systems_that_count(identifiers: Any) -> None:
    detail = refused(identifier=identifiers)
    assert detail.startswith("Patient.identifier: ")
    assert FNR in detail
    assert DNR in detail


@pytest.mark.parametrize(
    ("names", "name"),
    [
        pytest.param([{"family": "B", "given": ["A"]}], "A B", id="without a use"),
        pytest.param(
            [{"family": "B", "given": ["A"]}, {"use": "official", "family": "D", "given": ["C", "E"]}],
            "C E D",
            id="the official one",
        ),
        pytest.param(
            [{"use": "usual", "family": "B", "given": ["A"]}, {"family": "D", "given": ["C"]}],
            "A B",
            id="the usual one",
        ),
        pytest.param(
            [{"use": "official", "family": "B"}, {"use": "temp", "family": "D", "given": ["C"]}],
            "C D",
            id="a whole one",
        ),
        pytest.param([{"family": " <b>B</b> ", "given": ["A&"]}], "A& <b>B</b>", id="H215 HTML is text"),
    ],
)
def test_the_best_whole_name_is_taken(names: Any, name: str) -> None:
    assert patient(name=names).name == name


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([], id="none"),
        pytest.param([{"text": "Ola Fjellheim"}], id="a text alone"),
        pytest.param([{"family": "Fjellheim"}], id="no given name"),
        pytest.param([{"given": ["Ola"]}], id="no family name"),
        pytest.param([{"family": "Fjellheim", "given": []}], id="no given name in the list"),
        pytest.param([{"use": "old", "family": "Fjellheim", "given": ["Ola"]}], id="a former name"),
        pytest.param([{"use": "anonymous", "family": "Fjellheim", "given": ["Ola"]}], id="a mask"),
    ],
)
def test_half_a_name_is_refused(names: Any) -> None:
    assert "family and given" in refused(name=names)


def test_given_names_have_a_limit_together() -> None:
    assert len(patient(name=[{"family": "F", "given": ["a" * 49, "b" * 50]}]).given) == 100
    assert "100" in refused(name=[{"family": "F", "given": ["a" * 50, "b" * 50]}])


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "1991",
        "1991-04",
        "1991-04-31",
        "19910415",
        "1991-04-15T00:00:00Z",
        "1991-W16-1",
        "15.04.1991",
        "1849-12-31",
    ],
)
def test_a_birth_date_is_whole(written: Any) -> None:
    assert "birthDate" in refused(birthDate=written)


def hpr(*identifiers: dict[str, str]) -> str:
    return people.hpr_number(resources.Practitioner.model_validate({"identifier": identifiers}))


def test_a_clinician_s_own_numbers_are_those_in_use() -> None:
    old = {"system": DNR, "value": "71827512345", "use": "old"}
    identifiers = [{"system": HPR, "value": "1"}, {"system": FNR, "value": NUMBER}, old]
    assert people.own_numbers(resources.Practitioner.model_validate({"identifier": identifiers})) == {NUMBER}


@pytest.mark.parametrize("number", ["1", "565501872"])
def test_a_clinician_has_one_hpr_number(number: str) -> None:
    assert hpr({"system": HPR, "value": number}, {"system": FNR, "value": NUMBER}) == number


@pytest.mark.parametrize(
    ("identifiers", "rule"),
    [
        pytest.param([], HPR, id="none"),
        pytest.param([{"system": HPR, "value": "1"}, {"system": HPR, "value": "2"}], HPR, id="two"),
        pytest.param([{"system": "urn:oid:2.16.578.1.12.4.4", "value": "565501872"}], "lacks .1.4", id="without .1.4"),
        pytest.param([{"system": HPR[8:], "value": "565501872"}], "must have the system urn:oid:", id="no urn:oid:"),
        pytest.param([{"system": HPR, "value": "0565501872"}], "does not start with 0", id="a zero before"),
        pytest.param([{"system": HPR, "value": "5655018720"}], "1 to 9 digits", id="ten digits"),
        pytest.param([{"system": HPR, "value": "HPR565501872"}], "1 to 9 digits", id="letters"),
        pytest.param([{"system": HPR, "value": "565501872\n"}], "1 to 9 digits", id="a line break"),
        pytest.param([{"system": HPR, "value": "٥٦٥"}], "1 to 9 digits", id="digits of another script"),
    ],
)
def test_an_hpr_number_that_does_not_hold_is_told_apart(identifiers: Any, rule: str) -> None:
    with pytest.raises(SmartRejected) as caught:
        hpr(*identifiers)
    assert caught.value.code == "smart_practitioner_invalid"
    assert caught.value.detail.startswith("Practitioner.identifier: ")
    assert rule in caught.value.detail
    assert "5655" not in caught.value.detail
