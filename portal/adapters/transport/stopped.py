"""The operator's switch for single receivers: nothing is sent to them, and everything waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Collection

    from portal.adapters.transport.contract import Handed, Parcel, Transport
    from portal.domain.news import News


@dataclass(frozen=True)
class Stopped:
    """A transport that sends nothing to some HER-ids; what was sent before is still heard of."""

    transport: Transport
    her_ids: Collection[str]

    def send(self, parcel: Parcel) -> Handed:
        """Send, or raise UpstreamError, to be tried again."""
        if parcel.note.reply_to.her_id in self.her_ids:
            raise UpstreamError("upstream_refused", "stopped by the operator")
        return self.transport.send(parcel)

    def find(self, parcel: Parcel) -> Handed | None:
        """As the transport does."""
        return self.transport.find(parcel)

    def news(self, address: str, cursor: str) -> tuple[list[News], str]:
        """As the transport does."""
        return self.transport.news(address, cursor)
