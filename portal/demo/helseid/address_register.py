"""GET /cp/CommunicationParties/<HER-id>: what NHN's address register says at a host of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.demo.helseid.callers import caller

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.demo.helseid.config import Party
    from portal.demo.helseid.provider import Provider

PARTIES = "/cp/CommunicationParties"
AUDIENCE = "nhn:cp-api"
SCOPE = "nhn:cp-api/access-v2-dpop"


def look_up(provider: Provider, her_id: int) -> ResponseReturnValue:
    """Answer in the layout of Helsenorge.Messaging's test files; 503 while the register is told to be down.

    Raises TokenRejected.
    """
    if provider.config.address_register_down:
        return {"title": "down"}, 503
    caller(provider, AUDIENCE, SCOPE)
    party = provider.config.party(str(her_id))
    if party is None:
        return {"title": "Not Found"}, 404
    parent = provider.config.party(party.parent_her_id)
    parent_her_id = int(parent.her_id) if parent else -1
    detailed = _detailed(party) | {
        "ParentHerId": parent_her_id,
        "ParentName": parent.name if parent else None,
        "ParentOrganizationNumber": int(parent.organisation_number or -1) if parent else -1,
    }
    return {
        "herId": int(party.her_id),
        "parentHerId": parent_her_id,
        "type": party.kind,
        "communicationParty": detailed,
    }


def _detailed(party: Party) -> dict[str, Any]:
    return {
        "Active": party.active,
        "HerId": int(party.her_id),
        "IsValidCommunicationParty": party.kind != "Organization",
        "Name": party.name,
        "Type": party.kind,
        "Valid": {"From": party.valid_from, "To": party.valid_to},
    }
