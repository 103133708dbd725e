"""`portal catalog`: check catalogue files, compare them, write out what is in force, and put a new one in force."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from portal.adapters import catalogue_file, catalogue_text
from portal.cli import surroundings
from portal.cli.parsing import command, group
from portal.domain.catalogue import overlay
from portal.domain.catalogue_diff import changes
from portal.errors import CatalogueRejected
from portal.store import catalogue as store
from portal.store.publishing import publish

if TYPE_CHECKING:
    from argparse import Namespace

    from portal.cli.parsing import Commands
    from portal.domain.catalogue import Catalogue
    from portal.domain.catalogue_diff import Change

_AS_SHIPPED = "a catalogue file; without it, the revision in force"


def add_to(commands: Commands) -> None:
    """Add `catalog check`, `diff`, `export` and `import`."""
    below = group(commands, "catalog", "The services that the portal shows.")
    check = command(below, "check", _check, "Read catalogue files and name every fault with its line; changes nothing.")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE")
    diff = command(below, "diff", _diff, "Show what would change, field by field; exit status 1 when something would.")
    diff.add_argument("new", type=Path, metavar="FILE")
    diff.add_argument("--from", dest="old", type=Path, metavar="FILE", help=_AS_SHIPPED)
    export = command(below, "export", _export, "Write the catalogue in force, in canonical form, to standard output.")
    export.add_argument("--revision", type=int, metavar="N", help="an earlier revision")
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


def _diff(arguments: Namespace) -> int:
    new = catalogue_file.read(arguments.new)
    old = catalogue_file.read(arguments.old) if arguments.old else _stored(None)[1]
    found = list(changes(old, new))
    for change in found:
        print(_told(change))
    return 1 if found else 0


def _told(change: Change) -> str:
    if change.old is None:
        return f"+ {change.place}: {change.new}"
    if change.new is None:
        return f"- {change.place}: {change.old}"
    return f"~ {change.place}: {change.old} -> {change.new}"


def _export(arguments: Namespace) -> int:
    revision, catalogue = _stored(arguments.revision)
    # The number is what the import of a changed file must name.
    print(f"revision {revision}", file=sys.stderr)
    sys.stdout.write(catalogue_text.dump(catalogue))
    return 0


def _stored(revision: int | None) -> tuple[int, Catalogue]:
    with surroundings.database().read() as session:
        return store.stored(session, revision)


def _import(arguments: Namespace) -> int:
    catalogue = catalogue_file.read(arguments.file)
    for extra in arguments.overlay:
        catalogue = overlay(catalogue, catalogue_file.read(extra))
    revision = publish(surroundings.settings(), catalogue, surroundings.user(), arguments.based_on)
    print(f"revision {revision}: {len(catalogue.services)} services")
    return 0
