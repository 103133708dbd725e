"""POST /connect/token: codes and refresh tokens become tokens, each once; a client may also ask for itself."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from flask import request

from portal.demo.helseid import proof, refresh, tokens
from portal.demo.helseid.client_authentication import authenticate
from portal.demo.helseid.details import office
from portal.demo.helseid.forms import required, singles
from portal.demo.helseid.reach import narrow
from portal.demo.helseid.tokens import Holder
from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from portal.demo.helseid.memory import Grant
    from portal.demo.helseid.provider import Provider


def exchange(provider: Provider) -> ResponseReturnValue:
    """Answer with DPoP-bound tokens.

    The client is known and its assertion burned before the proof is looked at, so that the retry with a nonce needs
    a new assertion; the code is burned last. Raises OAuthError.
    """
    form = singles(request.form)
    client = authenticate(provider, form)
    holder = Holder(client, proof.check_with_nonce(provider), office(client, form["client_assertion"]))
    redeem = GRANTS.get(required(form, "grant_type"))
    if redeem is None:
        raise OAuthError("unsupported_grant_type")
    grant = redeem(provider, holder, form)
    reach = narrow(client, grant, form.get("scope"), tuple(request.form.getlist("resource")))
    return tokens.issue(provider, holder, reach, grant)


def _authorization_code(provider: Provider, holder: Holder, form: dict[str, str]) -> Grant:
    grant = _taken(provider, holder, required(form, "code"))
    if required(form, "redirect_uri") != grant.request.redirect_uri:
        raise OAuthError("invalid_grant", "redirect_uri")
    if _s256(required(form, "code_verifier")) != grant.request.code_challenge:
        raise OAuthError("invalid_grant", "code_verifier")
    if grant.request.dpop_jkt not in {None, holder.jkt}:
        raise OAuthError("invalid_grant", "dpop_jkt")
    return grant


def _refresh_token(provider: Provider, holder: Holder, form: dict[str, str]) -> Grant:
    return refresh.redeem(provider, holder.client, required(form, "refresh_token"))


def _taken(provider: Provider, holder: Holder, code: str) -> Grant:
    codes, now = provider.memory.codes, provider.now()
    seen = codes.look(code, now)
    # Another client's attempt must not burn it.
    grant = codes.take(code, now) if seen and seen.request.client_id == holder.client.client_id else None
    if grant is None:
        raise OAuthError("invalid_grant", "unknown, expired or used")
    return grant


def _s256(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


GRANTS: dict[str, Callable[[Provider, Holder, dict[str, str]], Grant | None]] = {
    "authorization_code": _authorization_code,
    "refresh_token": _refresh_token,
    "client_credentials": lambda *_: None,
}
