"""HelseID's own scopes and the claims that each gives (facts: HelseID scopes and claims)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.domain.identity import HPR_NUMBER, PID, SECURITY_LEVEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from portal.demo.helseid.config import Person

ASSURANCE = {2: "low", 3: "substantial", 4: "high"}


def _profile(person: Person, _: int) -> dict[str, Any]:
    return {
        "name": person.name,
        "given_name": person.given_name,
        "middle_name": person.middle_name,
        "family_name": person.family_name,
    }


def _hpr_number(person: Person, _: int) -> dict[str, Any]:
    return {HPR_NUMBER: person.hpr_number} if person.hpr_number else {}


HPR_SCOPE = "helseid://scopes/hpr/hpr_number"
CLAIMS: dict[str, Callable[[Person, int], dict[str, Any]]] = {
    "profile": _profile,
    "helseid://scopes/identity/pid": lambda person, _: {PID: person.pid},
    "helseid://scopes/identity/pid_pseudonym": lambda person, _: {
        "helseid://claims/identity/pid_pseudonym": person.sub
    },
    "helseid://scopes/identity/security_level": lambda _, level: {SECURITY_LEVEL: str(level)},
    "helseid://scopes/identity/assurance_level": lambda _, level: {
        "helseid://claims/identity/assurance_level": ASSURANCE[level]
    },
    "helseid://scopes/identity/network": lambda *_: {"helseid://claims/identity/network": "internett"},
    HPR_SCOPE: _hpr_number,
}
OWN = frozenset({"openid", "offline_access", *CLAIMS})


def claims(person: Person, level: int, scopes: Iterable[str]) -> dict[str, Any]:
    """Return what `scopes` say about `person`, who has logged in at `level`."""
    said: dict[str, Any] = {}
    for scope in scopes:
        said |= CLAIMS[scope](person, level) if scope in CLAIMS else {}
    return said
