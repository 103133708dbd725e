from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from portal.domain.assertion_details import multi_tenant, single_tenant
from portal.domain.assignment import HOLDER, OfficeAssignment, RoleAssignment, holders
from portal.domain.identity import Organisation


@pytest.mark.parametrize("holder", ["hpr:565501872", "hpr:99999", "sub:c4SrhKObpoFbX+voZUHlG9RCKdHaCXASuxltkCRAQUo="])
def test_a_person_is_named_by_hpr_number_or_sub(holder: str) -> None:
    assert HOLDER.fullmatch(holder)


@pytest.mark.parametrize(
    "holder", ["565501872", "hpr:0123456", "hpr:13917099805", "sub:", "sub:a b", f"sub:{'x' * 65}"]
)
def test_no_fodselsnummer_and_no_name_is_a_holder(holder: str) -> None:
    assert not HOLDER.fullmatch(holder)


def test_a_person_without_hpr_number_has_one_name() -> None:
    assert holders("s", None) == ("sub:s",)
    assert holders("s", "565501872") == ("sub:s", "hpr:565501872")


def test_an_assignment_is_kept_as_the_rules_read_it() -> None:
    assert RoleAssignment(role="vikar").value == "vikar"
    assert RoleAssignment(role="kommuneoverlege", municipality="0301").value == "kommuneoverlege:0301"
    assert OfficeAssignment(parent="999977774").value == "999977774"
    both = OfficeAssignment.model_validate({"parent": "999977774/999977775", "name": "Granfjelldal legekontor"})
    assert (both.value, both.name) == ("999977774/999977775", "Granfjelldal legekontor")


@pytest.mark.parametrize(
    "given", [{"parent": "99997777"}, {"parent": "99997777x"}, {"parent": "999977774/"}, {"parent": "999977774/x"}]
)
def test_an_office_has_right_numbers(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OfficeAssignment.model_validate(given)


@pytest.mark.parametrize("given", [{"role": "sjef"}, {"role": "vikar", "municipality": "301"}])
def test_a_role_is_one_that_rules_know(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RoleAssignment.model_validate(given)


def test_whom_we_act_for_is_said_as_helseid_reads_it() -> None:
    def identifier(details: Any) -> dict[str, str]:
        assert details["type"] == "helseid_authorization"
        found: dict[str, str] = details["practitioner_role"]["organization"]["identifier"]
        return found

    office = Organisation("999977774", "999977775")
    assert identifier(multi_tenant(office)) == {
        "system": "urn:oid:1.0.6523",
        "type": "ENH",
        "value": "NO:ORGNR:999977774:999977775",
    }
    assert identifier(multi_tenant(Organisation("999977774")))["value"] == "NO:ORGNR:999977774:"
    assert identifier(single_tenant("999977775")) == {
        "system": "urn:oid:2.16.578.1.12.4.1.4.101",
        "type": "ENH",
        "value": "999977775",
    }
