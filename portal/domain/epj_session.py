"""Whose token an EPJ shows us: a clinician's HelseID session in one EPJ, for one office (facts: HelseID claims)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from portal.domain.identity import HPR_NUMBER, PID, SECURITY_LEVEL, Organisation
from portal.errors import ContextRejected

if TYPE_CHECKING:
    from portal.domain.identity import VerifiedClaims

ORGNR_PARENT = "helseid://claims/client/claims/orgnr_parent"
_HPR = re.compile(r"[1-9][0-9]{0,8}")
ORGNR_CHILD = "helseid://claims/client/claims/orgnr_child"


@dataclass(frozen=True)
class EpjSession:
    """Who works in an EPJ: at door A (`sub`, `client_id`, `sid`) of her HelseID token, at door B (`iss`, `fhirUser`).

    `organisation` is what the EPJ acts for. At door B `sub` is not known yet, `client_id` is the issuer, `sid` stands
    for the user there, and `security_level` is 0: HelseID has said nothing. `own_numbers` are the clinician's
    fødselsnummer and D-number as far as they are told, to see that she is not the patient; nobody keeps them.
    """

    sub: str | None
    client_id: str
    sid: str
    hpr_number: str | None
    organisation: Organisation
    security_level: int = 0
    own_numbers: frozenset[str] = field(default=frozenset(), repr=False)


def from_claims(claims: VerifiedClaims, min_security_level: int) -> EpjSession:
    """Read the session from a verified access token.

    Raises ContextRejected for a machine's token, a low security level or a token without an office.
    """
    sub, client_id, sid, own = (_told(claims, name) for name in ("sub", "client_id", "sid", PID))
    level = claims.get(SECURITY_LEVEL)
    if level not in {"2", "3", "4"} or int(level) < min_security_level:
        raise ContextRejected("security_level_too_low")
    hpr = str(claims.get(HPR_NUMBER))
    known = hpr if _HPR.fullmatch(hpr) else None
    return EpjSession(sub, client_id, sid, known, _organisation(claims), int(level), frozenset({own}))


def _told(claims: VerifiedClaims, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise ContextRejected("user_token_required")
    return value


def _organisation(claims: VerifiedClaims) -> Organisation:
    parent, child = _number(claims.get(ORGNR_PARENT)), _number(claims.get(ORGNR_CHILD))
    if parent is None:
        raise ContextRejected("organisation_missing")
    return Organisation(parent, child)


def _number(value: Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[0-9]{9}", value) else None
