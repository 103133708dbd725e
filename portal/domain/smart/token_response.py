"""What comes with a code: tokens, and beside them the launch's context (SMART App Launch 2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.domain.smart.reference import ID_RULE, Reference, is_id
from portal.errors import SmartRejected

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(r"[!-~]{1,16384}")  # RFC 6749 appendix A.12, without the space that ends it in a header
_MOST_CONTEXTS = 50
_LONGEST = 3600  # seconds; SMART App Launch 2.2, Best Practices
_SOURCE = "SMART App Launch 2.2, Scopes and Launch Context"


@dataclass(frozen=True)
class Granted:
    """A token response that holds; `offices` are the references to Organizations in `fhirContext`, as they came.

    `scope` is None when all was granted that was asked for (RFC 6749 §5.1); `life` is the access token's.
    """

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    patient: Reference
    encounter: Reference | None
    offices: tuple[str, ...]
    scope: str | None = None
    life: timedelta = timedelta(seconds=_LONGEST)


def read(answer: Mapping[str, Any]) -> Granted:
    """Read a token response; raises SmartRejected smart_token_invalid or smart_patient_invalid naming the field."""
    return Granted(
        access_token=access_token(answer),
        id_token=_token(answer, "id_token"),
        refresh_token=refresh_token(answer),
        patient=_patient(answer),
        encounter=_encounter(answer),
        offices=_offices(answer),
        scope=scope if isinstance(scope := answer.get("scope"), str) else None,
        life=life(answer),
    )


def access_token(answer: Mapping[str, Any]) -> str:
    """Return a token for FHIR reads; raises SmartRejected smart_token_invalid for another type (RFC 6749 §5.1)."""
    kind = answer.get("token_type")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise SmartRejected("smart_token_invalid", "token response, token_type: must be Bearer (RFC 6749 §5.1)")
    return _token(answer, "access_token")


def refresh_token(answer: Mapping[str, Any]) -> str | None:
    """Return what the next access token is fetched with, if anything; raises SmartRejected smart_token_invalid."""
    return None if answer.get("refresh_token") is None else _token(answer, "refresh_token")


def life(answer: Mapping[str, Any]) -> timedelta:
    """Return how long an access token lives (RFC 6749 §5.1), an hour at most, also when it is not told."""
    told = answer.get("expires_in")
    return timedelta(seconds=min(told, _LONGEST) if isinstance(told, int) and told >= 0 else _LONGEST)


def _token(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        rule = "must be a string of printable ASCII without spaces (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3)"
        raise SmartRejected("smart_token_invalid", f"token response, {name}: {rule}")
    return value


def _patient(answer: Mapping[str, Any]) -> Reference:
    given, context = answer.get("patient"), answer.get("context")
    if given is None and isinstance(context, dict) and "patient" in context:
        rule = "must stand beside access_token, not inside context"
    elif given is None:
        rule = "the FHIR id of the open patient is missing, although launch/patient was asked for"
    elif isinstance(given, list):
        rule = "must be one FHIR id, not a list: a launch has one patient"
    elif not is_id(given):
        rule = f"must be an id alone, without Patient/ before it; {ID_RULE}"
    else:
        return Reference("Patient", given)
    raise SmartRejected("smart_patient_invalid", f"token response, patient: {rule} ({_SOURCE})")


def _encounter(answer: Mapping[str, Any]) -> Reference | None:
    given = answer.get("encounter")
    if given is None:
        return None
    if not is_id(given):
        rule = f"must be an id alone, without Encounter/ before it; {ID_RULE}"
        raise SmartRejected("smart_token_invalid", f"token response, encounter: {rule} ({_SOURCE})")
    return Reference("Encounter", given)


def _offices(answer: Mapping[str, Any]) -> tuple[str, ...]:
    given = answer.get("fhirContext", [])
    items = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    if not isinstance(given, list) or len(items) != len(given) or len(items) > _MOST_CONTEXTS:
        rule = "must be a list of at most 50 objects"
        raise SmartRejected("smart_token_invalid", f"token response, fhirContext: {rule} ({_SOURCE})")
    if any(_type_of(item) == "Patient" and item.get("role", "launch") == "launch" for item in items):
        rule = "the patient stands in patient, never here with the role launch"
        raise SmartRejected("smart_patient_invalid", f"token response, fhirContext: {rule} ({_SOURCE})")
    return tuple(item["reference"] for item in items if _type_of(item) == "Organization")


def _type_of(item: Mapping[str, Any]) -> str:
    # Only to sort by: what is followed is read properly then.
    given = item.get("reference")
    steps = given.split("/") if isinstance(given, str) else []
    return "".join(steps[-2:-1])
