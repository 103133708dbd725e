"""The key set that a target portal keeps at an address of its own (RFC 7517 §5)."""

from __future__ import annotations

from typing import Any

from portal.domain.client_registration import CLASSIC_ALGORITHMS

MOST_KEYS = 20
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def signing_keys(document: Any) -> list[dict[str, Any]]:
    """Return the public keys of a set that a target may sign its assertions with; others in it are left out.

    A key needs a `kid`; one whose private half is there too is nobody's any more. Raises ValueError for what is no set
    of at most 20 keys.
    """
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        message = "keys"
        raise ValueError(message)
    return [key for key in keys if isinstance(key, dict) and _is_of_use(key)]


def _is_of_use(key: dict[str, Any]) -> bool:
    named = isinstance(key.get("kid"), str) and 0 < len(key["kid"]) <= 100  # noqa: PLR2004  as `PublicKey.kid`
    operations = key.get("key_ops", ["verify"])
    signs = key.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    known = key.get("kty") in ("EC", "RSA") and key.get("alg", "ES256") in CLASSIC_ALGORITHMS
    return named and signs and known and not _PRIVATE & key.keys()
