"""Tokens without a person, and the office that a client asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from support.helseid import ANNA, running
from support.raw_client import RawClient, refusal, registration

from portal.demo.helseid.tokens import CLIENT
from portal.domain.identity import Organisation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.demo.helseid.provider import Provider

ENH, OLD, MULTI = "urn:oid:2.16.578.1.12.4.1.4.101", "urn:oid:2.16.578.1.12.4.1.2.101", "urn:oid:1.0.6523"
OWN, UNIT, OTHER_UNIT, FOREIGN = "999977774", "999977775", "999977776", "313325016"


@pytest.fixture(scope="module")
def offices() -> Iterator[Provider]:
    apis = {"inngangsportalen": ("inngangsportalen/context",), "kjernejournal": ("kj/api",)}
    common: dict[str, Any] = {"apis": apis, "offline_access": True}
    single = registration("single", organisation=Organisation(OWN, UNIT), children=(OTHER_UNIT,), **common)
    multi = registration("multi", organisation=Organisation("313745392"), delegations=(FOREIGN,), **common)
    with running(single, multi, registration("bare")) as provider:
        yield provider


@pytest.fixture
def single(offices: Provider) -> RawClient:
    return RawClient(offices, "single")


@pytest.fixture
def multi(offices: Provider) -> RawClient:
    return RawClient(offices, "multi")


def detail(system: str, value: str) -> dict[str, Any]:
    identifier = {"system": system, "type": "ENH", "value": value}
    return {"type": "helseid_authorization", "practitioner_role": {"organization": {"identifier": identifier}}}


def offices_of(client: RawClient, answer: requests.Response) -> dict[str, str]:
    said = client.read_access_token(answer.json())
    return {name.rpartition("_")[2]: number for name, number in said.items() if name.startswith(f"{CLIENT}/claims/")}


def test_a_client_gets_a_token_for_itself_that_is_nobodys(single: RawClient) -> None:
    answer = single.machine(scope="kj/api")
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "scope"}
    said = single.read_access_token(answer.json())
    assert (said["aud"], said["scope"], said["client_id"]) == ("kjernejournal", ["kj/api"], "single")
    assert not said.keys() & {"sub", "sid", "auth_time", "amr", "idp"}
    assert not any("/identity/" in name or "/hpr/" in name for name in said)
    assert said["cnf"]["jkt"]
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert refusal(requests.get(single.url("/connect/userinfo"), headers=bearer, timeout=5)) == "invalid_token"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"scope": "openid"}, "invalid_scope", id="a person's scope"),
        pytest.param({"scope": "kj/other"}, "invalid_scope", id="a foreign scope"),
        pytest.param({"scope": "kj/api", "resource": "inngangsportalen"}, "invalid_target", id="another's resource"),
    ],
)
def test_a_client_gets_no_more_than_its_apis(single: RawClient, changes: dict[str, str], error: str) -> None:
    assert refusal(single.machine(**changes)) == error


def test_a_client_without_apis_gets_nothing(offices: Provider) -> None:
    assert refusal(RawClient(offices, "bare").machine()) == "invalid_scope"


@pytest.mark.parametrize("claim", ["assertion_details", "authorization_details"])
@pytest.mark.parametrize("system", [ENH, OLD])
def test_a_single_tenant_client_names_a_unit_of_its_own(single: RawClient, claim: str, system: str) -> None:
    assert offices_of(single, single.machine()) == {"parent": OWN, "child": UNIT}
    assertion = single.assertion(**{claim: detail(system, OTHER_UNIT)})
    assert offices_of(single, single.machine(client_assertion=assertion)) == {"parent": OWN, "child": OTHER_UNIT}


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (f"NO:ORGNR:{FOREIGN}:{UNIT}", {"supplier": "313745392", "parent": FOREIGN, "child": UNIT}),
        (f"NO:ORGNR:{FOREIGN}:", {"supplier": "313745392", "parent": FOREIGN}),
    ],
)
def test_a_multi_tenant_client_names_whoever_delegated_to_it(
    multi: RawClient, value: str, named: dict[str, str]
) -> None:
    assert offices_of(multi, multi.machine()) == {"supplier": "313745392"}
    other = {"type": "nhn:sfm:journal-id", "value": {"journal_id": "x"}}
    assertion = multi.assertion(assertion_details=[other, detail(MULTI, value)])
    assert offices_of(multi, multi.machine(client_assertion=assertion)) == named


@pytest.mark.parametrize(
    ("client_id", "details"),
    [
        pytest.param("single", detail(ENH, FOREIGN), id="a unit of somebody else's"),
        pytest.param("single", detail(MULTI, f"NO:ORGNR:{OWN}:{UNIT}"), id="the other kind's layout"),
        pytest.param("single", [detail(ENH, UNIT)] * 2, id="two offices"),
        pytest.param("single", detail(ENH, UNIT) | {"practitioner_role": {}}, id="no identifier"),
        pytest.param("single", "helseid_authorization", id="no object"),
        pytest.param("multi", detail(MULTI, f"NO:ORGNR:{OWN}:"), id="nobody has delegated"),
        pytest.param("multi", detail(ENH, FOREIGN), id="the other system"),
        pytest.param("bare", detail(ENH, UNIT), id="a client without an organisation"),
    ],
)
def test_an_office_that_it_may_not_name_is_refused(offices: Provider, client_id: str, details: Any) -> None:
    client = RawClient(offices, client_id)
    answer = client.machine(client_assertion=client.assertion(assertion_details=details))
    assert refusal(answer) == "invalid_authorization_details"


def test_a_refresh_may_name_another_unit_each_time(single: RawClient) -> None:
    tokens = single.redeem(single.code(ANNA.sub)).json()
    for unit in (OTHER_UNIT, UNIT):
        assertion = single.assertion(assertion_details=detail(ENH, unit))
        answer = single.refresh(tokens["refresh_token"], client_assertion=assertion)
        assert offices_of(single, answer)["child"] == unit
        tokens = answer.json()
