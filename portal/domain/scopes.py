"""What a target may ask for (SMART App Launch 2.2 scopes v2, OpenID Connect Core §5.4), and what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.domain.client_registration import Client

LAUNCH = frozenset({"launch", "launch/patient", "launch/encounter"})
SIGN_ON = frozenset({"openid", "fhirUser", "profile"})
FHIR_USER = "fhirUser"
ONLINE, OFFLINE = "online_access", "offline_access"
PATIENT = frozenset({"patient/Patient.r", "patient/Patient.rs", "patient/Patient.read"})
PRACTITIONER = frozenset({"user/Practitioner.r", "user/Practitioner.rs", "user/Practitioner.read"})
EVERY = LAUNCH | SIGN_ON | PATIENT | PRACTITIONER | {ONLINE}


def allowed(client: Client) -> frozenset[str]:
    """Every scope that this client may be given."""
    return frozenset(scope for scopes in _allowed(client) for scope in scopes)


def granted(client: Client, asked: str) -> str:
    """What the client is given of what it asks for, sorted (RFC 6749 §3.3); a scope may stand twice.

    Who asks for access while the person is away gets it while she is here: Nav's app asks for nothing less, and takes
    no answer without a refresh token. Raises OAuthError `invalid_scope` when nothing is left.
    """
    wanted = set(asked.split(" "))
    given = allowed(client) & (wanted | {ONLINE} if OFFLINE in wanted else wanted)
    if not given:
        raise OAuthError("invalid_scope")
    return " ".join(sorted(given))


def _allowed(client: Client) -> Iterator[frozenset[str]]:
    if client.launch_url:
        yield LAUNCH
    if client.sign_on:
        yield SIGN_ON
    if client.refresh == "online":
        yield frozenset({ONLINE})
    if "patient_number" in client.release:
        yield PATIENT
    if "hpr" in client.release:
        yield PRACTITIONER
