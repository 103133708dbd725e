"""The authorization code grant for a launch: authlib's, with the holes of facts closed where it has them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import request as http

from portal.domain.audit import AuditEvent
from portal.errors import OAuthError
from portal.store import audit, contexts, launches, one_time
from portal.web.guards import checked_proof
from portal.web.oauth import answer
from portal.web.oauth.client import METHOD
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.context import Context
    from portal.domain.dpop import Proof
    from portal.domain.launch import Launch
    from portal.web.oauth.client import TargetClient
    from portal.web.oauth.request import FormRequest


@dataclass(frozen=True)
class LaunchCode:
    """What a code stands for; the code itself is stored as a hash."""

    launch_id: str
    redirect_uri: str
    scope: str
    code_challenge: str
    dpop_jkt: str
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Where the code was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was asked for."""
        return self.scope


class S256(CodeChallenge):
    """authlib lets a confidential client go without PKCE, and takes plain; FAPI 2.0 §5.3.2.2 does neither."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: LaunchGrant, redirect_uri: str) -> None:
        """Demand a challenge and name its method."""
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise OAuthError("invalid_request", "code_challenge with S256 is required")
        super().validate_code_challenge(grant, redirect_uri)


class LaunchGrant(grants.AuthorizationCodeGrant):
    """One code for one launch, spent in the database before anything else happens."""

    TOKEN_ENDPOINT_AUTH_METHODS = (METHOD,)
    request: FormRequest
    proof: Proof
    launch: Launch
    context: Context | None

    def generate_authorization_code(self) -> str:
        """256 fresh bits."""
        return parts().token()

    def save_authorization_code(self, code: str, request: FormRequest) -> None:
        """Store what the code stands for, sealed; the tombstone outlives all that it can give."""
        portal, form = parts(), request.form
        stands_for = LaunchCode(
            launch_id=request.user.id,
            redirect_uri=form["redirect_uri"],
            scope=form["scope"],
            code_challenge=form["code_challenge"],
            dpop_jkt=form.get("dpop_jkt", ""),
        )
        now, lives = portal.now(), portal.settings.lifetimes
        with portal.database.write() as session:
            one_time.put(
                session,
                "code",
                code,
                client=request.client.get_client_id(),
                payload=portal.vault.seal(asdict(stands_for), "code"),
                expires_at=now + lives.code,
                keep_until=now + lives.writeback,
            )

    def validate_token_request(self) -> None:
        """A proof first: a code is not burned by a request that could never have got it (RFC 9449 §5)."""
        if len(proofs := http.headers.getlist("DPoP")) != 1:
            raise OAuthError("invalid_dpop_proof", "exactly one DPoP header")
        self.proof = checked_proof(proofs[0])
        super().validate_token_request()

    def query_authorization_code(self, code: str, client: TargetClient) -> LaunchCode | None:
        """Spend the code; a second use by the same client revokes what the first one gave (RFC 6749 §4.1.2)."""
        portal, client_id = parts(), client.get_client_id()
        now = portal.now()
        with portal.database.write() as session:
            sealed = one_time.spend(session, "code", code, client=client_id, now=now)
        if sealed is None:
            self._revoke(code, client_id)
        stands_for = portal.vault.open(sealed, "code") if sealed else None
        if stands_for is None:
            return None
        found = LaunchCode(**stands_for)
        if found.dpop_jkt and found.dpop_jkt != self.proof.jkt:
            raise OAuthError("invalid_grant", "dpop_jkt")
        return found

    def delete_authorization_code(self, authorization_code: LaunchCode) -> None:
        """Nothing: it was spent when it was looked up."""

    def authenticate_user(self, authorization_code: LaunchCode) -> Launch | None:
        """The launch, if its context still lives."""
        portal = parts()
        with portal.database.read() as session:
            launch = launches.find(session, authorization_code.launch_id)
            context = contexts.find(session, portal.vault, launch.context_id) if launch and launch.context_id else None
        if launch is None or (launch.context_id and (context is None or not context.is_live(portal.now()))):
            return None
        self.launch, self.context = launch, context
        return launch

    def generate_token(self, **_: Any) -> dict[str, Any]:
        """The whole answer; authlib knows no fields besides its own."""
        scope = self.request.authorization_code.get_scope()
        return answer.compose(self.launch, self.context, self.request.client.registered, scope)

    def save_token(self, token: dict[str, Any]) -> None:
        """Remember what was given, and that it was, in one transaction."""
        portal, client_id = parts(), self.request.client.get_client_id()
        with portal.database.write() as session:
            for secret, kept in answer.tokens(token, self.launch, client_id, self.proof.jkt, portal.now()):
                launches.grant(session, secret, kept)
            launches.redeemed(session, self.launch.id, portal.now())
            audit.record(session, self._event("launch_redeemed", "ok"))

    def _revoke(self, code: str, client_id: str) -> None:
        portal = parts()
        with portal.database.read() as session:
            sealed = one_time.tombstone(session, "code", code, client=client_id)
        stands_for = portal.vault.open(sealed, "code") if sealed else None
        if stands_for is None:
            return
        launch_id = stands_for["launch_id"]
        with portal.database.write() as session:
            launches.revoke_all_of(session, launch_id, portal.now())
            audit.record(session, AuditEvent(portal.now(), "code_reused", "revoked", client_id, subject=launch_id))

    def _event(self, action: str, outcome: str) -> AuditEvent:
        context = self.context
        return AuditEvent(
            at=parts().now(),
            action=action,
            outcome=outcome,
            actor=self.launch.sub,
            organisation=context.organisation.parent if context else None,
            patient_ref=context.patient_ref if context else None,
            subject=self.launch.id,
            basis=f"client {self.launch.client_id}",
        )
