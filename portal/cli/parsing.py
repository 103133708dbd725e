"""How every command is described: a name, one line of help, a function that runs it and returns its exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Callable

    Commands = _SubParsersAction[ArgumentParser]


def command(commands: Commands, name: str, run: Callable[[Namespace], int], summary: str) -> ArgumentParser:
    """Add a command; what it takes is added to the parser that comes back."""
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.set_defaults(run=run)
    return parser


def group(commands: Commands, name: str, summary: str) -> Commands:
    """Add a word that commands stand under."""
    parser = commands.add_parser(name, help=summary, description=summary)
    return parser.add_subparsers(required=True, metavar="COMMAND")
