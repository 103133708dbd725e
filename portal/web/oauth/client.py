"""A registered target portal as authlib wants to see it, and how it proves itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import ClientMixin

from portal.domain import assertion
from portal.domain.launch import SCOPES
from portal.errors import OAuthError
from portal.store import one_time, registry
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.domain.registration import Client
    from portal.web.oauth.request import FormRequest

METHOD = "private_key_jwt"


class TargetClient(ClientMixin):
    """The strict profile: code grant, exact redirect URIs, private_key_jwt."""

    def __init__(self, registered: Client) -> None:
        self.registered = registered

    def get_client_id(self) -> str:
        """Its id."""
        return self.registered.client_id

    def get_default_redirect_uri(self) -> None:
        """None: a redirect URI is always named."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scope as asked for, if all of it is known here."""
        return scope if scope and set(scope.split()) <= SCOPES else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Byte for byte (RFC 9700 §4.1.3)."""
        return redirect_uri in self.registered.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:  # noqa: ARG002  authlib's signature
        """Never: there are no secrets here."""
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002  authlib's signature
        """By key alone."""
        return method == METHOD

    def check_response_type(self, response_type: str) -> bool:
        """Code alone."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """The code grant alone; no refresh tokens."""
        return grant_type == "authorization_code"


def query(client_id: str) -> TargetClient | None:
    """The client, if it is enabled right now."""
    with parts().database.read() as session:
        registered = registry.client(session, client_id)
    return TargetClient(registered) if registered else None


def authenticate(query_client: Callable[[str], TargetClient | None], request: FormRequest) -> TargetClient:
    """Check a client assertion and spend its `jti` (RFC 7523 §3, FAPI 2.0 §5.3.3.4).

    Raises OAuthError `invalid_client`, the same for an unknown client and a wrong signature.
    """
    portal, form = parts(), request.form
    if form.get("client_assertion_type") != assertion.TYPE:
        raise OAuthError("invalid_client", "client_assertion_type")
    signed = form.get("client_assertion", "")
    client_id = assertion.client_id_of(signed)
    client = query_client(client_id)
    if client is None or form.get("client_id", client_id) != client_id:
        raise OAuthError("invalid_client")
    now = portal.now()
    checked = assertion.check(
        signed,
        keys=[key.model_dump(exclude_none=True) for key in client.registered.keys],
        client_id=client_id,
        audience=portal.settings.base_url,
        now=now,
    )
    with portal.database.write() as session:
        fresh = one_time.remember(
            session, "assertion", checked.jti, client=client_id, expires_at=checked.expires_at, now=now
        )
    if not fresh:
        raise OAuthError("invalid_client", "jti was seen before")
    return client
