"""Real `portal worker` processes: started, waited for until they have nothing left to do, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.databases import anywhere
from bench.servers import cpu_seconds
from support.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_READY_WITHIN = 120.0
_FIRST_DUTY = '"retention run"'
"""Logged once everything is done that a worker does when it starts."""


@dataclass(frozen=True)
class Workers:
    """The processes that share an outbox."""

    pids: list[int]

    def cpu_seconds(self) -> float:
        """What they have used so far."""
        return sum(cpu_seconds(pid) for pid in self.pids)

    def peak_mb(self) -> float:
        """The most that any of them ever held in memory."""
        return max(peak_mb(pid) for pid in self.pids)


@contextmanager
def workers(environ: Mapping[str, str], folder: Path, count: int) -> Iterator[Workers]:
    """So many workers on any core, idle by now, until the block ends."""
    command, started = [str(Path(sys.executable).with_name("portal")), "worker"], []
    logs = [folder / f"worker-{number}-of-{count}.log" for number in range(1, count + 1)]
    try:
        for log in logs:
            with anywhere(), log.open("wb") as output:
                started.append(subprocess.Popen(command, env=os.environ | environ, cwd=ROOT, stderr=output))
        for process, log in zip(started, logs, strict=True):
            _await(process, log)
        yield Workers([process.pid for process in started])
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait()


def peak_mb(pid: int) -> float:
    """The most that a process ever held in memory; 0 for one that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6


def _await(process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _READY_WITHIN
    while _FIRST_DUTY not in (said := log.read_text(encoding="utf-8")):
        if process.poll() is not None or time.monotonic() > until:
            message = f"the worker is not ready: {said[-500:]}"
            raise RuntimeError(message)
        time.sleep(0.1)
