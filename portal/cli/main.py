"""Console script `portal`: reads the command line, runs one command, says plainly why one was refused."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from importlib import import_module

from portal.errors import PortalError
from portal.settings import SettingsError

REFUSED, MISUSED = 1, 2
_MODULES = {
    "worker": "processes",
    "demo": "processes",
    "db": "database",
    "catalog": "catalogue",
    "notices": "notices",
    "epj": "registers",
    "clients": "registers",
    "people": "people",
    "deliveries": "deliveries",
    "audit": "audit",
    "retention": "retention",
    "keys": "keys",
    "conformance": "conformance",
}


def main() -> int:
    """Run the command that the arguments name; its exit status."""
    arguments = parser(*sys.argv[1:2]).parse_args()
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


def parser(word: str = "") -> ArgumentParser:
    """Every command, its arguments and its help; only the module of `word` is loaded, if it is the first of one."""
    root = ArgumentParser(prog="portal", description="Operate Inngangsportalen.")
    commands = root.add_subparsers(required=True, metavar="COMMAND")
    for name in dict.fromkeys([_MODULES[word]] if word in _MODULES else _MODULES.values()):
        import_module(f"portal.cli.{name}").add_to(commands)
    return root
