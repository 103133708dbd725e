"""`portal worker` and `portal demo`: processes that live until they are told to stop."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from portal.cli import surroundings
from portal.cli.parsing import command
from portal.worker import loop

if TYPE_CHECKING:
    from argparse import Namespace

    from portal.cli.parsing import Commands


def add_to(commands: Commands) -> None:
    """Add `worker` and `demo`."""
    command(commands, "worker", _worker, "Send what waits for a journal and read its receipts, until SIGTERM.")
    demo = command(commands, "demo", _demo, "Start the portal and everyone around it on loopback, with made-up people.")
    demo.add_argument("--once", action="store_true", help="play the whole story, a line a step, and end")
    demo.add_argument("--keep", type=Path, metavar="DIR", help="leave messages, PDFs, pages and logs in DIR")


def _worker(_: Namespace) -> int:
    loop.run(surroundings.settings())
    return 0


def _demo(arguments: Namespace) -> int:
    wanted = ["--once"] if arguments.once else []
    if arguments.keep:
        wanted += ["--keep", str(arguments.keep)]
    # This process becomes the demo, so that signals and the exit status pass without a hand in between.
    os.execv(sys.executable, [sys.executable, "-m", "portal.demo", *wanted])  # noqa: S606  our own module, no shell
