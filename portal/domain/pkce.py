"""Proof Key for Code Exchange: S256 and nothing else (RFC 7636)."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256


def s256(verifier: str) -> str:
    """The challenge of a verifier of 43 to 128 characters (§4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode("ascii", "replace")).digest()).rstrip(b"=").decode()


def challenge_holds(verifier: str, challenge: str) -> bool:
    """Whether `challenge` is the S256 of `verifier`."""
    return hmac.compare_digest(s256(verifier), challenge)
