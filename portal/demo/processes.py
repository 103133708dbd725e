"""Starts the demo's processes, sees that they live, and ends them all; each has a log and a group of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Self

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

READY_WITHIN = 30.0  # seconds; a cold start on a small machine
GONE_WITHIN = 8.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TAIL = 15
_OK = 200


class ProcessFailed(Exception):
    """A process of the demo ended before its time; the text holds the last lines of its log."""


@dataclass(frozen=True)
class Child:
    """A running process; its id is its group's id too."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def demand_alive(self) -> None:
        """Raise ProcessFailed if it has ended."""
        code = self.process.poll()
        if code is not None:
            raise ProcessFailed(_report(self.name, code, self.log))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to everything that it has started; to nobody if all are gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


@dataclass
class Processes:
    """Every process of one run; as a context manager it leaves none behind."""

    logs: Path
    root: Path
    children: list[Child] = field(default_factory=list)
    gone_within: float = GONE_WITHIN

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with _undisturbed():
            self.stop()

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a command to its end; raises ProcessFailed unless it succeeds."""
        log = self._log(name)
        with log.open("wb") as output:
            ended = subprocess.run(command, env=environment, cwd=self.root, stdout=output, stderr=output, check=False)
        if ended.returncode:
            raise ProcessFailed(_report(name, ended.returncode, log))

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a process that is to live until `stop`."""
        log = self._log(name)
        with log.open("wb") as output:
            self.children.append(Child(name, self._spawn(command, environment, output), log))

    def await_ready(self, url: str) -> None:
        """Wait until `url` answers 200; raises ProcessFailed if anything ends meanwhile or it takes too long."""
        deadline = time.monotonic() + READY_WITHIN
        while not _answers(url):
            self.demand_alive()
            if time.monotonic() > deadline:
                message = f"{url} was not ready in {READY_WITHIN:.0f} s"
                raise ProcessFailed(message)
            time.sleep(0.05)

    def demand_alive(self) -> None:
        """Raise ProcessFailed if any process has ended."""
        for child in self.children:
            child.demand_alive()

    def stop(self) -> None:
        """End every process, politely first."""
        for child in reversed(self.children):
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + self.gone_within
        for child in self.children:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            child.signal(signal.SIGKILL)
            child.process.wait()
        self.children.clear()

    def _spawn(
        self, command: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, env=environment, cwd=self.root, stdout=output, stderr=output, start_new_session=True
        )

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back what would end us; an impatient second Ctrl-C waits until nothing is left behind."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _answers(url: str) -> bool:
    with requests.Session() as session, suppress(requests.RequestException):
        session.trust_env = False  # a proxy knows nothing of our loopback
        return session.get(url, timeout=2).status_code == _OK
    return False


def _report(name: str, code: int, log: Path) -> str:
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:])
    return f"{name} ended with {code}; the last lines of {log.name}:\n{last}"
