"""`portal catalog`: check catalogue files, and put them in force."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from portal import app
from portal.adapters import catalogue_file
from portal.cli import surroundings
from portal.cli.parsing import command, group
from portal.domain.catalogue import overlay
from portal.errors import CatalogueRejected

if TYPE_CHECKING:
    from argparse import Namespace

    from portal.cli.parsing import Commands


def add_to(commands: Commands) -> None:
    """Add `catalog check` and `catalog import`."""
    below = group(commands, "catalog", "The services that the portal shows.")
    check = command(below, "check", _check, "Read catalogue files and name every fault with its line; changes nothing.")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE")
    publish = command(below, "import", _import, "Put a catalogue file in force as a new revision.")
    publish.add_argument("file", type=Path, metavar="FILE")
    publish.add_argument("--overlay", type=Path, action="append", default=[], metavar="FILE", help="add its services")
    publish.add_argument("--based-on", type=int, metavar="N", help="the revision in force that the file was made from")


def _check(arguments: Namespace) -> int:
    return max(map(_check_one, arguments.files))


def _check_one(path: Path) -> int:
    try:
        catalogue = catalogue_file.read(path)
    except CatalogueRejected as error:
        print(error.detail, file=sys.stderr)
        return 1
    print(f"{path}: {len(catalogue.services)} services")
    return 0


def _import(arguments: Namespace) -> int:
    catalogue = catalogue_file.read(arguments.file)
    for extra in arguments.overlay:
        catalogue = overlay(catalogue, catalogue_file.read(extra))
    revision = app.publish(surroundings.settings(), catalogue, surroundings.user(), arguments.based_on)
    print(f"revision {revision}: {len(catalogue.services)} services")
    return 0
