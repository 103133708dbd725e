"""The ways for messages that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.adapters.transport.edi20 import Edi20
from portal.adapters.transport.edi20_v2 import Edi20V2
from portal.adapters.transport.simulator import Simulator
from portal.adapters.transport.stopped import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.adapters.http import Egress
    from portal.adapters.transport.contract import Transport
    from portal.adapters.transport.message_service import MessageService
    from portal.settings import Settings

_EDI20: dict[str, Callable[[MessageService], Transport]] = {"3": Edi20, "2": Edi20V2}


def transports(settings: Settings, egress: Egress, service: Callable[[], MessageService]) -> dict[str, Transport]:
    """Return the transports by name; `service` makes what speaks to NHN's message service, when it is one of them."""
    known: dict[str, Callable[[], Transport]] = {
        "simulator": lambda: Simulator(egress),
        "edi20": lambda: _EDI20[settings.edi20_version](service()),
    }
    return {name: Stopped(known[name](), settings.stopped_her_ids) for name in settings.transports}
