"""What a view may reach for; app.py puts it together once, and tests put together their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from flask import current_app

from portal.adapters.confined import Inspector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from typing import Any

    from portal.adapters.address_register import AddressRegister
    from portal.adapters.openid import OpenIdClient
    from portal.adapters.smart.client import SmartClient
    from portal.adapters.target_keys import TargetKeys
    from portal.domain.keyring import Keyring
    from portal.settings import Settings
    from portal.store.database import Database
    from portal.store.helseid_tokens import TokenShelf
    from portal.store.vault import Vault
    from portal.web.catalogue import Shelf

EXTENSION = "portal"


@cache
def _inspector() -> Inspector:
    """One for the process: to start its child costs more than to look into fifty documents."""
    return Inspector()


@dataclass(frozen=True)
class Parts:
    """The edges of the house: clock, randomness, database, others' servers, and the zone that a connection came by."""

    settings: Settings
    database: Database
    vault: Vault
    helseid: OpenIdClient
    tokens: TokenShelf
    shelf: Shelf
    addresses: AddressRegister | None
    smart: SmartClient
    target_keys: TargetKeys
    now: Callable[[], datetime]
    token: Callable[[], str]
    message_id: Callable[[], str]
    zone_of: Callable[[Mapping[str, Any]], str]
    inspector: Inspector = field(default_factory=_inspector)

    @property
    def nonce_secret(self) -> bytes:
        """What our DPoP nonces are made with; the same on every host."""
        return sha256(b"dpop nonce" + self.settings.index_key).digest()

    @property
    def keyring(self) -> Keyring:
        """The ring behind the vault."""
        return self.vault.keyring


def parts() -> Parts:
    """The parts of the app that answers this request."""
    return cast("Parts", current_app.extensions[EXTENSION])
