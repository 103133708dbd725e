"""Patients at rest: encrypted by a rotating ring of keys, compared by HMAC (ATT-3)."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.domain.text import letters

if TYPE_CHECKING:
    from collections.abc import Mapping

NONCE_BYTES = 12


class KeyDestroyedError(Exception):
    """The key that this was sealed with is gone, and with it the text."""


class Keyring:
    """Seals with the newest key (the last by name), opens with any that is still in the ring."""

    def __init__(self, keys: Mapping[str, bytes], index_key: bytes) -> None:
        self._keys = {name: AESGCM(key) for name, key in keys.items()}
        self._newest = max(keys)
        self._index_key = index_key

    def seal(self, plain: bytes, purpose: str, nonce: bytes) -> bytes:
        """AES-256-GCM ciphertext that opens only for the same `purpose`; `nonce` is 12 fresh random bytes."""
        name = self._newest.encode()
        body = self._keys[self._newest].encrypt(nonce, plain, purpose.encode())
        return bytes([len(name)]) + name + nonce + body

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """The plain bytes again; raises KeyDestroyedError when the key is gone or the bytes were touched."""
        end = 1 + int.from_bytes(sealed[:1], "big")
        key = self._keys.get(sealed[1:end].decode("utf-8", "replace"))
        if key is None:
            raise KeyDestroyedError(purpose)
        try:
            return key.decrypt(sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise KeyDestroyedError(purpose) from error

    def patient_ref(self, system: str, number: str) -> str:
        """The one value by which two mentions of a patient are compared; it does not lead back to the number."""
        return self._hmac(system, number)

    def tenant(self, client_id: str, organisation: str) -> str:
        """A stable, opaque name of an office for one client; two clients cannot compare theirs."""
        return self._hmac("tenant", client_id, organisation)[:32]

    def practitioner(self, client_id: str, sub: str) -> str:
        """The FHIR id of a clinician for one client, the same at every launch: 64 letters (`text.letters`)."""
        return letters(self._hmac("practitioner", client_id, sub))

    def _hmac(self, *parts: str) -> str:
        return hmac.new(self._index_key, "|".join(parts).encode(), sha256).hexdigest()
