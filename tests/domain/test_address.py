from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from portal.domain.address import Party, checked_reply_to
from portal.domain.context import ReplyTo
from portal.domain.identity import Organisation
from portal.errors import ContextRejected

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HER_ID, PARENT = "99000102", "99000101"
OFFICE = Organisation("999977774", "999977775")


def told(**changes: Any) -> dict[str, Any]:
    """What /CommunicationParties/{herId} says of a service, laid out as in Helsenorge.Messaging's test files."""
    party = {
        "Active": True,
        "DisplayName": None,
        "HerId": 99000102,
        "IsValidCommunicationParty": True,
        "Name": "Fastlege",
        "ParentHerId": 99000101,
        "ParentName": "Granfjelldal legekontor",
        "ParentOrganizationNumber": 999977774,
        "ServerTime": "2026-11-20T13:00:00.1234567+01:00",
        "Type": "Service",
        "Valid": {"From": "2023-04-04T00:00:00", "To": "9999-12-31T00:00:00"},
    }
    envelope = {"herId": 99000102, "parentHerId": 99000101, "type": changes.pop("type", "Service")}
    return {**envelope, "communicationParty": party | changes}


def told_newly(kind: str = "Service", details: str = "serviceDetails", **changes: Any) -> dict[str, Any]:
    """What /api/v1/communicationparty/{herId} says, laid out as its OpenAPI description has it."""
    parent = {"name": "Granfjelldal legekontor", "herId": 99000101, "organizationNumber": "999977774"}
    party = {
        "herId": 99000102,
        "name": "Fastlege",
        "type": kind,
        "organizationDetails": None,
        "personDetails": None,
        "serviceDetails": None,
        "ediAddress": "granfjelldal@edi.nhn.no",
        "validFrom": "2023-04-04T00:00:00",
        "validTo": "9999-12-31T00:00:00",
    }
    return party | {details: {"parentOrganization": parent}} | changes


def reply_to(body: dict[str, Any], *, parent: str | None = PARENT, office: Organisation = OFFICE) -> ReplyTo:
    return checked_reply_to(Party.model_validate(body), HER_ID, parent, office, NOW)


def refusal(body: dict[str, Any], **asked: Any) -> str:
    with pytest.raises(ContextRejected) as refused:
        reply_to(body, **asked)
    return refused.value.code


def test_nhns_two_answers_are_read_alike() -> None:
    newly = [told_newly(), told_newly("Person", "personDetails")]
    old = [told(), told(type="Person")]
    assert [Party.model_validate(body) for body in newly] == [Party.model_validate(body) for body in old]
    party = Party.model_validate(told())
    assert (party.her_id, party.parent_her_id, party.parent_organisation_number) == (HER_ID, PARENT, "999977774")
    assert (party.active, party.valid_from) == (True, datetime(2023, 4, 3, 22, 0, tzinfo=UTC))


def test_nothing_of_a_person_is_kept() -> None:
    person = {"BirthDate": "1968-07-22T00:00:00", "FirstName": "Anna", "HPRInformation": {"HPRNumber": 565501872}}
    party = Party.model_validate(told(type="Person", Person=person, Name="Anna Fastlege"))
    assert not any(value in repr(party) for value in ("Anna", "565501872", "1968"))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param([], id="a list"),
        pytest.param(told() | {"herId": "x"}, id="no HER-id"),
        pytest.param(told() | {"herId": True}, id="a truth for a HER-id"),
        pytest.param(told() | {"type": None}, id="no kind"),
        pytest.param(told() | {"communicationParty": None}, id="nothing inside"),
        pytest.param(told(ParentHerId=-1), id="a service of nobody"),
        pytest.param(told(Active="perhaps"), id="perhaps active"),
        pytest.param(told(Valid={"From": 1, "To": "2030-01-01T00:00:00"}), id="a number for a moment"),
        pytest.param(told(Valid={"From": "2023-04-04", "To": "2030-01-01T00:00:00"}), id="a date for a moment"),
        pytest.param(told_newly(serviceDetails={}), id="no parent organisation"),
    ],
)
def test_what_is_not_laid_out_as_nhn_does_is_refused(body: Any) -> None:
    with pytest.raises(ValidationError):
        Party.model_validate(body)


