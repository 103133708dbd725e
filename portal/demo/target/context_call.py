"""The target's call to `/api/context`: a launch without OAuth, after the target's own login with HelseID."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from portal.adapters.proven import accepted
from portal.demo.standin import now, token
from portal.domain import assertion, dpop
from portal.domain.target_bodies import ContextResponse

if TYPE_CHECKING:
    from portal.adapters.http import Egress
    from portal.demo.launch_client import Registration


class ContextCall:
    """Turns the `launch` of a launch address into the context, for the person whom HelseID says is at the browser."""

    def __init__(self, portal: str, registration: Registration, egress: Egress) -> None:
        self._portal = portal
        self._registration = registration
        self._egress = egress

    def take_up(self, launch: str, sub: str) -> ContextResponse:
        """Get what the launch is about, and a right to write back bound to our key; raises UpstreamError."""
        url, key, client_id = f"{self._portal}/api/context", self._registration.key, self._registration.client_id
        proven = assertion.make(key, client_id, self._portal, now(), token())
        body = {"client_assertion_type": assertion.TYPE, "client_assertion": proven, "launch": launch, "sub": sub}
        proof = dpop.make_proof(key, "POST", url, now(), token())
        headers = {"Content-Type": "application/json", "DPoP": proof}
        answer = self._egress.send("POST", url, headers=headers, data=json.dumps(body).encode())
        return ContextResponse.model_validate(accepted(answer, "context"))
