"""What a write-back costs until it is acknowledged: its proof checked, its PDF inspected, all of it on the disk.

Beside it the portal that takes PDFs on trust, a bare Flask route that reads the same body and commits the same PDF, and
the database alone with the same rows. All are pressed by eight at once, in turns.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from bench import outbox, pressure, servers, wanted
from bench.figures import Figure, in_quartiles, ratio
from bench.rows import Rows
from bench.targets import AT_ONCE, targets

from portal.demo.ports import free_port
from portal.demo.standin import token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.databases import Databases
    from bench.pressure import Work
    from bench.servers import Server
    from bench.targets import Grant

_WARM_UP = 16  # documents
PORTAL, TRUSTING, BARE = "portal", "portal without inspection", "bare Flask"
_PORTALS = {PORTAL: "wsgi:app", TRUSTING: "uninspected:app"}


@dataclass(frozen=True)
class _Commit:
    """Commits a row of so many bytes, each time another one."""

    rows: Rows
    content: bytes

    def run(self) -> None:
        self.rows.put(token(), self.content)

    def close(self) -> None:
        """The rows keep their connections."""


@dataclass
class _Measured:
    """Those who press one subject with PDFs of one size, and what each run found; `cpu` is milliseconds a document."""

    works: Sequence[Work]
    server: Server | None = None
    rate: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)

    def warm_up(self) -> None:
        self.failed.update(pressure.repeated(self.works, _WARM_UP).failed)

    def run(self) -> None:
        before = self.server.cpu_seconds() if self.server else 0.0
        done = pressure.pressed(self.works, wanted.SECONDS)
        after = self.server.cpu_seconds() if self.server else 0.0
        self.rate.append(len(done.took) / done.seconds)
        self.cpu.append((after - before) * 1000 / len(done.took))
        self.p95.append(done.p95)
        self.failed.update(done.failed)


def measured(folder: Path, databases: Databases) -> Iterator[Figure]:
    """Each figure on one kind of database."""
    folder.mkdir()
    with ExitStack() as running:
        subjects = dict(_subjects(folder, databases, running))
        rows = Rows(databases.make())
        for size in wanted.SIZES:
            yield from _compared(f"accept, {databases.kind}, {size} kB", subjects, rows, size * 1000)


class _Subject(NamedTuple):
    server: Server
    grants: Iterator[Grant]


def _subjects(folder: Path, databases: Databases, running: ExitStack) -> Iterator[tuple[str, _Subject]]:
    """The servers, each with a database of its own."""
    for name, application in _PORTALS.items():
        stage = outbox.staged(folder / name.replace(" ", "-"), databases.make())
        portal = servers.gunicorn(application, stage.environ, stage.port, "/health/ready")
        yield name, _Subject(running.enter_context(portal), stage.grants)
    environ = {"BARE_DATABASE": databases.make()}
    yield BARE, _Subject(running.enter_context(servers.gunicorn("bare_intake:app", environ, free_port())), stage.grants)


def _compared(title: str, subjects: dict[str, _Subject], rows: Rows, size: int) -> Iterator[Figure]:
    """Each in its turn, so that all see the same."""
    found = {
        name: _Measured(targets(server.origin, grants, size), server) for name, (server, grants) in subjects.items()
    }
    commits = _Measured([_Commit(rows, os.urandom(size)) for _ in range(AT_ONCE)])
    for one in (*found.values(), commits):
        one.warm_up()
    for name, subject in subjects.items():
        assert subject.server.has("portal.confined") == (name == PORTAL), f"{name}: who inspects?"
    for _ in range(wanted.RUNS):
        for one in (*found.values(), commits):
            one.run()
    for name, one in found.items():
        yield in_quartiles(f"{title}, {name}: durable", one.rate, "/s")
        yield in_quartiles(f"{title}, {name}: CPU per document", one.cpu, "ms")
        yield in_quartiles(f"{title}, {name}: {AT_ONCE} at once, p95", one.p95, "ms")
    yield in_quartiles(f"{title}, the database alone: commits", commits.rate, "/s")
    for name in _PORTALS:
        ours, bare = found[name], found[BARE]
        yield in_quartiles(f"{title}, {name} as a ratio to {BARE}: durable", ratio(ours.rate, bare.rate), "x")
        yield in_quartiles(f"{title}, {name} as a ratio to {BARE}: CPU", ratio(ours.cpu, bare.cpu), "x")
        yield in_quartiles(f"{title}, {name} as a ratio to commits", ratio(ours.rate, commits.rate), "x")
    yield Figure(f"{title}: failed", sum(_told(found | {"the database": commits}, title)), "")


def _told(found: dict[str, _Measured], title: str) -> Iterator[int]:
    for name, one in found.items():
        for reason, count in one.failed.most_common():
            print(f"{title}, {name}: failed {count} times: {reason}")
        yield one.failed.total()
