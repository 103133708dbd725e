"""A client of HelseID: PAR, S256, private_key_jwt and DPoP, and nothing else (FAPI 2.0 Security Profile)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlencode

from portal.adapters.bounded import within
from portal.adapters.proven import ProvenClient, accepted
from portal.adapters.provider import Provider
from portal.adapters.token_endpoint import CONVERSATION, TokenEndpoint, text_of
from portal.domain import id_token, jose, logout_token
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from portal.adapters.client_keys import ClientKeys
    from portal.adapters.http import Egress, Form
    from portal.domain.identity import VerifiedClaims
    from portal.domain.logout_token import LoggedOut


class Begun(NamedTuple):
    """A login on its way: where the browser goes, and what must be remembered until it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str
    jkt: str


class Identified(NamedTuple):
    """Who has logged in: the id token's claims, userinfo, and the tokens that they came with."""

    claims: VerifiedClaims
    userinfo: dict[str, Any]
    tokens: dict[str, Any]


class OpenIdClient:
    """Logs people in at `issuer`; `tokens` fetches what else it gives, `client` shows it to others; thread-safe.

    `token` gives a fresh url-safe string of 22 to 64 characters with at least 128 random bits. `userinfo_scheme` is
    how the access token is shown at userinfo. `jkt` is the key that `begin` bound a login to. Every method may raise
    UpstreamError; its text names endpoint and error word only.
    """

    def __init__(  # noqa: PLR0913  one argument per edge
        self,
        *,
        issuer: str,
        client_id: str,
        keys: ClientKeys,
        redirect_uri: str,
        egress: Egress,
        now: Callable[[], datetime],
        token: Callable[[], str],
        userinfo_scheme: Literal["Bearer", "DPoP"] = "Bearer",
    ) -> None:
        self._provider = Provider(issuer, egress, now)
        self.client = ProvenClient(issuer=issuer, client_id=client_id, keys=keys, egress=egress, now=now, token=token)
        self.tokens = TokenEndpoint(self._provider, self.client)
        self._redirect_uri = redirect_uri
        self._egress = egress
        self._now = now
        self._token = token
        self._userinfo_scheme = userinfo_scheme

    def metadata(self) -> dict[str, Any]:
        """Return the discovery document, at most 24 hours old while the provider answers."""
        return self._provider.metadata()

    def keys(self, kid: str | None = None) -> list[dict[str, Any]]:
        """Return the provider's public keys; an unknown `kid` has them fetched again, at most once a minute."""
        return self._provider.keys(kid)

    def troubles(self) -> list[str]:
        """Return what an operator should know: `helseid_discovery`, `helseid_keys`, `clock_skew`."""
        return self._provider.troubles()

    def begin(self, parameters: Form) -> Begun:
        """Push `parameters` (scope, acr_values, prompt, resource ...) and what is ours to decide (RFC 9126 §2).

        The address that comes back carries `client_id` and `request_uri` alone.
        """
        state, nonce, verifier = self._token(), self._token(), self._token() + self._token()
        jkt = self.client.jkt
        pushed = {
            **parameters,
            "response_type": "code",
            "redirect_uri": self._redirect_uri,
            "state": state,
            "nonce": nonce,
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
            "dpop_jkt": jkt,
        }
        with within(CONVERSATION):
            url = self._provider.endpoint("pushed_authorization_request_endpoint")
            answer = accepted(self._provider.skew.note(self.client.post(url, pushed)), "par")
            where = self._provider.endpoint("authorization_endpoint")
        query = urlencode({"client_id": self.client.client_id, "request_uri": text_of(answer, "request_uri", "par")})
        return Begun(f"{where}?{query}", state, nonce, verifier, jkt)

    def finish(self, code: str, *, verifier: str, nonce: str, jkt: str | None = None) -> Identified:
        """Return who has logged in, all of it within ten seconds; raises SignInError, UpstreamError."""
        with within(CONVERSATION):
            tokens = self.redeem(code, verifier, jkt)
            claims = self.identify(tokens, nonce)
            return Identified(claims, self.userinfo(tokens["access_token"], jkt), tokens)

    def redeem(self, code: str, verifier: str, jkt: str | None = None) -> dict[str, Any]:
        """Return the tokens for a code, id token included."""
        return self.tokens.redeem(code, verifier, self._redirect_uri, jkt)

    def identify(self, tokens: Mapping[str, Any], nonce: str) -> VerifiedClaims:
        """Return the claims of the id token that answers `nonce`; raises SignInError login_token_invalid."""
        token = tokens["id_token"]
        return id_token.check(
            token,
            keys=self.keys(jose.key_id_of(token)),
            issuer=self._provider.issuer,
            client_id=self.client.client_id,
            nonce=nonce,
            now=self._now(),
        )

    def userinfo(self, access_token: str, jkt: str | None = None) -> dict[str, Any]:
        """Return what the provider tells about the person behind the token; compare its `sub` (Core §5.3.2)."""
        url = self._provider.endpoint("userinfo_endpoint")
        if self._userinfo_scheme == "DPoP":
            return accepted(self.client.get_bound(url, access_token, jkt), "userinfo")
        headers = {"Authorization": f"Bearer {access_token}"}
        return accepted(self._egress.send("GET", url, headers=headers), "userinfo")

    def end_session_url(self, id_token: str, return_to: str, state: str) -> str:
        """Return where the browser ends the provider's own session (RP-Initiated Logout §2).

        The id token stands in the address, as HelseID asks for; so no `pid` scope in a login that ends this way.
        """
        hint = {"id_token_hint": id_token, "post_logout_redirect_uri": return_to, "state": state}
        with within(CONVERSATION):
            return f"{self._provider.endpoint('end_session_endpoint')}?{urlencode(hint)}"

    def logged_out(self, token: str) -> LoggedOut:
        """Return whose session has ended at the provider; raises OAuthError invalid_request for an unsound token."""
        return logout_token.check(
            token,
            keys=self.keys(jose.key_id_of(token)),
            issuer=self._provider.issuer,
            client_id=self.client.client_id,
            now=self._now(),
        )
