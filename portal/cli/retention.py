"""`portal retention`: forget what has had its time."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from portal.cli import surroundings
from portal.cli.parsing import command, group
from portal.store import audit, retention, scrubbing
from portal.store.database import Database

if TYPE_CHECKING:
    from argparse import Namespace

    from portal.cli.parsing import Commands


def add_to(commands: Commands) -> None:
    """Add `retention run`."""
    below = group(commands, "retention", "What the portal forgets, and when.")
    run = command(below, "run", _run, "Delete and empty what has had its time, and print how many of each.")
    run.add_argument(
        "--scrub",
        action="store_true",
        help="on PostgreSQL also write the tables to new files, each closed to all meanwhile: for a quiet hour",
    )


def _run(arguments: Namespace) -> int:
    settings = surroundings.settings()
    database = Database(settings.database_url)
    counts = retention.run(database, surroundings.now(), settings.lifetimes)
    with database.write() as session:
        audit.record(session, surroundings.act("retention_run", basis=counts.basis()))
    print(", ".join(f"{name} {count}" for name, count in asdict(counts).items()))
    left = [] if scrubbing.scrub(database) else ["the write-ahead log"]
    left += scrubbing.rewrite(database) if arguments.scrub else []
    for name in left:
        print(f"{name}: in use, or not ours: old bytes may stand there; run it again", file=sys.stderr)
    return 1 if left else 0
