"""POST /v1/client-secret: what Selvbetjening does at a host of its own, a client registers its next key."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import request
from pydantic import ValidationError

from portal.adapters.self_service import SCOPE
from portal.demo.helseid.callers import caller
from portal.domain.client_registration import PublicKey

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.demo.helseid.provider import Provider

CLIENT_SECRET = "/v1/client-secret"
AUDIENCE = "nhn:selvbetjening"
LIFE = timedelta(days=365)


def register(provider: Provider) -> ResponseReturnValue:
    """Add the caller's public JWK to its keys, or put it in their place; raises TokenRejected.

    Whether HelseID keeps the old key is not verified: `drops_old_keys` in the configuration has it both ways.
    """
    keys = caller(provider, AUDIENCE, SCOPE).jwks.keys
    try:
        key = PublicKey.model_validate_json(request.get_data())
    except ValidationError:
        return {"title": "no public JWK"}, 400
    kept = [] if provider.config.drops_old_keys else [old for old in keys if old["kid"] != key.kid]
    keys[:] = [*kept, key.model_dump(exclude_none=True)]
    return {"expiration": (provider.now() + LIFE).isoformat()}
