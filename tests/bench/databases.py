"""The databases that are measured: a file of SQLite's, or a PostgreSQL that waits for the disk as in production."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

from bench.servers import CORES, cpu_seconds
from support.databases import PostgreSQL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Databases:
    """Makes databases; `pid` is the server's, None for files."""

    kind: str
    make: Callable[[], str]
    pid: int | None = None

    def cpu_seconds(self) -> float:
        """What the server has used so far; a file's share is its users' own."""
        return cpu_seconds(self.pid) if self.pid else 0.0


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[Databases]:
    """Databases of one kind, empty and not migrated, until the block ends."""
    if kind == "sqlite":
        yield Databases(kind, lambda: f"sqlite:///{folder}/{uuid4().hex}.sqlite")
        return
    with TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as directory:
        with anywhere():
            server = PostgreSQL(Path(directory) / "data")
        try:
            # Tests want it fast; here a commit is on the disk.
            server.run("ALTER SYSTEM RESET ALL")
            server.run("SELECT pg_reload_conf()")
            pid = (Path(directory) / "data/postmaster.pid").read_text(encoding="ascii").split()[0]
            yield Databases(kind, lambda: server.url(server.create()), int(pid))
        finally:
            server.stop()


@contextmanager
def anywhere() -> Iterator[None]:
    """What is started in this block may run on every core."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, CORES)
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)
