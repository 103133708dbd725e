"""Seals JSON for a column named `sealed`, each value for one purpose."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portal.domain.keyring import NONCE_BYTES, KeyDestroyedError, Keyring

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.settings import Settings


@dataclass(frozen=True)
class Vault:
    """A key ring and a source of fresh bytes."""

    keyring: Keyring
    random: Callable[[int], bytes]

    def seal(self, value: Any, purpose: str) -> bytes:
        """Ciphertext of a JSON value; opens only for the same `purpose`."""
        return self.seal_bytes(json.dumps(value).encode(), purpose)

    def open(self, sealed: bytes, purpose: str) -> Any:
        """The JSON value again; None when its key was destroyed, and the value with it."""
        plain = self.open_bytes(sealed, purpose)
        return None if plain is None else json.loads(plain)

    def open_bytes(self, sealed: bytes, purpose: str) -> bytes | None:
        """The bytes again; None when their key was destroyed."""
        try:
            return self.keyring.open(sealed, purpose)
        except KeyDestroyedError:
            return None

    def seal_bytes(self, value: bytes, purpose: str) -> bytes:
        """Ciphertext of bytes as they are."""
        return self.keyring.seal(value, purpose, self.random(NONCE_BYTES))


def vault_of(settings: Settings, random: Callable[[int], bytes] = os.urandom) -> Vault:
    """The vault with the keys of the settings."""
    return Vault(Keyring(settings.data_keys, settings.index_key), random)
