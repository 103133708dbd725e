"""`portal db`: the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.cli import surroundings
from portal.cli.parsing import command, group
from portal.store import migrate

if TYPE_CHECKING:
    from argparse import Namespace

    from portal.cli.parsing import Commands


def add_to(commands: Commands) -> None:
    """Add `db upgrade`."""
    below = group(commands, "db", "The database's schema.")
    command(below, "upgrade", _upgrade, "Bring the database to the newest schema; again changes nothing.")


def _upgrade(_: Namespace) -> int:
    migrate.upgrade(surroundings.settings().database_url)
    return 0
