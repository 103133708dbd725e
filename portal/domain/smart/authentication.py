"""How we prove who we are at an EPJ's token endpoint."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from portal.domain import assertion, jose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_LIFE = 60  # seconds; five minutes are the most


def by_key(key: Mapping[str, str], client_id: str, token_endpoint: str, now: datetime, jti: str) -> dict[str, str]:
    """Return the form fields that prove it by a private JWK with `alg` ES384 or RS384 and `kid`.

    SMART App Launch 2.2, Client Authentication: Asymmetric; `aud` is the token endpoint there, and `typ` JWT.
    """
    issued_at = int(now.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": token_endpoint,
        "jti": jti,
        "iat": issued_at,
        "exp": issued_at + _LIFE,
    }
    proof = jose.sign({"typ": "JWT", "kid": key["kid"]}, claims, key)
    return {"client_assertion_type": assertion.TYPE, "client_assertion": proof}


def by_secret(client_id: str, secret: str) -> dict[str, str]:
    """Return the header that proves it by a secret, both halves form-urlencoded first (RFC 6749 §2.3.1)."""
    both = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"Authorization": f"Basic {b64encode(both.encode()).decode()}"}
