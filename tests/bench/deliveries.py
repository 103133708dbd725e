"""What it costs to bring documents to a journal that takes them at once, by real `portal worker` processes.

The queue is filled at one stroke while they are idle. The rate is that of the middle of it, when all are at work.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from bench import outbox, servers, wanted
from bench.figures import Figure, in_quartiles, ratio
from bench.outbox import Outbox
from bench.workers import workers
from sqlalchemy import select

from portal.store.tables.journal import DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.databases import Databases

AT_WORK = (1, 2, 4)
DRAINERS = 2
_KB = wanted.SIZES[0]
_SOME = max(wanted.QUEUED // 10, 50)


class _Drained(NamedTuple):
    """What an emptied queue told: deliveries a second in its middle, its first and its last tenth, and in all seconds.

    `worker_cpu` and `database_cpu` are milliseconds a delivery.
    """

    rate: float
    first: float
    last: float
    seconds: float
    worker_cpu: float
    database_cpu: float


@dataclass(frozen=True)
class _Office:
    """A portal with so many deliveries that are over, and a journal behind it."""

    environ: dict[str, str]
    folder: Path
    outbox: Outbox
    databases: Databases

    def drained(self, at_work: int, count: int) -> _Drained:
        """Let so many workers empty a queue of `count`."""
        with workers(self.environ, self.folder, at_work) as working:
            begun, before = datetime.now(UTC), (working.cpu_seconds(), self.databases.cpu_seconds())
            self.outbox.queue(count, _KB * 1000)
            self.outbox.await_empty()
            after = (working.cpu_seconds(), self.databases.cpu_seconds())
        sent = self._sent(begun)
        if len(sent) != count:
            message = f"{len(sent)} of {count} were sent"
            raise RuntimeError(message)
        worker_cpu, database_cpu = ((late - early) * 1000 / count for early, late in zip(before, after, strict=True))
        return _Drained(
            rate=_rate(sent, 0.1, 0.9),
            first=_rate(sent, 0.0, 0.1),
            last=_rate(sent, 0.9, 1.0),
            seconds=(sent[-1] - sent[0]).total_seconds(),
            worker_cpu=worker_cpu,
            database_cpu=database_cpu,
        )

    def _sent(self, since: datetime) -> Sequence[datetime]:
        at = select(DeliveryRow.sent_at).where(DeliveryRow.sent_at > since).order_by(DeliveryRow.sent_at)
        with self.outbox.database.read() as session:
            return [one for one in session.scalars(at) if one]


def measured(folder: Path, databases: Databases) -> Iterator[Figure]:
    """Each figure on one kind of database; the outboxes are emptied in turns, so that all see the same."""
    folder.mkdir()
    few, many = min(wanted.FINISHED), max(wanted.FINISHED)
    with ExitStack() as running:
        offices = {size: _office(folder / str(size), databases, size, running) for size in {few, many}}
        found: dict[tuple[int, int], list[_Drained]] = {(few, at_work): [] for at_work in AT_WORK}
        found[many, 1] = []
        for _ in range(wanted.RUNS):
            for (size, at_work), runs in found.items():
                runs.append(offices[size].drained(at_work, _SOME))
        whole = offices[few].drained(DRAINERS, wanted.QUEUED)
    title = f"deliver, {databases.kind}"
    for at_work in AT_WORK:
        yield from _costs(f"{title}, {at_work} at work", found[few, at_work])
    yield from _costs(f"{title}, {many} are over, 1 at work", found[many, 1])
    yield from _growth(f"{title}, {many} over as a ratio to {few}", found[many, 1], found[few, 1])
    for at_work in AT_WORK[1:]:
        rates = ratio([one.rate for one in found[few, at_work]], [one.rate for one in found[few, 1]])
        yield in_quartiles(f"{title}, {at_work} at work as a ratio to 1: rate", rates, "x")
    yield Figure(f"{title}, {wanted.QUEUED} by {DRAINERS} at work", whole.seconds, "s")
    yield Figure(f"{title}, {wanted.QUEUED} by {DRAINERS} at work: first tenth", whole.first, "/s")
    yield Figure(f"{title}, {wanted.QUEUED} by {DRAINERS} at work: last tenth", whole.last, "/s")


def _office(folder: Path, databases: Databases, finished: int, running: ExitStack) -> _Office:
    stage = outbox.staged(folder, databases.make())
    running.enter_context(servers.gunicorn("bare_receiver:app", {}, stage.receiver))
    filled = Outbox(stage.settings)
    running.callback(filled.database.close)
    filled.finish(finished)
    return _Office(stage.environ, folder, filled, databases)


def _costs(title: str, runs: Sequence[_Drained]) -> Iterator[Figure]:
    yield in_quartiles(f"{title}: rate", [one.rate for one in runs], "/s")
    yield in_quartiles(f"{title}: CPU of the workers per delivery", [one.worker_cpu for one in runs], "ms")
    yield in_quartiles(f"{title}: CPU of the database per delivery", [one.database_cpu for one in runs], "ms")


def _growth(title: str, many: Sequence[_Drained], few: Sequence[_Drained]) -> Iterator[Figure]:
    yield in_quartiles(f"{title}: CPU of the workers", ratio(*_both(many, few, "worker_cpu")), "x")
    if all(one.database_cpu for one in few):
        yield in_quartiles(f"{title}: CPU of the database", ratio(*_both(many, few, "database_cpu")), "x")
    yield in_quartiles(f"{title}: seconds", ratio(*_both(many, few, "seconds")), "x")


def _both(many: Sequence[_Drained], few: Sequence[_Drained], name: str) -> tuple[list[float], list[float]]:
    return [getattr(one, name) for one in many], [getattr(one, name) for one in few]


def _rate(sent: Sequence[datetime], low: float, high: float) -> float:
    """Of the deliveries between two parts of the queue."""
    first, last = int(len(sent) * low), int(len(sent) * high) - 1
    return (last - first) / (sent[last] - sent[first]).total_seconds()
