"""The proof that the browser at /start comes from the EPJ that opened the context (RFC 7636 S256)."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256


def challenge_holds(verifier: str, challenge: str) -> bool:
    """Whether `challenge` is the S256 of `verifier` (43 to 128 characters, RFC 7636 §4.1)."""
    computed = urlsafe_b64encode(sha256(verifier.encode("ascii", "replace")).digest()).rstrip(b"=").decode()
    return hmac.compare_digest(computed, challenge)
