"""For which office a client asks, said in its assertion: `assertion_details`, once `authorization_details` (FK5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ValidationError

from portal.domain import jose
from portal.domain.identity import Organisation
from portal.errors import OAuthError

if TYPE_CHECKING:
    from portal.demo.helseid.config import Client

TYPE = "helseid_authorization"
# Which of the two HelseID enforces is not known: its samples have both.
SINGLE_TENANT = {"urn:oid:2.16.578.1.12.4.1.4.101", "urn:oid:2.16.578.1.12.4.1.2.101"}
MULTI_TENANT = "urn:oid:1.0.6523"
PAIR = re.compile(r"NO:ORGNR:([0-9]{9}):([0-9]{9})?")


class DetailsRefused(OAuthError):
    """An office that this client may not name, or names in another way than HelseID documents (RFC 9396 §5)."""

    codes: ClassVar[dict[str, int]] = {"invalid_authorization_details": 400}


class _Identifier(BaseModel):
    system: str
    type: Literal["ENH"]
    value: str


class _Organization(BaseModel):
    identifier: _Identifier


class _Role(BaseModel):
    organization: _Organization


class _Detail(BaseModel):
    practitioner_role: _Role


def office(client: Client, assertion: str) -> Organisation | None:
    """Return the office that an assertion names; a single-tenant client's own when it names none.

    `assertion` has been verified. Raises DetailsRefused.
    """
    named = [detail for detail in _details(jose.peek(assertion).claims) if detail.get("type") == TYPE]
    if not named:
        return None if client.delegations else client.organisation
    if len(named) > 1:
        raise DetailsRefused("invalid_authorization_details", "more than one office")
    try:
        identifier = _Detail.model_validate(named[0]).practitioner_role.organization.identifier
    except ValidationError:
        raise DetailsRefused("invalid_authorization_details", "identifier") from None
    return _delegated(client, identifier) if client.delegations else _own(client, identifier)


def _details(claims: Any) -> list[dict[str, Any]]:
    said = claims.get("assertion_details", claims.get("authorization_details", []))
    details = said if isinstance(said, list) else [said]
    if not all(isinstance(detail, dict) for detail in details):
        raise DetailsRefused("invalid_authorization_details", "no object")
    return details


def _own(client: Client, identifier: _Identifier) -> Organisation:
    """HelseID knows the parent, and which units the client may name."""
    own = client.organisation
    if own is None or identifier.system not in SINGLE_TENANT or identifier.value not in {own.child, *client.children}:
        raise DetailsRefused("invalid_authorization_details", "no unit of this client")
    return Organisation(own.parent, identifier.value)


def _delegated(client: Client, identifier: _Identifier) -> Organisation:
    """The parent must have delegated to the client; nobody checks the child."""
    pair = PAIR.fullmatch(identifier.value) if identifier.system == MULTI_TENANT else None
    if pair is None or pair.group(1) not in client.delegations:
        raise DetailsRefused("invalid_authorization_details", "no delegation")
    return Organisation(*pair.groups())
