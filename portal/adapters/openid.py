"""A client of HelseID: PAR, S256, private_key_jwt and DPoP, and nothing else (FAPI 2.0 Security Profile)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlencode

from portal.adapters.proven import ProvenClient, accepted
from portal.adapters.provider import Provider
from portal.domain import id_token, jose
from portal.domain.pkce import s256
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from portal.adapters.http import Egress
    from portal.domain.identity import VerifiedClaims


class Begun(NamedTuple):
    """A login on its way: where the browser goes, and what must be remembered until it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


class OpenIdClient:
    """Logs people in at `issuer`; thread-safe.

    `key` is a private JWK with `alg` and `kid`, `token` gives a fresh url-safe string of 22 to 64 characters with at
    least 128 random bits. `userinfo_scheme` is how the access token is shown at userinfo. Every method may raise
    UpstreamError; its text names endpoint and error word only.
    """

    def __init__(  # noqa: PLR0913  one argument per edge
        self,
        *,
        issuer: str,
        client_id: str,
        key: Mapping[str, str],
        redirect_uri: str,
        egress: Egress,
        now: Callable[[], datetime],
        token: Callable[[], str],
        userinfo_scheme: Literal["Bearer", "DPoP"] = "Bearer",
    ) -> None:
        self._provider = Provider(issuer, egress, now)
        self._client = ProvenClient(issuer=issuer, client_id=client_id, key=key, egress=egress, now=now, token=token)
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

    def begin(self, parameters: Mapping[str, str]) -> Begun:
        """Push `parameters` (scope, acr_values, prompt, resource ...) and what is ours to decide (RFC 9126 §2).

        The address that comes back carries `client_id` and `request_uri` alone.
        """
        state, nonce, verifier = self._token(), self._token(), self._token() + self._token()
        pushed = {
            **parameters,
            "response_type": "code",
            "redirect_uri": self._redirect_uri,
            "state": state,
            "nonce": nonce,
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
            "dpop_jkt": self._client.jkt,
        }
        answer = accepted(self._client.post(self._endpoint("pushed_authorization_request_endpoint"), pushed), "par")
        query = urlencode({"client_id": self._client.client_id, "request_uri": _text(answer, "request_uri", "par")})
        return Begun(f"{self._endpoint('authorization_endpoint')}?{query}", state, nonce, verifier)

    def redeem(self, code: str, verifier: str) -> dict[str, Any]:
        """Return the tokens for a code, all with the types that RFC 6749 §5.1 gives them, id token included."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        tokens = self._tokens({**form, "redirect_uri": self._redirect_uri})
        _text(tokens, "id_token", "token")
        return tokens

    def refresh(self, refresh_token: str, resource: str | None = None) -> dict[str, Any]:
        """Return new tokens; `resource` narrows the access token to one API (RFC 8707 §2.2)."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._tokens(form if resource is None else {**form, "resource": resource})

    def identify(self, tokens: Mapping[str, Any], nonce: str) -> VerifiedClaims:
        """Return the claims of the id token that answers `nonce`; raises SignInError login_token_invalid."""
        token = tokens["id_token"]
        return id_token.check(
            token,
            keys=self.keys(jose.key_id_of(token)),
            issuer=self._provider.issuer,
            client_id=self._client.client_id,
            nonce=nonce,
            now=self._now(),
        )

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """Return what the provider tells about the person behind the token; compare its `sub` (Core §5.3.2)."""
        url = self._endpoint("userinfo_endpoint")
        if self._userinfo_scheme == "DPoP":
            return accepted(self._client.get_bound(url, access_token), "userinfo")
        headers = {"Authorization": f"Bearer {access_token}"}
        return accepted(self._egress.send("GET", url, headers=headers), "userinfo")

    def end_session_url(self, id_token: str, return_to: str, state: str) -> str:
        """Return where the browser ends the provider's own session (RP-Initiated Logout §2).

        The id token stands in the address, as HelseID asks for; so no `pid` scope in a login that ends this way.
        """
        hint = {"id_token_hint": id_token, "post_logout_redirect_uri": return_to, "state": state}
        return f"{self._endpoint('end_session_endpoint')}?{urlencode(hint)}"

    def _tokens(self, form: Mapping[str, str]) -> dict[str, Any]:
        tokens = accepted(self._client.post_bound(self._endpoint("token_endpoint"), form), "token")
        _text(tokens, "access_token", "token")
        lifetime = tokens.get("expires_in")
        if _text(tokens, "token_type", "token").lower() != "dpop" or type(lifetime) is not int or lifetime <= 0:
            raise UpstreamError("upstream_malformed", "token: token_type and expires_in")
        return tokens

    def _endpoint(self, name: str) -> str:
        return str(self.metadata()[name])


def _text(answer: Mapping[str, Any], name: str, what: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise UpstreamError("upstream_malformed", f"{what}: {name}")
    return value
