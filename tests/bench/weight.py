"""The memory that the largest documents take, eight at once: of the web process, of what inspects, and of a worker.

It is bounded when as many again take no more.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from bench import outbox, pressure, servers
from bench.figures import Figure
from bench.outbox import Outbox
from bench.targets import AT_ONCE, targets
from bench.workers import peak_mb, workers

from portal.domain.bodies import PDF_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.databases import Databases

_MORE = 3 * AT_ONCE
_SMALL = 10_000  # bytes
_LOOK_EVERY = 0.02  # seconds; an inspection is over in less than a tenth
_WEB, _INSPECTION, _WORKER = "web", "inspection", "worker"


def measured(folder: Path, databases: Databases) -> Iterator[Figure]:
    """The most that each process ever held: with small documents, with the first large ones, and with more of them."""
    stage = outbox.staged(folder, databases.make())
    filled, seen = Outbox(stage.settings), list[dict[str, float]]()
    with ExitStack() as running:
        running.callback(filled.database.close)
        running.enter_context(servers.gunicorn("bare_receiver:app", {}, stage.receiver))
        web = running.enter_context(servers.gunicorn("wsgi:app", stage.environ, stage.port, "/health/ready"))
        peaks = running.enter_context(_watched(web.process.pid))
        working = running.enter_context(workers(stage.environ, folder, 1))
        for size, count in ((_SMALL, AT_ONCE), (PDF_LIMIT, AT_ONCE), (PDF_LIMIT, _MORE)):
            done = pressure.repeated(targets(web.origin, stage.grants, size), count)
            assert not done.failed, done.failed
            filled.await_empty()
            seen.append(peaks | {_WORKER: working.peak_mb()})
    title = f"memory, {databases.kind}"
    for name in (_WEB, _INSPECTION, _WORKER):
        small, first, more = (one[name] for one in seen)
        yield Figure(f"{title}, {name}: peak with small documents", small, "MB")
        yield Figure(f"{title}, {name}: peak with {AT_ONCE} documents of 10 MB", first, "MB")
        yield Figure(f"{title}, {name}: {_MORE} more of them as a ratio (bounded: near 1)", more / first, "x")


@contextmanager
def _watched(pid: int) -> Iterator[dict[str, float]]:
    """What the web's processes and those that inspect held at most so far, in MB; an inspection is soon gone."""
    peaks, stop = {_WEB: 0.0, _INSPECTION: 0.0}, Event()

    def watch() -> None:
        while not stop.wait(_LOOK_EVERY):
            for one in servers.family(pid):
                name = _INSPECTION if "portal.confined" in servers.command(one) else _WEB
                peaks[name] = max(peaks[name], peak_mb(one))

    watching = Thread(target=watch)
    watching.start()
    try:
        yield peaks
    finally:
        stop.set()
        watching.join()
