"""Whether it is the portal that calls: private_key_jwt and nothing else (SMART "client-confidential-asymmetric")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from portal.demo.helseid.forms import required
from portal.domain import assertion, jose
from portal.errors import OAuthError, UpstreamError

if TYPE_CHECKING:
    from portal.demo.epj.smart.server import Server

ALGORITHMS = ("ES384", "RS384")


def authenticate(server: Server, form: dict[str, str]) -> None:
    """Burn the portal's assertion, made for the token endpoint's own address.

    Raises OAuthError: invalid_client for any other method, client, audience, algorithm or life, and for an assertion
    that was seen before; temporarily_unavailable when the portal does not show its keys.
    """
    if "client_secret" in form or request.authorization or form.get("client_assertion_type") != assertion.TYPE:
        raise OAuthError("invalid_client", "only private_key_jwt")
    given, client_id, now = required(form, "client_assertion"), server.config.smart_client_id, server.now()
    if {assertion.client_id_of(given), form.get("client_id", client_id)} != {client_id}:
        raise OAuthError("invalid_client", "client_id")
    checked = assertion.check(
        given,
        keys=_keys(server, given),
        client_id=client_id,
        audiences=(f"{server.issuer}/token",),
        now=now,
        algorithms=ALGORITHMS,
        longest=assertion.CLASSIC,
    )
    if not server.memory.used.put(checked.jti, True, now=now, until=checked.expires_at):
        raise OAuthError("invalid_client", "the assertion was used before")


def _keys(server: Server, given: str) -> list[dict[str, Any]]:
    try:
        return server.portal_keys.for_key_id(jose.key_id_of(given))
    except UpstreamError as error:
        raise OAuthError("temporarily_unavailable", "jwks_uri") from error
