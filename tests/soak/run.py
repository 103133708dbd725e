"""One soak of one database: set up, storm, drain, verdict; bounded in time, and nothing is left running."""

from __future__ import annotations

import time
from contextlib import suppress
from random import Random
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import requests
from bench import load
from prometheus_client.parser import text_string_to_metric_families
from soak import stage, verdict
from soak.ledger import Ledger
from soak.storm import Storm
from soak.supervisor import Supervisor
from soak.verdict import Line
from soak.writers import Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from soak.stage import Stage

BACKENDS = ("postgresql", "sqlite")
_READY_WITHIN = 90.0
_PACED_OVER = 90.0
"""Seconds that a few documents are spread over, so that the storm meets them."""
_BACKLOG = 100
"""Documents that may be on their way: a fresh one is to tell how long recovery took, not how long the queue is."""
_STORM_LIMIT, _PER_DOCUMENT, _DRAIN_LIMIT = 420.0, 0.4, 420.0


class Outcome(NamedTuple):
    """Of one database: the table's lines, all held or not, and what goes into the file."""

    lines: list[Line]
    told: dict[str, Any]

    @property
    def held(self) -> bool:
        return all(line.holds is not False for line in self.lines)


def run(folder: Path, backend: str, wanted: int, seed: int, say: Callable[[str], None]) -> Outcome:
    """Soak one database; `say` is told how it goes."""
    made, random = stage.build(folder, backend), Random(seed)  # noqa: S311  a storm, not a secret
    ledger, begun = Ledger(made.journals), time.monotonic()
    with Supervisor(folder / "logs") as supervisor:
        for program in made.programs:
            supervisor.run(program)
        _await(made)
        say(f"{backend}: everything runs, below {folder}")
        storm = Storm(supervisor, made.shim, random)
        _blow(made, ledger, storm, wanted, say)
        say(f"{backend}: the storm is over, {ledger.acked} acknowledged, {len(storm.kills)} kills; draining")
        states = _drain(made, ledger)
        ended = {program.name: [program.killed, program.ended] for program in supervisor.programs.values()}
    took = time.monotonic() - begun
    lines = [*verdict.judged(ledger, wanted, storm.kills, made.shim.seen(), states), Line("whole run, s", round(took))]
    told = verdict.as_json(
        lines,
        answers=dict(ledger.answers.most_common()),
        states=states,
        faults=dict(made.shim.met_by().most_common()),
        killed_and_ended=ended,
        recoveries=[[kill.component, kill.receiver, verdict.recovery(ledger, kill)] for kill in storm.kills],
        lost=sorted(ledger.owed),
    )
    return Outcome(lines, told)


def _await(made: Stage) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline:
        with suppress(requests.RequestException):
            if load.visitor().get(f"{made.origin}/health/ready", timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    message = f"{made.origin} was not ready in {_READY_WITHIN:.0f} s"
    raise RuntimeError(message)


def _blow(made: Stage, ledger: Ledger, storm: Storm, wanted: int, say: Callable[[str], None]) -> None:
    """Write while the storm blows."""
    begun, stop = time.monotonic(), Event()

    def may_go_on() -> bool:
        on_pace = ledger.acked <= wanted * max(time.monotonic() - begun, 1) / _PACED_OVER
        return on_pace and len(ledger.owed) < _BACKLOG

    seeds = [storm.random.random() for _ in made.desks]
    writers = [
        Writer(desk, made.origin, ledger, seed, stop, may_go_on) for desk, seed in zip(made.desks, seeds, strict=True)
    ]
    follower = Thread(target=_follow, args=(ledger, stop), name="follower")
    for thread in (*writers, follower):
        thread.start()
    try:
        limit, told = begun + _STORM_LIMIT + _PER_DOCUMENT * wanted, begun
        while time.monotonic() < limit and not (ledger.acked >= wanted and storm.has_done_enough()):
            storm.blow(lambda kill: verdict.recovery(ledger, kill) is not None)
            if time.monotonic() - told > 30:
                told = time.monotonic()
                say(
                    f"{ledger.acked} acknowledged, {len(ledger.owed)} on their way, {len(storm.kills)} kills, "
                    f"faults {dict(storm.shim.seen())}"
                )
        storm.settle()
    finally:
        stop.set()
        for thread in (*writers, follower):
            thread.join()


def _follow(ledger: Ledger, stop: Event) -> None:
    while not stop.wait(0.2):
        ledger.read()


def _drain(made: Stage, ledger: Ledger) -> dict[str, int]:
    """Wait until all that was promised has come and every delivery has ended; the deliveries by state."""
    deadline, states = time.monotonic() + _DRAIN_LIMIT, {"unknown": 1}
    while time.monotonic() < deadline:
        ledger.read()
        with suppress(requests.RequestException):
            states = _states(made.origin)
            if not ledger.owed and not any(states.get(state) for state in verdict.UNFINISHED):
                break
        time.sleep(0.5)
    ledger.read()
    return states


def _states(origin: str) -> dict[str, int]:
    answer = load.visitor().get(f"{origin}/metrics", timeout=10)
    answer.raise_for_status()
    families = text_string_to_metric_families(answer.text)
    found = next(family for family in families if family.name == "portal_deliveries")
    return {sample.labels["state"]: int(sample.value) for sample in found.samples if sample.value}
