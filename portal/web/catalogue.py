"""What is on offer, read once for each state of the database, and how it goes with the launches."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portal.domain.stock import Stock, stock_of
from portal.errors import Unavailable
from portal.store import catalogue, launches, notices, registry

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from datetime import datetime

    from portal.domain.launch import Success
    from portal.store.database import Database

_COUNTED_EVERY = timedelta(seconds=30)
_COUNTED_OVER = timedelta(hours=1)


class Shelf:
    """What is on offer right now; a publish, a notice or a client's approval shows at the next look."""

    def __init__(self, database: Database, now: Callable[[], datetime], launch_life: timedelta) -> None:
        self._database, self._now, self._launch_life = database, now, launch_life
        self._stock: tuple[Hashable, Stock] | None = None
        self._success: tuple[datetime, Mapping[str, Success]] | None = None

    def stock(self) -> Stock:
        """The whole of it; raises Unavailable `unavailable` before the first publish."""
        with self._database.read() as session:
            revision = catalogue.newest(session)
            if revision is None:
                raise Unavailable("unavailable", "no catalogue has been published")
            handovers, stops = registry.handovers(session), notices.standing(session, self._now())
            key = (revision, frozenset(handovers.items()), frozenset(stops.items()))
            if self._stock is None or self._stock[0] != key:
                # One assignment: a reader beside us sees a whole one, old or new.
                self._stock = key, stock_of(revision, catalogue.load(session, revision), handovers, stops)
        return self._stock[1]

    def success(self) -> Mapping[str, Success]:
        """By service, how many launches of the last hour its target took up; what may be on its way is left out."""
        now = self._now()
        if self._success is None or now - self._success[0] >= _COUNTED_EVERY:
            settled = now - self._launch_life
            with self._database.read() as session:
                self._success = now, launches.success(session, settled - _COUNTED_OVER, settled)
        return self._success[1]
