"""The authorization code grant for a launch: authlib's, with the holes of facts closed where it has them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge

from portal.errors import OAuthError
from portal.store import audit, contexts, launches
from portal.web import once
from portal.web.acts import act
from portal.web.guards import checked_proof
from portal.web.oauth import answer
from portal.web.oauth.client import METHOD
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.audit import AuditEvent
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

    def validate_code_verifier(self, grant: LaunchGrant, result: None) -> None:
        """Without the verifier the grant is not this client's to use."""
        if not grant.request.form.get("code_verifier"):
            raise OAuthError("invalid_grant", "code_verifier is missing")
        super().validate_code_verifier(grant, result)


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
        form, lives = request.form, parts().settings.lifetimes
        stands_for = LaunchCode(
            launch_id=request.user.id,
            redirect_uri=form["redirect_uri"],
            scope=form["scope"],
            code_challenge=form["code_challenge"],
            dpop_jkt=form.get("dpop_jkt", ""),
        )
        client_id = request.client.get_client_id()
        once.remember("code", code, asdict(stands_for), lives.code, client=client_id, keep=lives.writeback)

    def authenticate_token_endpoint_client(self) -> TargetClient:
        """The client and then its proof, before the code: what could never get a token burns none (RFC 9449 §5)."""
        client: TargetClient = super().authenticate_token_endpoint_client()
        self.proof = checked_proof()
        return client

    def query_authorization_code(self, code: str, client: TargetClient) -> LaunchCode | None:
        """Spend the code; a second use by the same client revokes what the first one gave (RFC 6749 §4.1.2)."""
        client_id = client.get_client_id()
        stands_for = once.spend("code", code, client=client_id)
        if stands_for is None:
            self._revoke(code, client_id)
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
            if not launches.redeem(session, self.launch.id, portal.now()):
                raise OAuthError("invalid_grant", "the code was used twice")
            audit.record(session, self._redeemed(client_id))

    def _revoke(self, code: str, client_id: str) -> None:
        portal, stands_for = parts(), once.spent("code", code, client=client_id)
        if stands_for is None:
            return
        subject = f"launch {stands_for['launch_id']}"
        with portal.database.write() as session:
            launches.revoke_all_of(session, stands_for["launch_id"], portal.now())
            audit.record(session, act("code_reused", "revoked", actor=f"client {client_id}", subject=subject))

    def _redeemed(self, client_id: str) -> AuditEvent:
        actor, subject = f"client {client_id}", f"launch {self.launch.id}"
        return act(
            "launch_redeemed", actor=actor, subject=subject, basis=f"person {self.launch.sub}", context=self.context
        )
