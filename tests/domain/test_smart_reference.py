from __future__ import annotations

from typing import Any

import pytest

from portal.domain.smart import reference
from portal.errors import SmartRejected

ISSUER = "https://epj.test/fhir"
TYPES = ("Practitioner", "PractitionerRole")


def read(value: Any, issuer: str = ISSUER) -> reference.Reference:
    return reference.read(value, issuer=issuer, types=TYPES, field="fhirUser", code="smart_user_invalid")


@pytest.mark.parametrize("issuer", [ISSUER, f"{ISSUER}/"])
@pytest.mark.parametrize("value", ["Practitioner/d-1.A", f"{ISSUER}/Practitioner/d-1.A"])
def test_relative_and_absolute_below_the_issuer_are_the_same(issuer: str, value: str) -> None:
    found = read(value, issuer)
    assert found == ("Practitioner", "d-1.A")
    assert str(found) == "Practitioner/d-1.A"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        pytest.param(None, "must be a reference", id="nothing"),
        pytest.param(["Practitioner/1"], "must be a reference", id="a list"),
        pytest.param({"reference": "Practitioner/1"}, "must be a reference", id="an object"),
        pytest.param("https://evil.test/fhir/Practitioner/1", "below the issuer", id="H209 another host"),
        pytest.param("HTTPS://EPJ.TEST/fhir/Practitioner/1", "below the issuer", id="the issuer in capitals"),
        pytest.param("https://epj.test/fhir2/Practitioner/1", "below the issuer", id="beside the issuer"),
        pytest.param("https://epj.test/fhir@evil.test/Practitioner/1", "below the issuer", id="userinfo"),
        pytest.param("//evil.test/Practitioner/1", "below the issuer", id="no scheme"),
        pytest.param("urn:uuid:0f0e0d0c-0000-4000-8000-000000000011", "below the issuer", id="a urn"),
        pytest.param("javascript:Practitioner/1", "below the issuer", id="a script"),
        pytest.param("Patient/1", "Practitioner/<id> or PractitionerRole/<id>", id="another type"),
        pytest.param("practitioner/1", "Practitioner/<id> or", id="lower case"),
        pytest.param("/Practitioner/1", "Practitioner/<id> or", id="a slash before"),
        pytest.param("../Practitioner/1", "Practitioner/<id> or", id="a step up before"),
        pytest.param(f"{ISSUER}//evil.test/1", "Practitioner/<id> or", id="two slashes after the issuer"),
        pytest.param("#d-1", "Practitioner/<id> or", id="a contained resource"),
        pytest.param("", "Practitioner/<id> or", id="empty"),
        pytest.param("d-1", "Practitioner/<id> or", id="an id alone"),
        pytest.param("Practitioner", "FHIR id", id="a type alone"),
        pytest.param("Practitioner/", "FHIR id", id="no id"),
        pytest.param("Practitioner/..", "FHIR id", id="a step up"),
        pytest.param("Practitioner/.", "FHIR id", id="no step"),
        pytest.param("Practitioner/1/_history/2", "FHIR id", id="a version"),
        pytest.param("Practitioner/1?x=y", "FHIR id", id="a query"),
        pytest.param("Practitioner/1#x", "FHIR id", id="a fragment"),
        pytest.param("Practitioner/1%2F..", "FHIR id", id="a hidden slash"),
        pytest.param("Practitioner/a_b", "FHIR id", id="an underscore"),
        pytest.param("Practitioner/1\n", "FHIR id", id="a line break"),
        pytest.param("Practitioner/1\r\nX: y", "FHIR id", id="a header"),
        pytest.param("Practitioner/ø", "FHIR id", id="beyond ASCII"),
        pytest.param("Practitioner/" + "a" * 65, "FHIR id", id="65 letters"),
        pytest.param("Practitioner/15849197352", "national number", id="somebody's number"),
        pytest.param("Practitioner/no-15849197352-x", "national number", id="somebody's number inside"),
    ],
)
def test_a_reference_that_leads_elsewhere_is_refused_and_not_repeated(value: Any, rule: str) -> None:
    with pytest.raises(SmartRejected) as caught:
        read(value)
    assert caught.value.code == "smart_user_invalid"
    assert caught.value.detail.startswith("fhirUser: ")
    assert rule in caught.value.detail
    assert not isinstance(value, str) or len(value) < 2 or value not in caught.value.detail.removeprefix("fhirUser")
