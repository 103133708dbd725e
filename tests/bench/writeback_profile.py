"""Where the milliseconds of a write-back go: `python -m bench.writeback_profile [accept|deliver]`, no server around it.

First what each step takes by the clock, the disk and the confined program included, as the profiler sees it: its own
cost makes many small calls look dear, so the whole is also told without it. Then the functions.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import Counter
from contextlib import suppress
from cProfile import Profile
from pathlib import Path
from pstats import SortKey, Stats
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from bench import outbox, servers, wanted
from bench.databases import databases
from bench.launch_profile import Inside
from bench.outbox import Outbox
from bench.targets import Target
from support.source import ROOT

from portal.app import create_app
from portal.worker import outgoing
from portal.worker.tools import tools_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.flow import Answer, Line
    from bench.outbox import Stage

WARM_UP, COUNT, LINES = 20, 100, 25
_DATABASE = (
    *(f"engine/default.py {act}" for act in ("do_execute", "do_execute_no_params", "do_commit", "do_rollback")),
    "store/database.py _sqlite_begin",
)
ACCEPT = {
    "read body": ("web/bodies.py body",),
    "proof": ("domain/dpop.py check_proof",),
    "inspection": ("adapters/confined.py inspect",),
    "seal": ("store/vault.py seal_bytes",),
    "database": _DATABASE,
}
DELIVER = {
    "open the sealed": ("store/vault.py open_bytes",),
    "hold to the rules": ("domain/journal_note.py check",),
    "build the message": ("domain/dialogmelding.py build",),
    "hand it over": ("adapters/http.py send",),
    "database": _DATABASE,
}
"""Steps by the functions that they are, none within another: each takes what it and all that it calls take."""


class _Timed:
    """A line that is looked at with a clock."""

    def __init__(self, line: Line) -> None:
        self._line, self.took = line, list[float]()

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        begun = time.perf_counter()
        answer = self._line.send(method, path, headers, body)
        self.took.append((time.perf_counter() - begun) * 1000)
        return answer

    def close(self) -> None:
        """Nothing is open."""


def main(what: str = "accept") -> None:
    """Print the steps and the functions, for each database and size that is wanted."""
    with suppress(OSError):
        os.sched_setaffinity(0, {servers.CORES[0]})
    logging.disable()
    for kind in wanted.DATABASES:
        with TemporaryDirectory(prefix="bench-") as folder, databases(kind, Path(folder)) as made:
            for size in wanted.SIZES:
                stage = outbox.staged(Path(folder) / str(size), made.make())
                print(f"\n{what}, {kind}, {size} kB")
                {"accept": _accept, "deliver": _deliver}[what](stage, size * 1000)


def _accept(stage: Stage, size: int) -> None:
    app = create_app(stage.settings)
    inside = Inside(app, stage.origin)
    line = _Timed(inside)
    target = Target(stage.origin, stage.grants, size, line)
    _repeat(target.run, WARM_UP)
    line.took.clear()
    inside.asked.clear()
    _repeat(target.run, COUNT)
    print(f"whole: {_quartiles(line.took)} ms by the clock; {_asked(inside)}")
    inside.profile = Profile()
    _repeat(target.run, COUNT)
    _print(inside.profile, ACCEPT)
    app.extensions["portal"].database.close()


def _deliver(stage: Stage, size: int) -> None:
    filled, tools, took, profile = Outbox(stage.settings), tools_of(stage.settings), list[float](), Profile()
    with servers.gunicorn("bare_receiver:app", {}, stage.receiver):
        filled.queue(WARM_UP + 2 * COUNT, size)
        _repeat(lambda: outgoing.move_one(tools), WARM_UP)
        for _ in range(COUNT):
            begun = time.perf_counter()
            assert outgoing.move_one(tools)
            took.append((time.perf_counter() - begun) * 1000)
        print(f"whole: {_quartiles(took)} ms by the clock")
        profile.runcall(_repeat, lambda: outgoing.move_one(tools), COUNT)
    _print(profile, DELIVER)
    filled.database.close()
    tools.database.close()


def _repeat(act: Callable[[], object], count: int) -> None:
    for _ in range(count):
        act()


def _asked(inside: Inside) -> str:
    asked = sum(inside.asked.values(), Counter[str]())
    return ", ".join(f"{count / COUNT:.0f} {what}" for what, count in asked.items())


def _quartiles(took: list[float]) -> str:
    return " / ".join(f"{cut:.2f}" for cut in quantiles(took))


def _print(profile: Profile, steps: Mapping[str, tuple[str, ...]]) -> None:
    stats = Stats(profile)
    seen: Mapping[tuple[str, int, str], tuple[int, int, float, float, Any]] = stats.stats  # type: ignore[attr-defined]  # typeshed lacks it
    told = {step: sum(_cumulative(seen, name) for name in names) for step, names in steps.items()}
    assert all(told.values()), f"no such step any more: {told}"
    told["SQLAlchemy itself"] = sum(one[2] for (file, _, _), one in seen.items() if "/sqlalchemy/" in file)
    told["all else"] = stats.total_tt - sum(told.values())  # type: ignore[attr-defined]  # typeshed lacks it
    for step, seconds in told.items():
        print(f"{step:<20} {seconds * 1000 / COUNT:>8.2f} ms of one, profiled")
    stats.sort_stats(SortKey.CUMULATIVE).print_stats(f"^{ROOT}/portal/", LINES)
    stats.strip_dirs().sort_stats(SortKey.TIME).print_stats(LINES)


def _cumulative(seen: Mapping[tuple[str, int, str], tuple[int, int, float, float, Any]], name: str) -> float:
    file, _, function = name.rpartition(" ")
    return sum(one[3] for (path, _, called), one in seen.items() if path.endswith(f"/{file}") and called == function)


if __name__ == "__main__":
    main(*sys.argv[1:])
