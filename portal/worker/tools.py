"""What a turn of the worker needs; a test brings its own clock and transports."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from portal.adapters.helseid import allowed
from portal.adapters.http import Egress
from portal.adapters.schemas import Schemas
from portal.adapters.smart.client import smart_client
from portal.adapters.transport.fhir import FHIR, Fhir
from portal.adapters.transport.ways import transports
from portal.store.database import Database
from portal.store.vault import vault_of
from portal.worker.handing import LONGEST
from portal.worker.ourselves import Ourselves

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from portal.adapters.address_register import AddressRegister
    from portal.adapters.smart.client import SmartClient
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
    smart: SmartClient
    addresses: AddressRegister | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: Callable[[], float] = random.random
    token: Callable[[], str] = secrets.token_urlsafe
    message_id: Callable[[], str] = lambda: str(uuid4())


def tools_of(settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Tools:
    """The real ones."""
    database, vault = Database(settings.database_url), vault_of(settings)
    ourselves = partial(Ourselves, settings, database, vault, now, _egress(allowed(settings)))
    register = settings.address_register
    messages = transports(settings, _egress(settings.egress_allow), lambda: ourselves().message_service())
    return Tools(
        settings=settings,
        database=database,
        vault=vault,
        transports={**messages, FHIR: Fhir(LONGEST)},
        smart=smart_client(settings, now, lambda: secrets.token_urlsafe(32)),
        schemas=Schemas(settings.xsd_dir) if settings.xsd_dir else None,
        addresses=ourselves().addresses(register) if register else None,
        now=now,
    )


def _egress(allow: Collection[str]) -> Egress:
    return Egress(allow, total_timeout=LONGEST, max_bytes=_MANY_RECEIPTS)
