"""What both grants do: prove the key before anything is spent, and find the launch while its context lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from portal.store import contexts, launches
from portal.web.guards import checked_proof
from portal.web.oauth.answer import Granted
from portal.web.oauth.client import METHOD
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.context import Context
    from portal.domain.launch import Launch
    from portal.web.oauth.client import TargetClient
    from portal.web.oauth.request import FormRequest


class Bound:
    """To be mixed into one of authlib's grants."""

    TOKEN_ENDPOINT_AUTH_METHODS = (METHOD,)
    request: FormRequest
    launch: Launch
    context: Context | None
    jkt: str | None

    def authenticate_token_endpoint_client(self) -> TargetClient:
        """The client and then its proof: what could never get a token burns none (RFC 9449 §5).

        The strict profile demands a proof; in the classic one a proof binds, and without one tokens are bearer tokens.
        """
        client: TargetClient = super().authenticate_token_endpoint_client()  # type: ignore[misc]  # authlib's mixin
        proven = client.registered.is_strict or "DPoP" in request.headers
        self.jkt = checked_proof(algorithms=client.registered.proof_algorithms).jkt if proven else None
        return client

    def find(self, launch_id: str) -> Launch | None:
        """The launch, if its context still lives; `granted` speaks of it from then on."""
        portal = parts()
        with portal.database.read() as session:
            launch = launches.find(session, launch_id)
            context = contexts.find(session, portal.vault, launch.context_id) if launch else None
        if launch is None or (launch.context_id and (context is None or not context.is_live(portal.now()))):
            return None
        self.launch, self.context = launch, context
        return launch

    def granted(self, scope: str) -> Granted:
        """Whom the answer is for and what about."""
        return Granted(self.launch, self.context, self.request.client.registered, scope, self.jkt)
