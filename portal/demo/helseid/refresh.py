"""Refresh tokens: each is good once, and one that comes again ends its whole family (RFC 9700 §4.14.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import request

from portal.demo.helseid.client_authentication import authenticate
from portal.demo.helseid.forms import required, singles
from portal.errors import OAuthError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.demo.helseid.config import Client
    from portal.demo.helseid.memory import Grant
    from portal.demo.helseid.provider import Provider

LIFE = timedelta(hours=8)


def give(provider: Provider, grant: Grant) -> dict[str, Any]:
    """Make the members of a token response that let the client come back."""
    token, now = provider.token(), provider.now()
    provider.memory.refresh_tokens.put(token, grant, now=now, until=now + LIFE)
    return {"refresh_token": token, "rt_expires_in": int(LIFE.total_seconds())}


def redeem(provider: Provider, client: Client, token: str) -> Grant:
    """Return what `token` stands for, and burn it; raises OAuthError("invalid_grant")."""
    grant, now = _own(provider, client, token), provider.now()
    if grant is None:
        raise OAuthError("invalid_grant", "unknown, expired or revoked")
    if not provider.memory.used.put(f"refresh {token}", True, now=now, until=now + LIFE):
        _revoke(provider, grant)
        raise OAuthError("invalid_grant", "used before; its family is revoked")
    return grant


def revoke(provider: Provider) -> ResponseReturnValue:
    """POST /connect/revocation: end the family of a refresh token; for any other token nothing (RFC 7009 §2.2)."""
    form = singles(request.form)
    client = authenticate(provider, form)
    grant = _own(provider, client, required(form, "token"))
    if grant:
        _revoke(provider, grant)
    return ""


def _own(provider: Provider, client: Client, token: str) -> Grant | None:
    # Another client's attempt must neither burn nor end it.
    now = provider.now()
    grant = provider.memory.refresh_tokens.look(token, now)
    if grant is None or grant.request.client_id != client.client_id:
        return None
    return None if provider.memory.revoked.look(grant.family, now) else grant


def _revoke(provider: Provider, grant: Grant) -> None:
    now = provider.now()
    provider.memory.revoked.put(grant.family, True, now=now, until=now + LIFE)
