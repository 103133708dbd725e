"""Keeps programs running as systemd does: whatever ends is started again at once, in a session of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOK, _REST = 0.02, 0.2
_GONE_WITHIN = 10.0


@dataclass
class Program:
    """A command and how it fares; `user` is whom it runs as, None for ourselves."""

    name: str
    command: list[str]
    environ: Mapping[str, str]
    cwd: Path
    user: str | None = None
    process: subprocess.Popen[bytes] | None = None
    spawned_at: float = 0.0
    killed: int = 0
    ended: int = 0
    """How often it ended, killed or not."""

    def family(self) -> list[int]:
        """Its own pid first, then its children's; empty while it does not run."""
        if self.process is None or self.process.poll() is not None:
            return []
        with suppress(OSError):
            listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
            return [self.process.pid, *map(int, listed.split())]
        return []


@dataclass
class Supervisor:
    """As a context manager it leaves no program behind."""

    logs: Path
    programs: dict[str, Program] = field(default_factory=dict)
    _stopping: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._watch, name="supervisor")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        # The last that was started uses those before it.
        for program in reversed(self.programs.values()):
            self._end(program)

    def run(self, program: Program) -> None:
        """Start a program, to live until the end."""
        with self._lock:
            self.programs[program.name] = program
            self._spawn(program)

    def kill(self, pids: list[int], number: signal.Signals = signal.SIGKILL) -> None:
        """Send each the signal, by default that of `kill -9`."""
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK):
            with self._lock:
                for program in self.programs.values():
                    self._look_after(program)

    def _look_after(self, program: Program) -> None:
        rested = time.monotonic() - program.spawned_at > _REST
        if program.process is None or program.process.poll() is None or not rested:
            return
        program.ended += 1
        _sweep(program.process.pid)
        self._spawn(program)

    def _spawn(self, program: Program) -> None:
        program.spawned_at = time.monotonic()
        with (self.logs / f"{program.name}.log").open("ab") as log:
            program.process = subprocess.Popen(
                program.command,
                env=program.environ,
                cwd=program.cwd,
                stdout=log,
                stderr=log,
                user=program.user,
                group=program.user,
                extra_groups=[] if program.user else None,
                start_new_session=True,
            )

    def _end(self, program: Program) -> None:
        family = program.family()
        if program.process is None:
            return
        with suppress(ProcessLookupError):
            program.process.send_signal(signal.SIGINT if program.name == "postgres" else signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            program.process.wait(_GONE_WITHIN)
        # PostgreSQL's children have sessions of their own.
        self.kill(family if program.process.poll() is None else [])
        program.process.wait()
        _sweep(program.process.pid)


def _sweep(group: int) -> None:
    """What a dead leader leaves in its group: systemd's KillMode=control-group."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
