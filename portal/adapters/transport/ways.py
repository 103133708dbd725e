"""The transports that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.adapters.transport.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.adapters.http import Egress
    from portal.adapters.transport.contract import Transport


def transports(names: Iterable[str], egress: Egress) -> dict[str, Transport]:
    """Return the transports by name; raises ValueError for one that does not exist."""
    known = {"simulator": Simulator}
    if unknown := sorted(set(names) - known.keys()):
        message = f"unknown transport: {', '.join(unknown)}"
        raise ValueError(message)
    return {name: known[name](egress) for name in names}
