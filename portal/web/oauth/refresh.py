"""The refresh token grant: new access while the person is online (SMART `online_access`), classic profile only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import grants

from portal.errors import OAuthError
from portal.store import audit, launches, logins
from portal.web.acts import act
from portal.web.oauth import answer
from portal.web.oauth.bound import Bound
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.launch import Launch
    from portal.store.launches import Token
    from portal.web.oauth.answer import Granted
    from portal.web.oauth.client import TargetClient


class OnlineGrant(Bound, grants.RefreshTokenGrant):
    """Each token once; a second use ends what the launch gave (RFC 9700 §4.14)."""

    def authenticate_refresh_token(self, refresh_token: str) -> _Refreshed | None:
        """Spend the refresh token, when nothing else is wrong with the request."""
        portal, client_id = parts(), self._client_id()
        with portal.database.read() as session:
            held = launches.of_client(session, refresh_token, client_id, portal.now())
        if held:
            self._check(held)
        with portal.database.write() as session:
            token = launches.rotate(session, refresh_token, client_id, portal.now())
        if token is None:
            self._revoke(refresh_token, client_id)
            return None
        return _Refreshed(token)

    def authenticate_user(self, refresh_token: _Refreshed) -> Launch | None:
        """The launch, if its person is still logged in and its context still lives."""
        portal, launch = parts(), self.find(refresh_token.token.launch_id)
        if launch is None or launch.revoked_at is not None:
            raise OAuthError("invalid_grant", "the context has ended")
        with portal.database.read() as session:
            idle = portal.settings.lifetimes.session_idle
            online = logins.is_alive(session, launch.session_hash, portal.now(), idle)
        if not online:
            raise OAuthError("invalid_grant", "the session has ended")
        return launch

    def generate_token(self, *, scope: str, **_: Any) -> dict[str, Any]:
        """The answer, with the next refresh token, which is good for all that the first one was (RFC 6749 §6)."""
        return answer.again(self._narrowed(scope))

    def save_token(self, token: dict[str, Any]) -> None:
        """Remember what was given."""
        portal, granted = parts(), self._narrowed(token["scope"])
        with portal.database.write() as session:
            if not launches.stands(session, self.launch.id):
                raise OAuthError("invalid_grant", "the refresh token was used twice, or its session has ended")
            for secret, kept in answer.tokens(token, granted, portal.now()):
                launches.grant(session, secret, kept)

    def revoke_old_credential(self, refresh_token: _Refreshed) -> None:
        """Nothing: it was spent when it was looked up."""

    def _narrowed(self, scope: str) -> Granted:
        whole = self.granted(self.request.refresh_token.get_scope())
        return whole._replace(scope=" ".join(sorted(set(scope.split()))), refreshes=whole.scope)

    def _check(self, held: Token) -> None:
        if held.jkt != self.jkt:
            raise OAuthError("invalid_grant", "the refresh token is bound to another key")
        if not set(self.request.form.get("scope", "").split()) <= set(held.scope.split()):
            raise OAuthError("invalid_scope")

    def _client_id(self) -> str:
        return str(self.request.client.get_client_id())

    def _revoke(self, refresh_token: str, client_id: str) -> None:
        portal = parts()
        with portal.database.write() as session:
            launch_id = launches.revoke_reused(session, refresh_token, client_id, portal.now())
            if launch_id:
                subject = f"launch {launch_id}"
                audit.record(session, act("refresh_reused", "revoked", actor=f"client {client_id}", subject=subject))


class _Refreshed:
    """A refresh token as authlib wants to see it."""

    def __init__(self, token: Token) -> None:
        self.token = token

    def check_client(self, client: TargetClient) -> bool:
        """Whether it is this client's."""
        return self.token.client_id == client.get_client_id()

    def get_scope(self) -> str:
        """What was granted with it."""
        return self.token.scope
