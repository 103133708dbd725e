"""The authorization code grant of a launch: authlib's, with the holes of facts closed where it has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge

from portal.errors import OAuthError
from portal.store import audit, launches
from portal.web.acts import act
from portal.web.oauth import answer, codes
from portal.web.oauth.bound import Bound
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.launch import Launch
    from portal.web.oauth.client import TargetClient
    from portal.web.oauth.codes import LaunchCode


class S256(CodeChallenge):
    """authlib lets a confidential client go without PKCE, and takes plain; FAPI 2.0 §5.3.2.2 does neither."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_verifier(self, grant: LaunchGrant, result: None) -> None:
        """Without the verifier the grant is not this client's to use."""
        if not grant.request.form.get("code_verifier"):
            raise OAuthError("invalid_grant", "code_verifier is missing")
        super().validate_code_verifier(grant, result)


class LaunchGrant(Bound, grants.AuthorizationCodeGrant):
    """One code for one launch."""

    def query_authorization_code(self, code: str, client: TargetClient) -> LaunchCode | None:
        """Spend the code."""
        found = codes.spend(code, client.get_client_id())
        if found and found.dpop_jkt and found.dpop_jkt != self.jkt:
            raise OAuthError("invalid_grant", "dpop_jkt")
        return found

    def delete_authorization_code(self, authorization_code: LaunchCode) -> None:
        """Nothing: it was spent when it was looked up."""

    def authenticate_user(self, authorization_code: LaunchCode) -> Launch | None:
        """The launch, if its context still lives."""
        return self.find(authorization_code.launch_id)

    def generate_token(self, *, scope: str, **_: Any) -> dict[str, Any]:
        """The whole answer; authlib knows no fields besides its own."""
        return answer.first(self.granted(scope), self.request.authorization_code)

    def save_token(self, token: dict[str, Any]) -> None:
        """Remember what was given, and that it was, in one transaction."""
        portal, granted = parts(), self.granted(token["scope"])
        with portal.database.write() as session:
            for secret, kept in answer.tokens(token, granted, portal.now()):
                launches.grant(session, secret, kept)
            if not launches.redeem(session, self.launch.id, portal.now()):
                raise OAuthError("invalid_grant", "the code was used twice, or its session has ended")
            actor, subject = f"client {granted.client.client_id}", f"launch {self.launch.id}"
            basis = f"person {self.launch.sub}"
            audit.record(
                session, act("launch_redeemed", actor=actor, subject=subject, basis=basis, context=self.context)
            )