@pytest.mark.parametrize("body", [told(), told(type="Person"), told_newly(), told_newly("Person", "personDetails")])
@pytest.mark.parametrize("parent", [PARENT, None])
def test_a_service_or_person_of_the_office_takes_its_messages(body: dict[str, Any], parent: str | None) -> None:
    assert reply_to(body, parent=parent) == ReplyTo(HER_ID, PARENT, body["type"])


def test_a_her_id_that_nobody_has_is_unknown() -> None:
    with pytest.raises(ContextRejected, match="reply_to_unknown"):
        checked_reply_to(None, HER_ID, PARENT, OFFICE, NOW)


def test_what_is_said_of_another_her_id_is_not_believed() -> None:
    assert refusal(told() | {"herId": 99000103}) == "reply_to_unknown"


@pytest.mark.parametrize(
    "body",
    [
        told(type="Organization", ParentHerId=-1, ParentOrganizationNumber=-1),
        told(type="Organization"),
        told(type="Department"),
        told_newly("Organization", serviceDetails=None, organizationDetails={"organizationNumber": "999977774"}),
    ],
)
def test_an_organisation_itself_takes_no_messages(body: dict[str, Any]) -> None:
    with pytest.raises(ContextRejected, match="reply_to_unknown: her_id: an organisation's"):
        reply_to(body)


@pytest.mark.parametrize(
    ("changes", "active"),
    [
        ({"Active": False}, False),
        ({"Valid": {"From": "2026-11-20T13:00:00", "To": "9999-12-31T00:00:00"}}, True),
        ({"Valid": {"From": "2026-11-20T13:00:01", "To": "9999-12-31T00:00:00"}}, False),
        ({"Valid": {"From": "2020-01-01T00:00:00", "To": "2026-11-20T13:00:01"}}, True),
        ({"Valid": {"From": "2020-01-01T00:00:00", "To": "2026-11-20T13:00:00"}}, False),
        ({"Valid": {"From": None, "To": None}}, True),
        ({"Valid": {"From": "2026-11-20T12:00:00Z", "To": "2026-11-20T12:00:01Z"}}, True),
    ],
)
def test_only_within_its_period_and_while_active_does_it_take_messages(
    changes: dict[str, Any], *, active: bool
) -> None:
    if active:
        assert reply_to(told(**changes)) == ReplyTo(HER_ID, PARENT, "Service")
    else:
        assert refusal(told(**changes)) == "reply_to_inactive"


def test_the_newer_answer_ends_by_its_period_too() -> None:
    assert refusal(told_newly(validTo=(NOW - timedelta(seconds=1)).isoformat())) == "reply_to_inactive"
    assert refusal(told_newly(validFrom=(NOW + timedelta(seconds=1)).isoformat())) == "reply_to_inactive"


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        pytest.param(told(ParentOrganizationNumber=310000124), {}, id="another organisation's"),
        pytest.param(told(ParentOrganizationNumber=999977775), {}, id="the unit's number is not the parent's"),
        pytest.param(told(ParentOrganizationNumber=-1), {}, id="a parent without a number"),
        pytest.param(told(), {"office": Organisation("310000124", "999977774")}, id="the office is somebody else's"),
        pytest.param(told(), {"parent": "99000103"}, id="the journal names another parent"),
        pytest.param(told(), {"parent": HER_ID}, id="the journal names itself as parent"),
    ],
)
def test_what_belongs_elsewhere_is_refused(body: dict[str, Any], asked: dict[str, Any]) -> None:
    assert refusal(body, **asked) == "reply_to_elsewhere"
