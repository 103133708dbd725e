"""Who the clinician is, as HelseID says (facts: HelseID claims, userinfo `hpr_details`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NewType

from portal.errors import SignInError

if TYPE_CHECKING:
    from collections.abc import Mapping

VerifiedClaims = NewType("VerifiedClaims", dict[str, Any])
"""Claims of a token whose signature, issuer, audience and lifetime were checked."""

SUB, SID = 64, 200
"""The longest that these may be; HelseID's have 44 and 32 characters."""

SECURITY_LEVEL = "helseid://claims/identity/security_level"
PID = "helseid://claims/identity/pid"
HPR_NUMBER = "helseid://claims/hpr/hpr_number"
_HPR = re.compile(r"[1-9][0-9]{0,8}")
HPR_DETAILS = "helseid://claims/hpr/hpr_details"


@dataclass(frozen=True)
class Authorisation:
    """One approval in HPR; `profession` is a code of Volven 9060 (LE, SP …), the rest are HPR's own code values."""

    profession: str
    authorization: str
    requisition_rights: tuple[str, ...] = ()
    specialities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Person:
    """A clinician who has logged in with HelseID; `sub` is the key everywhere, the HPR number may be missing."""

    sub: str
    name: str
    security_level: int
    hpr_number: str | None = None
    authorisations: tuple[Authorisation, ...] = ()
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Organisation:
    """An office: `parent` is the legal entity that authorises, `child` the unit that routes (nine digits each)."""

    parent: str
    child: str | None = None

    @property
    def label(self) -> str:
        """`parent`, or `parent/child`."""
        return f"{self.parent}/{self.child}" if self.child else self.parent


def from_claims(claims: VerifiedClaims, userinfo: Mapping[str, Any]) -> Person:
    """Read a Person from a verified id token and the userinfo answer for the same `sub`.

    Raises SignInError when a claim has another type than HelseID documents, or userinfo is about someone else.
    """
    sub, level = claims.get("sub"), claims.get(SECURITY_LEVEL)
    if not isinstance(sub, str) or not sub or userinfo.get("sub") != sub:
        raise SignInError("login_token_invalid", "sub")
    if not isinstance(level, str) or level not in {"2", "3", "4"}:
        raise SignInError("login_token_invalid", "security_level")
    details = userinfo.get(HPR_DETAILS)
    if details is not None and not isinstance(details, dict):
        raise SignInError("login_token_invalid", "hpr_details")
    return Person(
        sub=sub,
        name=_name(claims),
        security_level=int(level),
        hpr_number=_hpr_number(claims, details or {}),
        authorisations=tuple(_authorisation(approval) for approval in _approvals(details or {})),
    )


def _name(claims: VerifiedClaims) -> str:
    name = claims.get("name")
    if not isinstance(name, str) or not name.strip():
        raise SignInError("login_token_invalid", "name")
    return name.strip()


def _hpr_number(claims: VerifiedClaims, details: Mapping[str, Any]) -> str | None:
    # HelseID sends a string in tokens and a number in userinfo.
    number = details.get("hpr_number") or claims.get(HPR_NUMBER)
    if not number:
        return None
    if isinstance(number, bool) or not isinstance(number, str | int) or not _HPR.fullmatch(str(number)):
        raise SignInError("login_token_invalid", "hpr_number")
    return str(number)


def _approvals(details: Mapping[str, Any]) -> list[Any]:
    approvals = details.get("approvals") or []
    if not isinstance(approvals, list):
        raise SignInError("login_token_invalid", "hpr_details")
    return approvals


def _authorisation(approval: Any) -> Authorisation:
    try:
        return Authorisation(
            profession=_text(approval["profession"]),
            authorization=_text(approval["authorization"]["value"]),
            requisition_rights=tuple(_text(right["value"]) for right in approval.get("requisition_rights") or ()),
            specialities=tuple(_text(speciality["value"]) for speciality in approval.get("specialities") or ()),
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise SignInError("login_token_invalid", "hpr_details") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
