from __future__ import annotations

from typing import Any

import pytest

from portal.domain.smart import resources
from portal.domain.smart.reference import Reference
from portal.errors import SmartRejected

ASKED = Reference("Patient", "p-1")
PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "p-1"}


def refused(body: Any) -> str:
    with pytest.raises(SmartRejected) as caught:
        resources.read(resources.Patient, body, ASKED)
    assert caught.value.code == "smart_resource_invalid"
    assert caught.value.detail.startswith("Patient.")
    assert "SECRET" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.detail


def test_what_we_do_not_read_may_be_anything() -> None:
    unread = {"meta": 7, "gender": ["x"], "contact": None, "name": [{"period": 7, "text": {}}]}
    assert resources.read(resources.Patient, PATIENT | unread, ASKED).name[0].family is None


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        pytest.param(
            {"resourceType": "Bundle", "id": "p-1", "entry": [{"resource": PATIENT}]}, "Bundle", id="a Bundle"
        ),
        pytest.param({"resourceType": "Practitioner", "id": "p-1"}, "Patient.resourceType", id="another type"),
        pytest.param({"resourceType": "OperationOutcome"}, "Patient.resourceType", id="an outcome"),
        pytest.param({"id": "p-1"}, "Patient.resourceType", id="no type"),
        pytest.param([PATIENT], "Patient.resourceType", id="a list"),
        pytest.param(None, "Patient.resourceType", id="nothing"),
        pytest.param("SECRET", "Patient.resourceType", id="a text"),
        pytest.param(PATIENT | {"id": "p-2"}, "Patient.id", id="another patient"),
        pytest.param(PATIENT | {"id": "P-1"}, "Patient.id", id="an id in capitals"),
        pytest.param(PATIENT | {"id": 1}, "Patient.id", id="a number as id"),
        pytest.param({"resourceType": "Patient"}, "Patient.id", id="no id"),
    ],
)
def test_the_answer_is_the_resource_that_was_asked_for(body: Any, rule: str) -> None:
    assert rule in refused(body)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        pytest.param({"identifier": {"system": "SECRET"}}, "Patient.identifier:", id="an object for a list"),
        pytest.param({"identifier": ["SECRET"]}, "Patient.identifier.0:", id="a text for an object"),
        pytest.param({"identifier": [{}, {"value": 7}]}, "Patient.identifier.1.value:", id="a number for a text"),
        pytest.param({"identifier": [{"value": "SECRET" * 100}]}, "Patient.identifier.0.value:", id="600 letters"),
        pytest.param({"identifier": [{}] * 51}, "Patient.identifier:", id="51 identifiers"),
        pytest.param({"name": [{}] * 21}, "Patient.name:", id="21 names"),
        pytest.param({"name": [{"given": ["a"] * 11}]}, "Patient.name.0.given:", id="11 given names"),
        pytest.param({"name": [{"given": "SECRET"}]}, "Patient.name.0.given:", id="a text for given names"),
        pytest.param({"name": [{"family": "SECRET" * 20}]}, "Patient.name.0.family:", id="120 letters"),
        pytest.param({"name": [{"family": "SECRET\x1b[31m"}]}, "Patient.name.0.family:", id="H231 a control character"),
        pytest.param({"name": [{"family": "SECRET\nSECRET"}]}, "Patient.name.0.family:", id="H231 a line break"),
        pytest.param({"name": [{"family": "SECRET\x00"}]}, "Patient.name.0.family:", id="NUL"),
        pytest.param({"name": [{"given": [" "]}]}, "Patient.name.0.given.0:", id="a blank name"),
        pytest.param({"birthDate": 19910415}, "Patient.birthDate:", id="a number for a date"),
    ],
)
def test_a_field_of_another_kind_is_named_by_its_place(change: dict[str, Any], place: str) -> None:
    assert place in refused(PATIENT | change)
