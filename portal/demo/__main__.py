"""`python -m portal.demo [--once] [--keep DIR]`: the portal, a worker and the stand-ins, on this machine alone."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from portal.demo import ports
from portal.demo.environment import SHORT_LIVES
from portal.demo.processes import ENDING, ProcessFailed
from portal.demo.stage import set_up
from portal.demo.story.run import run

if TYPE_CHECKING:
    from portal.demo.stage import Stage


def main() -> int:
    """Return 0 when every step of the story held, or the demo was stopped by the person who started it."""
    parser = argparse.ArgumentParser(prog="portal demo", description="Show the portal among stand-ins, on loopback.")
    parser.add_argument("--once", action="store_true", help="play the whole story without a browser, then stop")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave messages, PDFs, pages and logs here")
    given = parser.parse_args()
    # Also SIGINT: a shell that starts us in the background has it ignored.
    for number in ENDING:
        signal.signal(number, _end)
    addresses, lives = (ports.ephemeral(), SHORT_LIVES) if given.once else (ports.fixed(), {})
    try:
        with set_up(addresses, given.keep, lives) as stage:
            return int(not run(stage)) if given.once else _wait(stage)
    except ProcessFailed as failure:
        print(f"✗ {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0 if not given.once else 130


def _end(*_: object) -> NoReturn:
    """Go the way of Ctrl-C, once: a terminal that closes sends more than one signal."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _wait(stage: Stage) -> int:
    """Say where to click, and stay until somebody presses Ctrl-C."""
    at = stage.addresses
    print(f"Start in the journal:  {at.epj}/\n")
    print(f"  portal   {at.portal}/\n  HelseID  {at.helseid}/ (stand-in)\n  target   {at.target}/ (stand-in)")
    print("\nLog in as Anna Fastlege and open a patient. Ctrl-C ends everything.", flush=True)
    while True:
        stage.processes.demand_alive()
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
