"""`make soak`: acknowledged write-backs must reach the journal, once and in order, whatever dies on the way.

Real processes on loopback: gunicorn with two workers, two `portal worker`s, the database, two receivers. While targets
put documents with real grants, web, workers, database and receivers are killed (-9) in turn every few seconds, and
writes and syncs of the database's files fail as on a full and on a broken disk (faults.c). Then the storm ends, the
outbox drains, and what the receivers wrote down is held against what was acknowledged (verdict.py).

N documents (10 000), SEED for another storm, DATABASE=postgresql or sqlite for one of them. Writes soak.json; the exit
status is 1 if something did not hold, and then the folder with every log is kept. Needs a C compiler.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from soak.run import BACKENDS, Outcome, run
from support.source import ROOT

_DOCUMENTS = 10_000


def main() -> int:
    """Run one database after the other, print the table, keep it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    wanted = int(os.environ.get("N") or _DOCUMENTS)
    seed = int(os.environ.get("SEED") or int.from_bytes(os.urandom(3), "big"))
    one = os.environ.get("DATABASE")
    _say(f"N={wanted} SEED={seed}")
    found: dict[str, Outcome] = {}
    for backend in [one] if one else BACKENDS:
        found[backend] = _in_a_folder(backend, wanted, seed)
    kept: dict[str, Any] = {"n": wanted, "seed": seed, **{name: outcome.told for name, outcome in found.items()}}
    (ROOT / "soak.json").write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    _say(_table(found))
    return 0 if all(outcome.held for outcome in found.values()) else 1


def _in_a_folder(backend: str, wanted: int, seed: int) -> Outcome:
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    outcome = None
    try:
        outcome = run(folder, backend, wanted, seed, _say)
    finally:
        if outcome and outcome.held:
            shutil.rmtree(folder)
        else:
            _say(f"{backend}: every log is kept in {folder}")
    return outcome


def _table(found: dict[str, Outcome]) -> str:
    names = list(dict.fromkeys(line.name for outcome in found.values() for line in outcome.lines))
    rows = [["", *found]]
    for name in names:
        by_name = ({line.name: line for line in outcome.lines}.get(name) for outcome in found.values())
        rows.append([name, *(line.shown() if line else "-" for line in by_name)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}" if "\n" not in text else text, flush=True)  # noqa: T201  to a person on a terminal


if __name__ == "__main__":
    sys.exit(main())
