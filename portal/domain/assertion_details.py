"""Whom we act for, said in the client assertion (HelseID FK5; facts: organisation numbers)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from portal.domain.identity import Organisation

Details: TypeAlias = "dict[str, Any] | list[dict[str, Any]]"
"""One object, or an array of several."""

SINGLE_TENANT = "urn:oid:2.16.578.1.12.4.1.4.101"
"""Unverified: HelseID's samples of 2022 say 2.16.578.1.12.4.1.2.101 here."""
MULTI_TENANT = "urn:oid:1.0.6523"


def single_tenant(child: str, system: str = SINGLE_TENANT) -> Details:
    """A unit below the client's own organisation, nine digits; HelseID knows the parent and checks that it is ours."""
    return _organisation(system, child)


def multi_tenant(organisation: Organisation) -> Details:
    """Another organisation that has delegated to us in Altinn, and its unit where one is known."""
    return _organisation(MULTI_TENANT, f"NO:ORGNR:{organisation.parent}:{organisation.child or ''}")


def _organisation(system: str, value: str) -> Details:
    identifier = {"system": system, "type": "ENH", "value": value}
    return {
        "type": "helseid_authorization",
        "practitioner_role": {"organization": {"identifier": identifier}},
    }
