"""What a launch costs, beside oidc-provider, beside authlib and Flask alone, and beside its signatures.

A launch is: click, PAR, authorize with the session, token. Ours is durable, sealed and audited; theirs is in memory.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bench import issuers, pressure, signatures
from bench.figures import Figure, of_runs, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.issuers import Subject

RUNS, WARM_UP, AT_ONCE, STEADY = 5, 2.0, 2.0, 4.0
RATE = 20
STRICT: Final = "strict"
CLASSIC: Final = "classic"
MOST: dict[str, int] = {STRICT: 8, CLASSIC: 6}
"""Milliseconds of a core that a flow may cost."""
OTHERS = {"oidc-provider": issuers.oidc_provider, "bare authlib + Flask": issuers.bare}
SIZES = (10, 1_000, 100_000)
USUAL = 1_000
"""Live contexts, where nothing else is said."""


@dataclass
class Measured:
    """A subject, and what each run found; `cpu` is milliseconds of its core per flow, `driver` of ours."""

    subject: Subject
    steady: bool
    cpu: list[float] = field(default_factory=list)
    driver: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)
    steady_p95: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)

    def warm_up(self) -> None:
        self.failed.update(pressure.at_once(self.subject.issuer, self.subject.clinicians, WARM_UP).failed)

    def run(self) -> None:
        server, issuer, clinicians = self.subject
        before, ours = server.cpu_seconds(), time.process_time()
        flowed = pressure.at_once(issuer, clinicians, AT_ONCE)
        count = len(flowed.took)
        self.cpu.append((server.cpu_seconds() - before) * 1000 / count)
        self.driver.append((time.process_time() - ours) * 1000 / count)
        self.rate.append(count / flowed.seconds)
        self.p50.append(flowed.p50)
        self.p95.append(flowed.p95)
        self.failed.update(flowed.failed)
        if self.steady:
            paced = pressure.steadily(issuer, clinicians, RATE, STEADY)
            self.steady_p95.append(paced.p95)
            self.failed.update(paced.failed)
        self.memory.append(server.memory_mb())


def measured(folder: Path) -> Iterator[Figure]:
    """Each figure; the subjects are run in turns, so that all see the same."""
    folder.mkdir()
    alone: dict[str, list[float]] = {name: [] for name in MOST}
    with ExitStack() as running:
        found = dict(_subjects(folder, running))
        for one in found.values():
            one.warm_up()
        for _ in range(RUNS):
            for one in found.values():
                one.run()
            for name, costs in alone.items():
                costs.append(signatures.cost(bound=name == STRICT))
    yield from _costs(found, alone)
    for name, one in found.items():
        yield from _latencies(name, one)
    yield of_runs("launch: CPU of the visitor per flow", [cost for one in found.values() for cost in one.driver], "ms")
    yield from _failures(found)


def _subjects(folder: Path, running: ExitStack) -> Iterator[tuple[str, Measured]]:
    for size in SIZES:
        portal = running.enter_context(issuers.portal(folder / f"{STRICT}-{size}", STRICT, size))
        yield (STRICT if size == USUAL else _with(size)), Measured(portal, steady=size == USUAL)
    yield CLASSIC, Measured(running.enter_context(issuers.portal(folder / CLASSIC, CLASSIC, USUAL)), steady=True)
    for name, other in OTHERS.items():
        yield name, Measured(running.enter_context(other()), steady=True)


def _costs(found: dict[str, Measured], alone: dict[str, list[float]]) -> Iterator[Figure]:
    for name, one in found.items():
        limit = f" (at most {MOST[name]})" if name in MOST else ""
        yield of_runs(f"launch, {name}: CPU per flow{limit}", one.cpu, "ms")
    for name, costs in alone.items():
        yield of_runs(f"launch, {name}: CPU of its signatures alone", costs, "ms")
        yield of_runs(f"launch, {name} as a ratio to its signatures", ratio(found[name].cpu, costs), "x")
        for other in OTHERS:
            yield of_runs(f"launch, {name} as a ratio to {other}", ratio(found[name].cpu, found[other].cpu), "x")
    few, many = found[_with(SIZES[0])].cpu, found[_with(SIZES[-1])].cpu
    yield of_runs(f"launch, strict: {SIZES[-1]} live contexts as a ratio to {SIZES[0]}", ratio(many, few), "x")


def _latencies(name: str, one: Measured) -> Iterator[Figure]:
    if one.steady:
        yield of_runs(f"launch, {name}: 8 at once", one.rate, "/s")
        yield of_runs(f"launch, {name}: 8 at once, p50", one.p50, "ms")
        yield of_runs(f"launch, {name}: 8 at once, p95", one.p95, "ms")
        yield of_runs(f"launch, {name}: {RATE} a second, p95 (below 60)", one.steady_p95, "ms")
    limit = "" if name in OTHERS else " (at most 120)"
    yield of_runs(f"launch, {name}: memory of a worker{limit}", one.memory, "MB")


def _failures(found: dict[str, Measured]) -> Iterator[Figure]:
    for name, one in found.items():
        for reason, count in one.failed.most_common():
            print(f"launch, {name}: failed {count} times: {reason}")
    yield Figure("launch: flows that failed", sum(one.failed.total() for one in found.values()), "")


def _with(size: int) -> str:
    return f"strict, {size} live contexts"
