from __future__ import annotations

from typing import Any

import pytest

from portal.domain.smart import token_response
from portal.errors import SmartRejected

ANSWER: dict[str, Any] = {"access_token": "at.1", "token_type": "Bearer", "id_token": "a.b.c", "patient": "p-1"}


def refused(answer: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(SmartRejected) as caught:
        token_response.read(answer)
    return caught.value.code, caught.value.detail


def test_the_least_that_will_do() -> None:
    granted = token_response.read(ANSWER)
    assert (granted.access_token, granted.id_token, granted.refresh_token) == ("at.1", "a.b.c", None)
    assert (granted.patient, granted.encounter, granted.offices) == (("Patient", "p-1"), None, ())


def test_all_that_may_stand_there() -> None:
    context = [
        {"reference": "Organization/o-1"},
        {
            "reference": "https://epj.test/fhir/Organization/o-2",
            "role": "https://epj.test/office",
            "type": "Organization",
        },
        {"identifier": {"system": "x", "value": "y"}, "type": "Organization"},
        {"reference": "Patient/p-2", "role": "https://epj.test/mother"},
        {"reference": 7},
    ]
    more = {"refresh_token": "rt", "encounter": "e-1", "fhirContext": context, "need_patient_banner": True}
    granted = token_response.read(ANSWER | more)
    assert (granted.refresh_token, granted.encounter) == ("rt", ("Encounter", "e-1"))
    assert granted.offices == ("Organization/o-1", "https://epj.test/fhir/Organization/o-2")


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER"])
def test_bearer_is_known_in_any_case(kind: str) -> None:
    assert token_response.access_token(ANSWER | {"token_type": kind}) == "at.1"


def test_nothing_secret_is_shown() -> None:
    shown = repr(token_response.read(ANSWER | {"refresh_token": "rt.1"}))
    assert not any(secret in shown for secret in ("at.1", "a.b.c", "rt.1"))


@pytest.mark.parametrize("kind", ["DPoP", "mac", "", None, 7, ["Bearer"], "Bearer "])
def test_another_kind_of_token_is_refused(kind: Any) -> None:
    code, detail = refused(ANSWER | {"token_type": kind})
    assert (code, "token_type" in detail) == ("smart_token_invalid", True)


@pytest.mark.parametrize("name", ["access_token", "id_token", "refresh_token"])
@pytest.mark.parametrize("value", ["", 7, ["x"], {}, True, "a b", "a\r\nX: y", "a\0", "å", "a" * 16_385])
def test_a_token_that_fits_no_header_is_refused_by_name(name: str, value: Any) -> None:
    code, detail = refused(ANSWER | {name: value})
    assert (code, f"{name}:" in detail) == ("smart_token_invalid", True)


@pytest.mark.parametrize("name", ["access_token", "id_token"])
def test_a_token_that_is_missing_is_named(name: str) -> None:
    assert f"{name}:" in refused({field: value for field, value in ANSWER.items() if field != name})[1]


def test_a_patient_that_is_missing_is_said_so() -> None:
    code, detail = refused(ANSWER | {"patient": None})
    assert code == "smart_patient_invalid"
    assert "missing" in detail


def test_a_patient_inside_context_gets_its_own_message() -> None:
    code, detail = refused({"context": {"patient": "p-1"}} | {k: v for k, v in ANSWER.items() if k != "patient"})
    assert code == "smart_patient_invalid"
    assert "not inside context" in detail


@pytest.mark.parametrize("value", [[], ["p-1"], ["p-1", "p-2"]], ids=["H211 0", "1", "H211 2"])
def test_a_list_of_patients_is_refused(value: Any) -> None:
    code, detail = refused(ANSWER | {"patient": value})
    assert code == "smart_patient_invalid"
    assert "not a list" in detail


@pytest.mark.parametrize(
    "value", ["", 7, True, {"id": "p-1"}, "Patient/p-1", "p_1", "..", "a" * 65, "p-1,p-2", "15849197352"]
)
def test_a_patient_that_is_no_fhir_id_is_refused_and_not_repeated(value: Any) -> None:
    code, detail = refused(ANSWER | {"patient": value})
    assert code == "smart_patient_invalid"
    assert "FHIR id" in detail
    assert not isinstance(value, str) or len(value) < 3 or value not in detail


@pytest.mark.parametrize(
    "reference", ["Patient/p-2", "Patient/p-1", "https://epj.test/fhir/Patient/p-2"], ids="H211 {}".format
)
@pytest.mark.parametrize("role", [{}, {"role": "launch"}])
def test_a_second_patient_in_fhir_context_is_refused(reference: str, role: dict[str, str]) -> None:
    code, detail = refused(ANSWER | {"fhirContext": [{"reference": reference} | role]})
    assert code == "smart_patient_invalid"
    assert "fhirContext" in detail


@pytest.mark.parametrize("value", ["", 7, ["e-1"], "Encounter/e-1", "..", "15849197352"])
def test_an_encounter_that_is_no_fhir_id_is_refused(value: Any) -> None:
    code, detail = refused(ANSWER | {"encounter": value})
    assert (code, "encounter:" in detail) == ("smart_token_invalid", True)


@pytest.mark.parametrize("value", [None, {}, "Organization/1", ["Organization/1"], [{}] * 51, [None]])
def test_a_fhir_context_of_another_kind_is_refused(value: Any) -> None:
    code, detail = refused(ANSWER | {"fhirContext": value})
    assert (code, "fhirContext" in detail) == ("smart_token_invalid", True)
