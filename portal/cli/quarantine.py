"""`portal deliveries quarantine`: what came for us and could not be read as a receipt."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from portal.cli import surroundings
from portal.cli.parsing import command, group
from portal.errors import NotFound, Unavailable
from portal.store import audit, inbox
from portal.store.database import Database
from portal.store.vault import vault_of

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from portal.cli.parsing import Commands
    from portal.store.inbox import Unreadable


def add_to(commands: Commands) -> None:
    """Add `quarantine list|show|drop`."""
    below = group(commands, "quarantine", "What came for us and could not be read as a receipt.")
    command(below, "list", _list, "Print id, source, when it came and the rule that it breaks, tab-separated.")
    show = command(below, "show", _show, "Print what is known of one; with --raw itself, which may name a patient.")
    show.add_argument("--raw", action="store_true", help="the bytes as they came; that it was read is audited")
    drop = command(below, "drop", _drop, "Delete one that has been seen to; this cannot be undone.")
    for parser in (show, drop):
        _add_id(parser)


def _add_id(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", type=int)


def _list(_: Namespace) -> int:
    with surroundings.database().read() as session:
        for one in inbox.unreadable(session):
            _tell(one)
    return 0


def _show(arguments: Namespace) -> int:
    settings = surroundings.settings()
    with Database(settings.database_url).write() as session:
        one = inbox.one_unreadable(session, arguments.id)
        if one is None:
            raise _unknown(arguments.id)
        if not arguments.raw:
            _tell(one)
            return 0
        document = inbox.document_of(session, vault_of(settings), arguments.id)
        if document is None:
            raise Unavailable("unavailable", "it does not open with the keys at hand")
        # Before it is seen.
        audit.record(session, surroundings.act("quarantine_read", f"quarantine {arguments.id}"))
    sys.stdout.buffer.write(document)
    return 0


def _drop(arguments: Namespace) -> int:
    with surroundings.database().write() as session:
        if not inbox.drop(session, arguments.id):
            raise _unknown(arguments.id)
        audit.record(session, surroundings.act("quarantine_dropped", f"quarantine {arguments.id}"))
    print(f"{arguments.id} dropped")
    return 0


def _tell(one: Unreadable) -> None:
    print(one.id, one.source, one.at.isoformat(timespec="seconds"), one.rule, sep="\t")


def _unknown(quarantine_id: int) -> NotFound:
    return NotFound("document_unknown", f"{quarantine_id}: there is no such document")
