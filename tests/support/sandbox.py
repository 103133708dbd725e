"""The sandbox where vendors try their journal systems, and what it noted of them."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from support.staging import living
from support.vendor import Vendor

from portal.lifetimes import Lifetimes
from portal.store.tables.registers import EpjObservationRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.world import World


@contextmanager
def trying(database_url: str, folder: Path) -> Iterator[Vendor]:
    """Serve a sandbox until the block ends, with a vendor at it; its contexts live for five minutes."""
    lives = Lifetimes(context=timedelta(minutes=5))
    with living(database_url, folder, environment="sandbox", lifetimes=lives) as world:
        yield Vendor(world)


def rows(world: World) -> list[EpjObservationRow]:
    """Everything that was noted, oldest first."""
    with world.database.read() as session:
        return list(session.scalars(select(EpjObservationRow).order_by(EpjObservationRow.id)))
