"""DPoP at the token endpoint and at userinfo (RFC 9449 §5, §8 and §7)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import request

from portal.domain import dpop
from portal.errors import OAuthError, TokenRejected

if TYPE_CHECKING:
    from portal.demo.helseid.provider import Provider

WINDOW = timedelta(seconds=10)


def check_with_nonce(provider: Provider) -> str:
    """Return the thumbprint of the key behind the request's proof, which must carry a nonce of ours.

    Raises OAuthError: "invalid_dpop_proof", or "use_dpop_nonce" that the caller answers with a fresh one.
    """
    proof = _checked(provider, None)
    if proof.nonce is None or not dpop.nonce_holds(proof.nonce, provider.nonce_secret, provider.now()):
        raise OAuthError("use_dpop_nonce")
    return _burned(provider, proof)


def check_for_token(provider: Provider, access_token: str) -> str:
    """Return the thumbprint of the key behind a proof for `access_token`; raises TokenRejected."""
    try:
        return _burned(provider, _checked(provider, access_token))
    except OAuthError as error:
        raise TokenRejected("invalid_dpop_proof", error.detail) from error


def fresh_nonce(provider: Provider) -> str:
    """Make a value for the `DPoP-Nonce` header."""
    return dpop.issue_nonce(provider.nonce_secret, provider.now())


def _checked(provider: Provider, access_token: str | None) -> dpop.Proof:
    proof = request.headers.get("DPoP")
    if proof is None:
        raise OAuthError("invalid_dpop_proof", "missing")
    # The public address, not the one that a proxy in front of us called.
    url = f"{provider.issuer}{request.path}"
    return dpop.check_proof(
        proof, method=request.method, url=url, now=provider.now(), window=WINDOW, access_token=access_token
    )


def _burned(provider: Provider, proof: dpop.Proof) -> str:
    now = provider.now()
    if not provider.memory.used.put(f"{proof.jkt} {proof.jti}", True, now=now, until=now + 2 * WINDOW):
        raise OAuthError("invalid_dpop_proof", "the proof was used before")
    return proof.jkt
