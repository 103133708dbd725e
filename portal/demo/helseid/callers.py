"""Who calls an API that lives in this process, known by its DPoP-bound access token (RFC 9449 §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from portal.demo.helseid import proof
from portal.errors import TokenRejected

if TYPE_CHECKING:
    from portal.demo.helseid.config import Client
    from portal.demo.helseid.provider import Provider


def caller(provider: Provider, audience: str, scope: str) -> Client:
    """Return the client behind a token for `audience` with `scope`; raises TokenRejected."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    said = provider.key.read(token, "at+jwt")
    client = provider.config.client(said["client_id"]) if said else None
    if said is None or client is None or scheme != "DPoP" or said["exp"] <= provider.now().timestamp():
        raise TokenRejected("invalid_token")
    if said.get("aud") not in (audience, [audience]):
        raise TokenRejected("invalid_token")
    if proof.check_for_token(provider, token) != said["cnf"]["jkt"]:
        raise TokenRejected("invalid_dpop_proof")
    if scope not in said["scope"]:
        raise TokenRejected("insufficient_scope")
    return client
