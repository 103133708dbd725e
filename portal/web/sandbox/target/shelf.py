"""What is on offer in the sandbox: the catalogue, and an entry for each target that its owner registered alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.conformance.target.entry import beside
from portal.store import sandbox_targets
from portal.web.catalogue import Shelf

if TYPE_CHECKING:
    from portal.domain.client_registration import Client
    from portal.domain.stock import Stock


class SandboxShelf(Shelf):
    """As everywhere, with those entries; they are of no revision, and gone when the target is."""

    _made: tuple[Stock, tuple[Client, ...], Stock] | None = None

    def stock(self) -> Stock:
        """The whole of it; raises Unavailable `unavailable` before the first publish."""
        published = super().stock()
        with self._database.read() as session:
            clients = sandbox_targets.in_force(session, self._now())
        made = self._made
        if made is None or made[0] is not published or made[1] != clients:
            made = self._made = published, clients, beside(published, clients, self._now().date())
        return made[2]
