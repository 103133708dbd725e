"""The portal's side of its confined program: one child per process, started when first needed, a job at a time."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from threading import Lock
from typing import TYPE_CHECKING
from weakref import finalize

from portal.domain.confinement import ANSWER_LIMIT, FAILED, HEAD, INSPECT, RENDER, Verdict, verdict
from portal.errors import DocumentRejected, Unavailable

if TYPE_CHECKING:
    from portal.domain.report import Report

_PROGRAM = (sys.executable, "-I", "-m", "portal.confined")
_LINE = 1024
_NOTHING: dict[str, str] = {}


class Inspector:
    """Reads and makes PDFs in the confined program; for any number of threads.

    `patience` is how many seconds a call takes at most, waiting for others' included. Every call raises Unavailable
    when the program cannot be started, or does not answer in time.
    """

    def __init__(self, patience: float = 20.0, program: tuple[str, ...] = _PROGRAM) -> None:
        self._patience, self._program = patience, program
        self._turn = Lock()
        self._child: _Child | None = None

    def inspect(self, pdf: bytes) -> Verdict:
        """The verdict on a PDF that may go into a journal; raises DocumentRejected for one that may not."""
        told, _ = self._asked(INSPECT, pdf)
        return told

    def render(self, report: Report) -> tuple[Verdict, bytes]:
        """A report as PDF/A-2a, the same bytes for the same report."""
        return self._asked(RENDER, json.dumps(report.data()).encode())

    def _asked(self, kind: bytes, payload: bytes) -> tuple[Verdict, bytes]:
        until = time.monotonic() + self._patience
        if not self._turn.acquire(timeout=self._patience):
            raise Unavailable("unavailable", "confined: busy")
        try:
            told, made = self._answered(HEAD.pack(kind, len(payload)) + payload, until)
        finally:
            self._turn.release()
        if told.code == FAILED:
            raise Unavailable("unavailable", f"confined: {told.why}")
        if told.code:
            raise DocumentRejected(told.code, told.why)
        return told, made

    def _answered(self, job: bytes, until: float, *, again: bool = True) -> tuple[Verdict, bytes]:
        """What the child says; one that had died is replaced, once."""
        try:
            self._child = self._child or _Child(self._program)
            return self._child.asked(job, until)
        except (OSError, ValueError) as error:
            if self._child:
                self._child.end()
            self._child = None
            if again and not isinstance(error, TimeoutError):
                return self._answered(job, until, again=False)
            raise Unavailable("unavailable", f"confined: {type(error).__name__}") from error


class _Child:
    """One run of the program. It ends with us: its standard input closes then."""

    def __init__(self, program: tuple[str, ...]) -> None:
        self._line, theirs = socket.socketpair()
        with theirs, ExitStack() as unless_started:
            unless_started.callback(self._line.close)
            # It has nothing of ours: no secret of the environment, no file that is open here.
            process = subprocess.Popen(  # noqa: S603  our own program
                program,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=_NOTHING,
                process_group=0,
            )
            unless_started.pop_all()
        self.end = finalize(self, _end, process, self._line)

    def asked(self, job: bytes, until: float) -> tuple[Verdict, bytes]:
        """One job and its answer. Raises TimeoutError, another OSError when the child is gone, or ValueError."""
        self._line.settimeout(_left(until))
        self._line.sendall(job)
        said = b""
        while b"\n" not in said and len(said) <= _LINE:
            said += self._heard(until)
        line, _, made = said.partition(b"\n")
        told = verdict(line)
        if not 0 <= told.size <= ANSWER_LIMIT:
            message = "size"
            raise ValueError(message)
        parts = [made]
        while (missing := told.size - sum(map(len, parts))) > 0:
            parts.append(self._heard(until, missing))
        return told, b"".join(parts)

    def _heard(self, until: float, most: int = _LINE) -> bytes:
        self._line.settimeout(_left(until))
        if not (part := self._line.recv(most)):
            raise ConnectionResetError
        return part


def _left(until: float) -> float:
    # Zero would mean: do not wait at all, and say so by another error.
    return max(until - time.monotonic(), 0.001)


def _end(process: subprocess.Popen[bytes], line: socket.socket) -> None:
    line.close()
    # The cell that it may have is of its group.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
