"""Console script `portal`: reads the command line, runs one command, says plainly why one was refused."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from portal.cli import audit, catalogue, conformance, database, keys, notices, people, processes, registers, retention
from portal.errors import PortalError
from portal.settings import SettingsError

REFUSED, MISUSED = 1, 2


def main() -> int:
    """Run the command that the arguments name; its exit status."""
    arguments = parser().parse_args()
    try:
        return int(arguments.run(arguments))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return MISUSED
    except PortalError as error:
        print(error.detail or error.code, file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"{error.filename or 'file'}: {error.strerror}", file=sys.stderr)
        return REFUSED


def parser() -> ArgumentParser:
    """Every command, its arguments and its help."""
    root = ArgumentParser(prog="portal", description="Operate Inngangsportalen.")
    commands = root.add_subparsers(required=True, metavar="COMMAND")
    for group in (processes, database, catalogue, notices, registers, people, audit, retention, keys, conformance):
        group.add_to(commands)
    return root
