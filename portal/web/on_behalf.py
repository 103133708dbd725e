"""Access to APIs of others for whoever is signed in: one token per audience, never ours passed on (RFC 8707 §2.2)."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from portal.errors import NotAllowed, UpstreamError
from portal.store.helseid_tokens import Fetched
from portal.web.guards import login
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.assertion_details import Details


def access_token(audience: str, details: Details | None = None) -> str:
    """Return a token for one API of `PORTAL_HELSEID_USER_APIS`, good for 30 s at least, bound to our key at login.

    `details` say for which office (HelseID FK5): a token for one office is never used for another. Raises NotAllowed
    not_signed_in when HelseID gives no more tokens for this login, and UpstreamError.
    """
    portal, who = parts(), login()

    def fetch(renewal: Any) -> Fetched:
        if renewal is None:
            raise NotAllowed("not_signed_in", "no refresh token")
        given = portal.helseid.tokens.refresh(renewal["refresh_token"], audience, details=details, jkt=renewal["jkt"])
        newest = {**renewal, "refresh_token": given.get("refresh_token", renewal["refresh_token"])}
        return Fetched(given["access_token"], given["expires_in"], newest)

    try:
        return portal.tokens.token(who.key_hash, _named(audience, details), who.expires_at, fetch)
    except UpstreamError as error:
        if error.retryable:
            raise
        raise NotAllowed("not_signed_in", error.detail) from error


def _named(audience: str, details: Details | None) -> str:
    return audience if details is None else f"{audience} {sha256(json.dumps(details).encode()).hexdigest()}"
