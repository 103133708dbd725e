"""What every endpoint of the stand-in works with, in one object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portal.demo.helseid.keys import SigningKey
from portal.demo.helseid.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from portal.demo.helseid.config import Config


@dataclass(frozen=True)
class Provider:
    """Configuration, memory, key, clock (aware UTC) and source of fresh url-safe strings of 128 bits or more."""

    config: Config
    now: Callable[[], datetime]
    token: Callable[[], str]
    nonce_secret: bytes = field(repr=False)
    memory: Memory = field(default_factory=Memory)
    key: SigningKey = field(default_factory=SigningKey)

    @property
    def issuer(self) -> str:
        """The address that stands in tokens and that assertions must be made for."""
        return self.config.issuer

    def rotate_keys(self) -> None:
        """Sign with a new key from now on; the one before stays published."""
        self.key.rotate()

    def drop_old_keys(self) -> None:
        """Publish no key but the one that signs."""
        self.key.drop_old()
