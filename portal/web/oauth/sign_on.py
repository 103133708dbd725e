"""Signing people on at targets by our own id token: what HelseID said of the login, and who the person is in FHIR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.domain import jose
from portal.domain.identity import SECURITY_LEVEL
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.client_registration import Client
    from portal.domain.launch import Launch
    from portal.store.logins import Login

# HelseID documents no `acr`; its own claim says the level.
_EVIDENCE = ("auth_time", "acr", "amr", SECURITY_LEVEL)


def evidence(login: Login) -> dict[str, Any]:
    """When and how the person logged in with HelseID, passed on as it is (OpenID Connect Core §2)."""
    claims = jose.peek(login.id_token).claims
    return {name: claims[name] for name in _EVIDENCE if name in claims}


def fhir_user(launch: Launch, client: Client) -> str:
    """The clinician as a FHIR reference, relative unless the client has registered otherwise (SMART `fhirUser`)."""
    relative = f"Practitioner/{parts().keyring.practitioner(client.client_id, launch.sub)}"
    return relative if client.fhir_user == "relative" else f"{parts().settings.fhir_issuer}/{relative}"
