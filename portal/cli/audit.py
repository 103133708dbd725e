"""`portal audit`: verify the chain, export the log."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from portal.cli import surroundings
from portal.cli.parsing import command, group
from portal.store import audit
from portal.store.database import Database

if TYPE_CHECKING:
    from argparse import Namespace

    from portal.cli.parsing import Commands


def add_to(commands: Commands) -> None:
    """Add `audit verify` and `audit export`."""
    below = group(commands, "audit", "Who did what, for whom and on what basis.")
    verify = command(below, "verify", _verify, "See whether any line of the chained log was touched; exit 1 if so.")
    verify.add_argument("--head", metavar="HEX", help="a head that the worker's log has published")
    command(below, "export", _export, "Print the log as JSON lines, a batch before its rows.")


def _verify(arguments: Namespace) -> int:
    settings = surroundings.settings()
    with Database(settings.database_url).read() as session:
        verdict = audit.verify(session, settings.audit_key, arguments.head)
    print(f"{verdict.rows} rows, {verdict.batches} batches, {verdict.unsealed} not yet sealed")
    if verdict.fault:
        print(verdict.fault, file=sys.stderr)
        return 1
    return 0


def _export(_: Namespace) -> int:
    with surroundings.database().read() as session:
        for line in audit.export(session):
            print(json.dumps(line, ensure_ascii=False))
    return 0
