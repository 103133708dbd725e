"""GET /connect/userinfo, the only place that tells what HPR has approved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from portal.demo.helseid import proof
from portal.demo.helseid.scopes import HPR_SCOPE
from portal.domain.identity import HPR_DETAILS
from portal.errors import TokenRejected

if TYPE_CHECKING:
    from portal.demo.helseid.config import Person
    from portal.demo.helseid.provider import Provider


def tell(provider: Provider) -> dict[str, Any]:
    """Answer for an access token with `openid`, by Bearer or with a DPoP proof; raises TokenRejected."""
    said = _access_token(provider)
    now = int(provider.now().timestamp())
    person = provider.config.person(said.get("sub", ""))
    if person is None or said["exp"] <= now:
        raise TokenRejected("invalid_token")
    if "openid" not in said["scope"]:
        raise TokenRejected("insufficient_scope")
    answer: dict[str, Any] = {"userinfo_issued_at": now, "sub": person.sub}
    return answer | ({HPR_DETAILS: hpr_details(person)} if HPR_SCOPE in said["scope"] else {})


def hpr_details(person: Person) -> dict[str, Any]:
    """Return what HPR knows; the number is one here and a string in the tokens: so does HelseID."""
    number = {"hpr_number": int(person.hpr_number)} if person.hpr_number else {}
    approvals = [approval.model_dump(mode="json") for approval in person.approvals]
    return {"approvals": approvals, **number, "no_hpr_number": not person.hpr_number}


def _access_token(provider: Provider) -> dict[str, Any]:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    said = provider.key.read(token, "at+jwt")
    if said is None or scheme not in {"Bearer", "DPoP"}:
        raise TokenRejected("invalid_token")
    if scheme == "DPoP" and proof.check_for_token(provider, token) != said["cnf"]["jkt"]:
        raise TokenRejected("invalid_dpop_proof")
    return said
