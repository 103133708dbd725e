"""What the portal may ask for (SMART App Launch 2.2, scopes v2), and what each scope lets it do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LOGIN = ("openid", "fhirUser")
LAUNCH = ("launch", "launch/patient", "launch/encounter")
READ = {
    "patient/Patient.r": "Patient",
    "patient/Encounter.r": "Encounter",
    "user/Practitioner.r": "Practitioner",
    "user/PractitionerRole.r": "PractitionerRole",
    "user/Organization.r": "Organization",
    "patient/DocumentReference.rs": "DocumentReference",
}
FILE = "patient/DocumentReference.cu"
SUPPORTED = (*LOGIN, *LAUNCH, *READ, FILE)


def granted(scope: str) -> tuple[str, ...]:
    """Those of a request that we know, each once; the answer says which they are (RFC 6749 §3.3)."""
    return tuple(asked for asked in dict.fromkeys(scope.split()) if asked in SUPPORTED)


def may_file(scopes: Iterable[str]) -> bool:
    """Whether scopes let the portal put documents."""
    return FILE in scopes


def readable(scopes: Iterable[str]) -> set[str]:
    """The FHIR types that scopes open."""
    return {READ[scope] for scope in scopes if scope in READ}
