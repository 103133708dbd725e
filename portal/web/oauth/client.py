"""A registered target portal as authlib wants to see it, and how it proves itself."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import ClientMixin
from flask import request as http

from portal.domain import assertion, jose, scopes
from portal.errors import OAuthError
from portal.store import one_time, registry
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta
    from typing import Any

    from portal.domain.client_registration import Client
    from portal.store.database import Session
    from portal.web.oauth.request import FormRequest

METHOD = "registered"
"""authlib's name for our one way: each client proves itself as it has registered, and in no other way."""


class TargetClient(ClientMixin):
    """Code grant, exact redirect URIs, and refresh tokens where they are registered."""

    def __init__(self, registered: Client) -> None:
        self.registered = registered

    def get_client_id(self) -> str:
        """Its id."""
        return self.registered.client_id

    def get_default_redirect_uri(self) -> None:
        """None: a redirect URI is always named."""

    def get_allowed_scope(self, scope: str) -> str:
        """What it is given of a scope."""
        return scopes.granted(self.registered, scope)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Byte for byte (RFC 9700 §4.1.3)."""
        return redirect_uri in self.registered.redirect_uris

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002  authlib's signature
        """As registered."""
        return method == METHOD

    def check_response_type(self, response_type: str) -> bool:
        """Code alone."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """The code grant, and refresh tokens for those who have registered them."""
        return grant_type == "authorization_code" or self._refreshes(grant_type)

    def _refreshes(self, grant_type: str) -> bool:
        return grant_type == "refresh_token" and self.registered.refresh == "online"


class _Presented(NamedTuple):
    method: str
    client_id: str
    secret: str = ""


def query(client_id: str) -> TargetClient | None:
    """The client, if it is enabled right now and proves itself well enough for this environment."""
    if "\0" in client_id:  # HTTP Basic is no form, which would have been looked at
        return None
    with parts().database.read() as session:
        return query_with(session, client_id)


def query_with(session: Session, client_id: str) -> TargetClient | None:
    """As `query`, in the caller's transaction."""
    registered = registry.client(session, client_id)
    welcome = registered is not None and (registered.proves_itself or parts().settings.takes_secrets)
    return TargetClient(registered) if registered and welcome else None


def authenticate(query_client: Callable[[str], TargetClient | None], request: FormRequest) -> TargetClient:
    """The client behind a form (RFC 6749 §2.3, RFC 7523 §3).

    Raises OAuthError `invalid_client`, the same for an unknown client, another method and a wrong proof.
    """
    presented = _presented(request.form)
    client = query_client(presented.client_id)
    if client is None or client.registered.authentication != presented.method:
        raise OAuthError("invalid_client")
    if request.form.get("client_id", presented.client_id) != presented.client_id:
        raise OAuthError("invalid_client", "client_id")
    if presented.method == "private_key_jwt":
        _check_assertion(presented.secret, client.registered)
    elif presented.method != "none":
        _check_secret(presented.secret, client.registered)
    return client


def by_assertion(body: Mapping[str, str]) -> Client:
    """The client behind a JSON body with `client_assertion_type` and `client_assertion`; raises as `authenticate`."""
    if body.get("client_assertion_type") != assertion.TYPE:
        raise OAuthError("invalid_client", "client_assertion_type")
    client = query(assertion.client_id_of(body["client_assertion"]))
    if client is None or client.registered.authentication != "private_key_jwt":
        raise OAuthError("invalid_client")
    _check_assertion(body["client_assertion"], client.registered)
    return client.registered


def _presented(form: Mapping[str, str]) -> _Presented:
    """By which one method the client says who it is: never two at once (RFC 6749 §2.3)."""
    basic = http.authorization if http.authorization and http.authorization.type == "basic" else None
    if len([True for given in ("client_assertion" in form, "client_secret" in form, basic) if given]) > 1:
        raise OAuthError("invalid_request", "one way to authenticate at a time")
    if "client_assertion" in form or "client_assertion_type" in form:
        if form.get("client_assertion_type") != assertion.TYPE:
            raise OAuthError("invalid_client", "client_assertion_type")
        signed = form.get("client_assertion", "")
        return _Presented("private_key_jwt", assertion.client_id_of(signed), signed)
    if basic:
        return _Presented("client_secret_basic", unquote_plus(basic.username or ""), unquote_plus(basic.password or ""))
    if "client_secret" in form:
        return _Presented("client_secret_post", form.get("client_id", ""), form["client_secret"])
    return _Presented("none", form.get("client_id", ""))


def _check_secret(secret: str, client: Client) -> None:
    if not hmac.compare_digest(sha256(secret.encode()).hexdigest(), client.secret_sha256 or ""):
        raise OAuthError("invalid_client")


def _check_assertion(signed: str, client: Client) -> None:
    """Check it and spend its `jti`."""
    portal, now = parts(), parts().now()
    audiences, longest = _of_profile(client)
    checked = assertion.check(
        signed,
        keys=_keys(client, signed),
        client_id=client.client_id,
        audiences=audiences,
        now=now,
        algorithms=client.algorithms,
        longest=longest,
    )
    with portal.database.write() as session:
        fresh = one_time.remember(
            session, "assertion", checked.jti, client=client.client_id, expires_at=checked.expires_at, now=now
        )
    if not fresh:
        raise OAuthError("invalid_client", "jti was seen before")


def _of_profile(client: Client) -> tuple[tuple[str, ...], timedelta]:
    """FAPI 2.0 §5.3.2.1 knows our issuer alone; SMART's own profile has the token endpoint, and five minutes."""
    issuer = parts().settings.base_url
    if client.is_strict:
        return (issuer,), assertion.STRICT
    return (issuer, f"{issuer}/oauth/token"), assertion.CLASSIC


def _keys(client: Client, signed: str) -> list[dict[str, Any]]:
    if client.jwks_uri:
        return parts().target_keys.keys(client.jwks_uri, jose.key_id_of(signed))
    return [key.model_dump(exclude_none=True) for key in client.keys]
