"""Which client is calling: private_key_jwt and nothing else (RFC 7523, HelseID's security profile)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from portal.demo.helseid.forms import required
from portal.domain import assertion, dpop, jose
from portal.errors import OAuthError

if TYPE_CHECKING:
    from portal.demo.helseid.config import Client
    from portal.demo.helseid.provider import Provider

TYP = "client-authentication+jwt"
ALGORITHMS = dpop.ALGORITHMS  # HelseID takes the same ones for assertions and proofs


def authenticate(provider: Provider, form: dict[str, str]) -> Client:
    """Return the calling client and burn its assertion.

    Raises OAuthError("invalid_client") for any other method, a client that is not registered, an assertion for
    another audience, one that lives more than 60 s, one of another type, and one that was seen before.
    """
    if "client_secret" in form or request.authorization or form.get("client_assertion_type") != assertion.TYPE:
        raise OAuthError("invalid_client", "only private_key_jwt")
    given, now = required(form, "client_assertion"), provider.now()
    client = provider.config.client(assertion.client_id_of(given))
    if client is None or form.get("client_id") != client.client_id:
        raise OAuthError("invalid_client", "client_id")
    checked = assertion.check(
        given,
        keys=client.jwks.keys,
        client_id=client.client_id,
        audiences=(provider.issuer,),
        now=now,
        algorithms=ALGORITHMS,
    )
    if jose.peek(given).header.get("typ") != TYP:
        raise OAuthError("invalid_client", "typ")
    if not provider.memory.used.put(f"{client.client_id} {checked.jti}", True, now=now, until=checked.expires_at):
        raise OAuthError("invalid_client", "the assertion was used before")
    return client
