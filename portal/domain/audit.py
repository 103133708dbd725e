"""Who did what, for whom and on what basis, and the chain that shows whether a line was touched."""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict, dataclass
from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

GENESIS = ""
"""What the first link of a chain hangs from."""


@dataclass(frozen=True)
class AuditEvent:
    """One act (pasientjournalloven: who, office, patient, what, when, on what basis).

    `action` and `outcome` are our own words of at most 60 characters, `actor` is a `sub`, a client or an operator
    (200), `organisation` is `parent` or `parent/child` (20), `patient_ref` an HMAC, `subject` the id of what was acted
    on (200), `basis` the right it rests on (200). No number, name, token or code belongs in any of them.
    """

    at: datetime
    action: str
    outcome: str
    actor: str
    organisation: str | None = None
    patient_ref: str | None = None
    subject: str = ""
    basis: str = ""

    def canonical(self) -> bytes:
        """The one spelling of the event: JSON with sorted names, no line breaks, `at` in UTC with microseconds."""
        fields = asdict(self) | {"at": self.at.astimezone(UTC).isoformat(timespec="microseconds")}
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Batch:
    """The place of one link in the chain: `number` counts from 1."""

    number: int
    sealed_at: datetime


def link(key: bytes, previous: str, batch: Batch, events: Iterable[AuditEvent]) -> str:
    """HMAC-SHA256 (64 hex digits) over the previous link, the batch and each event with its place, in order."""
    sealed_at = batch.sealed_at.astimezone(UTC).isoformat(timespec="microseconds")
    chain = hmac.new(key, f"{previous}\n{batch.number}\n{sealed_at}\n".encode(), sha256)
    for place, event in enumerate(events):
        chain.update(f"{place} ".encode() + event.canonical() + b"\n")
    return chain.hexdigest()
