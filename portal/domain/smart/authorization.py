"""Where the browser asks for a launch (SMART App Launch 2.2, App Launch: "Obtain authorization code")."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from portal.domain.pkce import s256

if TYPE_CHECKING:
    from portal.domain.registration import SmartServer

SCOPE = (
    "openid fhirUser launch launch/patient launch/encounter patient/Patient.r patient/Encounter.r"
    " user/Practitioner.r user/PractitionerRole.r user/Organization.r"
)
"""All that we would read; a server grants of it what it has."""


def address(
    endpoint: str, server: SmartServer, *, redirect_uri: str, launch: str, state: str, nonce: str, verifier: str
) -> str:
    """Return the address that answers with a code for `launch`, bound to `verifier` by S256."""
    query = {
        "response_type": "code",
        "client_id": server.client_id,
        "redirect_uri": redirect_uri,
        "launch": launch,
        "scope": SCOPE,
        "state": state,
        "nonce": nonce,
        "aud": server.issuer,
        "code_challenge": s256(verifier),
        "code_challenge_method": "S256",
    }
    return f"{endpoint}?{urlencode(query)}"
