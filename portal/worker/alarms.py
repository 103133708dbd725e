"""One line in the log when a trouble begins, one when it is over; in between it is counted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from portal.domain import incident
from portal.domain.incident import BY_WAY
from portal.store import incidents, registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.domain.incident import Kind, Signs
    from portal.worker.tools import Tools

log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """Signs of trouble or of its end: at which EPJ, and by which way (`transport address`) if that is known already."""

    signs: Signs
    epj_id: str
    way: str = ""


def tell(tools: Tools, seen: Sequence[Seen]) -> None:
    """Open, count and close; of what was done already, so in transactions of its own, which nobody else waits for."""
    with tools.database.read() as session:
        lasting = set(incidents.open_keys(session))
    for one in seen:
        if one.signs.of or (one.signs.over and lasting):
            _tell(tools, one, one.way or _way(tools, one.epj_id), lasting)


def _tell(tools: Tools, seen: Seen, way: str, lasting: set[str]) -> None:
    def place(kind: Kind) -> str:
        return way if kind in BY_WAY else seen.epj_id

    over = [incident.scope(kind, place(kind)) for kind in sorted(seen.signs.over)]
    if any(key.startswith(tuple(over)) for key in lasting):
        with tools.database.write() as session:
            closed = [one for scope in over for one in incidents.close(session, scope, tools.now())]
        for key, events in closed:
            lasting.discard(key)
            log.info("incident closed", extra={"incident": key, "events": events})
    if seen.signs.of:
        key = incident.key(seen.signs.of, place(seen.signs.of.kind))
        with tools.database.write() as session:
            opened = incidents.note(session, key, tools.now())
        lasting.add(key)
        if opened:
            log.error("incident opened", extra={"incident": key})


def _way(tools: Tools, epj_id: str) -> str:
    with tools.database.read() as session:
        epj = registry.epj(session, epj_id)
    return f"{epj.transport} {epj.transport_address}" if epj and epj.transport else epj_id
