"""Kills in turn and faults of the disk, in an order that the seed decides."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from soak.stage import RECEIVERS, WORKERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from soak.shim import Fault, Shim
    from soak.supervisor import Program, Supervisor

FAULTS = 20
RECOVERED_WITHIN = 30.0
_BETWEEN = (0.5, 2.0)
_TWO = 0.3
_WORST, _MEANWHILE = 0.5, 0.7


class Kill(NamedTuple):
    """Who was killed and when; `receiver` is the journal that it kept waiting, None for both."""

    component: str
    at: float
    receiver: str | None = None


@dataclass
class Storm:
    """One thread's; `blow` is one kill and one order of faults."""

    supervisor: Supervisor
    shim: Shim
    random: Random
    kills: list[Kill] = field(default_factory=list)
    _turn: list[Callable[[], Kill | None]] = field(default_factory=list)
    _faults: int = 0

    def blow(self, recovered: Callable[[Kill], bool]) -> None:
        """Kill whose turn it is, at times the next one too, then let some writes or syncs fail; a few seconds in all.

        Nobody is killed before those killed last have recovered, or have had the time for it.
        """
        before = len(self.kills)
        for _ in range(2 if self.random.random() < _TWO else 1):
            time.sleep(self.random.uniform(*_BETWEEN))
            self._kill_next()
        time.sleep(self.random.uniform(*_BETWEEN))
        self._faults += 1
        fault: Fault = "EIO" if self._faults % 2 else "ENOSPC"
        self.shim.order(fault, self.random.randint(1, 4))
        until = time.monotonic() + RECOVERED_WITHIN
        while time.monotonic() < until and not all(map(recovered, self.kills[before:])):
            time.sleep(0.1)

    def _kill_next(self) -> None:
        if not self._turn:
            self._turn = [self._web_worker, self._web, self._worker, self._database, self._receiver]
            self.random.shuffle(self._turn)
        killed = self._turn.pop()()
        if killed:
            self.kills.append(killed)

    def has_done_enough(self) -> bool:
        """Everybody was killed, and there were faults of each kind enough."""
        seen = self.shim.seen()
        return len({kill.component for kill in self.kills}) >= 5 and min(seen["ENOSPC"], seen["EIO"]) >= FAULTS

    def settle(self) -> None:
        """Take back the faults that nobody has met."""
        self.shim.order("ENOSPC", 0)
        self.shim.order("EIO", 0)

    def _web_worker(self) -> Kill | None:
        _, *children = self._program("web").family() or [0]
        return self._kill("web worker", [self.random.choice(children)] if children else [], "web")

    def _web(self) -> Kill | None:
        return self._kill("web", self._program("web").family()[:1], "web")

    def _worker(self) -> Kill | None:
        """At any moment, or while it waits for an answer to what the receiver has written down."""
        if self.random.random() < _WORST:
            for receiver in RECEIVERS:
                self.supervisor.kill(self._program(f"receiver-{receiver}").family(), signal.SIGUSR2)
            time.sleep(_MEANWHILE)
        name = f"worker-{self.random.randint(1, WORKERS)}"
        return self._kill("worker", self._program(name).family(), name)

    def _database(self) -> Kill | None:
        """PostgreSQL whole, or one of its processes; of SQLite everybody who has it open, at one time."""
        if "postgres" in self.supervisor.programs:
            postmaster, *children = self._program("postgres").family() or [0]
            everyone = [postmaster, *children] if postmaster else []
            return self._kill("database", everyone if self.random.random() < 0.7 else children[-1:], "postgres")
        users = ["web", *(f"worker-{number}" for number in range(1, WORKERS + 1))]
        pids = [pid for name in users for pid in self._program(name).family()]
        return self._kill("database", pids, *users)

    def _receiver(self) -> Kill | None:
        """At any moment, or between writing down and answering."""
        receiver = self.random.choice(list(RECEIVERS))
        name = f"receiver-{receiver}"
        number = signal.SIGUSR1 if self.random.random() < _WORST else signal.SIGKILL
        return self._kill("receiver", self._program(name).family(), name, receiver=receiver, number=number)

    def _kill(
        self,
        component: str,
        pids: list[int],
        *names: str,
        receiver: str | None = None,
        number: signal.Signals = signal.SIGKILL,
    ) -> Kill | None:
        if not pids:
            return None
        for name in names:
            self._program(name).killed += 1
        at = time.time()
        self.supervisor.kill(pids, number)
        return Kill(component, at, receiver)

    def _program(self, name: str) -> Program:
        return self.supervisor.programs[name]
