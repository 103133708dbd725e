"""A child for one job: little memory and time, no new files or connections, and killed when it is late."""

from __future__ import annotations

import os
import resource
import select
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from portal.domain.confinement import ANSWER_LIMIT, FAILED, Verdict, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[], tuple[Verdict, bytes]]

MEMORY = 256 * 1024 * 1024
_CPU, _CLOCK = 5, 10.0  # seconds
_LIMITS = {
    resource.RLIMIT_DATA: MEMORY,
    resource.RLIMIT_CPU: _CPU,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 0,
    # Of descriptors, sockets among them, none can be had beyond those that are there.
    resource.RLIMIT_NOFILE: 0,
}
_TOO_COSTLY = Verdict("pdf_too_costly", "limit")


def confined(work: Work, clock: float = _CLOCK) -> bytes:
    """Do the work in a cell and return its verdict's line, followed by what it made.

    A cell that dies, or is not done in `clock` seconds, has met a limit: `pdf_too_costly`.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _serve_time(work, writing)
    os.close(writing)
    said = _heard(reading, time.monotonic() + clock)
    os.close(reading)
    os.kill(child, signal.SIGKILL)
    _, _, used = os.wait4(child, 0)
    told, made = _read(said)
    # A stream that qpdf got no memory for looks damaged to it.
    if told.code == "pdf_unreadable" and used.ru_maxrss * 1024 > MEMORY // 2:
        told = _TOO_COSTLY
    return replace(told, peak_kb=used.ru_maxrss).line() + made


def _serve_time(work: Work, writing: int) -> None:
    """In the child: what it says goes to the pipe alone, and it never returns."""
    try:
        os.closerange(0, 2)
        for limit, value in _LIMITS.items():
            resource.setrlimit(limit, (value, value))
        try:
            told, made = work()
        except MemoryError:
            told, made = _TOO_COSTLY, b""
        except Exception as error:  # noqa: BLE001  whatever it is, its text may quote the document
            told, made = Verdict(FAILED, type(error).__name__), b""
        left = memoryview(replace(told, size=len(made)).line() + made)
        while left:
            left = left[os.write(writing, left) :]
    finally:
        os._exit(0)


def _heard(reading: int, until: float) -> bytes:
    """Everything that the child says before its time is up."""
    said, ready = bytearray(), select.poll()
    ready.register(reading, select.POLLIN)
    while (left := until - time.monotonic()) > 0 and len(said) <= ANSWER_LIMIT and ready.poll(left * 1000):
        if not (part := os.read(reading, 65_536)):
            break
        said += part
    return bytes(said)


def _read(said: bytes) -> tuple[Verdict, bytes]:
    line, _, made = said.partition(b"\n")
    try:
        told = verdict(line)
    except ValueError:
        return _TOO_COSTLY, b""
    return (told, made) if told.size == len(made) else (_TOO_COSTLY, b"")
