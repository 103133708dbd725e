"""What a turn of the worker needs; a test brings its own clock and transports."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from portal.adapters.http import Egress
from portal.adapters.schemas import Schemas
from portal.adapters.transport.ways import transports
from portal.store.database import Database
from portal.store.vault import vault_of
from portal.worker.handing import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from portal.adapters.address_register import AddressRegister
    from portal.adapters.transport.contract import Transport
    from portal.settings import Settings
    from portal.store.vault import Vault


_MANY_RECEIPTS = 20_000_000
"""Bytes of one answer; a receipt is at most 1 MB, and one large one must not hide those behind it."""


@dataclass(frozen=True)
class Tools:
    """The worker's edges; `jitter` gives 0..1."""

    settings: Settings
    database: Database
    vault: Vault
    transports: Mapping[str, Transport]
    schemas: Schemas | None
    addresses: AddressRegister | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: Callable[[], float] = random.random
    token: Callable[[], str] = secrets.token_urlsafe
    message_id: Callable[[], str] = lambda: str(uuid4())


def tools_of(settings: Settings) -> Tools:
    """The real ones; raises ValueError for a transport that does not exist."""
    return Tools(
        settings=settings,
        database=Database(settings.database_url),
        vault=vault_of(settings),
        transports=transports(settings.transports, _egress(settings)),
        schemas=Schemas(settings.xsd_dir) if settings.xsd_dir else None,
    )


def _egress(settings: Settings) -> Egress:
    return Egress(settings.egress_allow, total_timeout=LONGEST, max_bytes=_MANY_RECEIPTS)
