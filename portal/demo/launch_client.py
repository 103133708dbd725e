"""A target portal as a client of the portal, in the strict profile: PAR, S256, private_key_jwt and DPoP (FAPI 2.0)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from pydantic import BaseModel

from portal.adapters.client_keys import one_key
from portal.adapters.proven import ProvenClient, accepted
from portal.demo.standin import now, token
from portal.domain import assertion
from portal.domain.pkce import s256
from portal.domain.target_bodies import TokenResponse

if TYPE_CHECKING:
    from portal.adapters.http import Egress


class Registration(BaseModel):
    """What a target knows of its registration at the portal; `key` is a private JWK."""

    client_id: str
    key: dict[str, str]
    redirect_uri: str


class Begun(NamedTuple):
    """A launch on its way: where the browser goes, and what must be remembered until it comes back."""

    url: str
    state: str
    verifier: str
    launch: str


class LaunchClient:
    """Turns the `launch` of a launch address into the context, server to server; methods raise UpstreamError."""

    def __init__(self, issuer: str, registration: Registration, egress: Egress) -> None:
        self.issuer = issuer
        self._key = registration.key
        self._redirect_uri = registration.redirect_uri
        self._egress = egress
        self._client = ProvenClient(
            issuer=issuer,
            client_id=registration.client_id,
            keys=one_key(registration.key),
            egress=egress,
            now=now,
            token=token,
        )

    def begin(self, launch: str) -> Begun:
        """Push the request; the address that comes back carries `client_id` and `request_uri` alone (RFC 9126 §2)."""
        state, verifier = token(), token()
        pushed = {
            "response_type": "code",
            "redirect_uri": self._redirect_uri,
            "scope": "launch",
            "aud": f"{self.issuer}/fhir",
            "launch": launch,
            "state": state,
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
        }
        metadata = self._metadata()
        answer = accepted(self._client.post(metadata["pushed_authorization_request_endpoint"], pushed), "par")
        query = urlencode({"client_id": self._client.client_id, "request_uri": answer["request_uri"]})
        return Begun(f"{metadata['authorization_endpoint']}?{query}", state, verifier, launch)

    def redeem(self, code: str, verifier: str) -> TokenResponse:
        """Redeem the code for the context and the right to write back."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self._redirect_uri,
        }
        answer = self._client.post_bound(self._metadata()["token_endpoint"], form)
        return TokenResponse.model_validate(accepted(answer, "token"))

    def failed(self, code: str, **named: str) -> str:
        """Tell the portal that a launch failed (by `launch` or `trace_id`); return where its clinician reads why."""
        signed = assertion.make(self._key, self._client.client_id, self.issuer, now(), token())
        body = {"client_assertion_type": assertion.TYPE, "client_assertion": signed, "code": code, **named}
        headers, data = {"Content-Type": "application/json"}, json.dumps(body).encode()
        answer = self._egress.send("POST", f"{self.issuer}/api/launch-failure", headers=headers, data=data)
        return str(accepted(answer, "launch-failure")["page"])

    def _metadata(self) -> dict[str, Any]:
        found = accepted(self._egress.send("GET", f"{self.issuer}/.well-known/openid-configuration"), "discovery")
        if found.get("issuer") != self.issuer:
            raise ValueError("discovery: issuer")
        return found
