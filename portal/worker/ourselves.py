"""NHN's services that the worker asks as ourselves, with tokens of HelseID that stand for no person."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from portal.adapters.address_register import AddressRegister
from portal.adapters.bounded import hurried
from portal.adapters.client_keys import ClientKeys
from portal.adapters.helseid import helseid_client
from portal.adapters.transport.message_service import MessageService
from portal.store import client_keys
from portal.store.helseid_tokens import TokenShelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from portal.adapters.http import Egress
    from portal.domain.client_key import Ring
    from portal.settings import Settings
    from portal.store.database import Database
    from portal.store.vault import Vault


class Ourselves:
    """Our client at HelseID, and what it opens; `egress` has the limits of what is sent and comes back."""

    def __init__(
        self, settings: Settings, database: Database, vault: Vault, now: Callable[[], datetime], egress: Egress
    ) -> None:
        def ring() -> Ring:
            with database.read() as session:
                return client_keys.ring(session, vault, settings.helseid_client_key)

        self._settings = settings
        self._helseid = helseid_client(settings, ClientKeys(ring, now), now, lambda: secrets.token_urlsafe(32), egress)
        self._tokens = TokenShelf(database, vault, now, hurried(time.sleep))

    def message_service(self) -> MessageService:
        """NHN's message service, as whoever the settings say that we send as."""
        settings = self._settings
        access_token = self._access_token(settings.edi20_scope, settings.edi20_audience)
        return MessageService(self._helseid.client, access_token, settings.sender_her_id, self._tokens.now)

    def addresses(self, url: str) -> AddressRegister:
        """NHN's address register at `url`."""
        settings = self._settings
        access_token = self._access_token(settings.address_register_scope, settings.address_register_audience)
        return AddressRegister(url, self._helseid.client, access_token, self._tokens.now)

    def _access_token(self, scope: str, audience: str) -> Callable[[str], str]:
        tokens = self._helseid.tokens
        return self._tokens.ours(audience, lambda jkt: tokens.client_credentials(scope, audience, jkt=jkt))
