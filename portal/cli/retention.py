"""`portal retention`: forget what has had its time."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from portal.cli import surroundings
from portal.cli.parsing import command, group
from portal.store import audit, retention
from portal.store.database import Database

if TYPE_CHECKING:
    from argparse import Namespace

    from portal.cli.parsing import Commands


def add_to(commands: Commands) -> None:
    """Add `retention run`."""
    below = group(commands, "retention", "What the portal forgets, and when.")
    command(below, "run", _run, "Delete and empty what has had its time, and print how many of each.")


def _run(_: Namespace) -> int:
    settings = surroundings.settings()
    database = Database(settings.database_url)
    with database.write() as session:
        counts = asdict(retention.run(session, surroundings.now(), settings.lifetimes))
        said = ", ".join(f"{name} {count}" for name, count in counts.items())
        audit.record(session, surroundings.act("retention_run", basis=said))
    retention.scrub(database)
    print(said)
    return 0
