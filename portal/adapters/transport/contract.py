"""The contract of every way to a journal: how a message leaves, and how news of it comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from portal.domain.journal_note import JournalNote
    from portal.domain.news import News


@dataclass(frozen=True)
class Parcel:
    """A note on its way to `address`, and the `message` that it is there; `token` opens the journal for FHIR alone."""

    address: str
    note: JournalNote
    message: bytes
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Handed:
    """What the transport calls the message; `filed` is whether the journal has confirmed that it stands there."""

    reference: str
    filed: bool = False


class Transport(Protocol):
    """A way to journals; every call raises UpstreamError, which says whether time may heal it."""

    def send(self, parcel: Parcel) -> Handed:
        """Hand a message over once."""
        ...

    def find(self, parcel: Parcel) -> Handed | None:
        """Say what became of an attempt whose answer was lost; None when the message has not arrived.

        It is asked before a message is handed over again, always under the same MsgId.
        """
        ...

    def news(self, address: str, cursor: str) -> tuple[list[News], str]:
        """Return what came after `cursor` (empty: from the start), oldest first, and the cursor after the last."""
        ...
