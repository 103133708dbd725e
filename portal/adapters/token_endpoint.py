"""Tokens of HelseID: for a code, for a refresh token, for ourselves; each bound to our key (RFC 6749, RFC 9449)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.adapters.bounded import within
from portal.adapters.proven import accepted
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.adapters.http import Form
    from portal.adapters.proven import ProvenClient
    from portal.adapters.provider import Provider
    from portal.domain.assertion_details import Details

CONVERSATION = 10.0
"""Seconds that one step may take, however many requests it needs."""


class TokenEndpoint:
    """Fetches tokens, all with the types that RFC 6749 §5.1 gives them; thread-safe.

    `jkt` names the key that a code or refresh token is bound to, when that is no longer the active one. Every method
    raises UpstreamError.
    """

    def __init__(self, provider: Provider, client: ProvenClient) -> None:
        self._provider = provider
        self._client = client

    def redeem(self, code: str, verifier: str, redirect_uri: str, jkt: str | None = None) -> dict[str, Any]:
        """Return the tokens for a code, id token included."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        tokens = self._tokens({**form, "redirect_uri": redirect_uri}, jkt=jkt)
        text_of(tokens, "id_token", "token")
        return tokens

    def refresh(
        self,
        refresh_token: str,
        resource: str | None = None,
        *,
        details: Details | None = None,
        jkt: str | None = None,
    ) -> dict[str, Any]:
        """Return new tokens; `resource` narrows the access token to one API (RFC 8707 §2.2)."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._tokens(form if resource is None else {**form, "resource": resource}, details=details, jkt=jkt)

    def client_credentials(
        self,
        scope: str,
        resource: str | None = None,
        *,
        details: Details | None = None,
        jkt: str | None = None,
    ) -> dict[str, Any]:
        """Return an access token for ourselves; `details` say for which organisation (HelseID FK5)."""
        form = {"grant_type": "client_credentials", "scope": scope}
        return self._tokens(form if resource is None else {**form, "resource": resource}, details=details, jkt=jkt)

    def revoke(self, refresh_token: str) -> None:
        """Give a refresh token back (RFC 7009); a provider without that endpoint lets it expire."""
        with within(CONVERSATION):
            if address := self._provider.metadata().get("revocation_endpoint"):
                self._client.post(address, {"token": refresh_token, "token_type_hint": "refresh_token"})

    def _tokens(self, form: Form, *, details: Details | None = None, jkt: str | None = None) -> dict[str, Any]:
        with within(CONVERSATION):
            url = self._provider.endpoint("token_endpoint")
            answer = self._provider.skew.note(self._client.post_bound(url, form, details=details, jkt=jkt))
        tokens = accepted(answer, "token")
        text_of(tokens, "access_token", "token")
        lifetime = tokens.get("expires_in")
        if text_of(tokens, "token_type", "token").lower() != "dpop" or type(lifetime) is not int or lifetime <= 0:
            raise UpstreamError("upstream_malformed", "token: token_type and expires_in")
        if "rejected_scope" in tokens:
            raise UpstreamError("upstream_refused", "token: rejected_scope", retryable=False)
        return tokens


def text_of(answer: Mapping[str, Any], name: str, what: str) -> str:
    """Return a member that must be a string with something in it; raises UpstreamError upstream_malformed."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise UpstreamError("upstream_malformed", f"{what}: {name}")
    return value
