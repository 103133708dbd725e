"""What work in a cell can do, and what becomes of it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from portal.domain.confinement import Verdict, verdict

_PROGRAM = """
import os, resource, socket, sys, time
from portal.confined.cell import confined
from portal.domain.confinement import Verdict

def well(made=b""):
    return Verdict(pages=1), made

{work}

sys.stdout.buffer.write(confined(work, {clock}))
"""


def in_cell(work: str, clock: float = 10.0) -> tuple[Verdict, bytes]:
    """The answer of a cell whose work is this function."""
    program = _PROGRAM.replace("{work}", work).replace("{clock}", str(clock))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)
    line, _, made = done.stdout.partition(b"\n")
    assert done.stderr == b""
    return verdict(line), made


def test_work_is_told_with_what_it_made_and_the_memory_that_it_took() -> None:
    told, made = in_cell("work = lambda: well(b'a\\nb')")
    assert (told.code, told.pages, told.size, made) == ("", 1, 3, b"a\nb")
    assert 1_000 < told.peak_kb < 100_000


@pytest.mark.parametrize(
    "work",
    [
        "def work():\n    bytearray(300 << 20)\n    return well()",
        "def work():\n    os._exit(0)",
        "def work():\n    os.abort()",
        "def work():\n    os.kill(os.getpid(), 9)",
        "def work():\n    return well(bytes(9 << 20))",
        'def work():\n    os.write(4, b\'{"code": ""\')\n    os._exit(0)',
    ],
)
def test_work_that_meets_a_limit_or_dies_is_too_costly(work: str) -> None:
    told, made = in_cell(work)
    assert (told.code, made) == ("pdf_too_costly", b"")


@pytest.mark.parametrize(("work", "clock"), [("time.sleep(60)", 0.5), ("while True: pass", 50.0)])
def test_work_that_is_late_is_ended(work: str, clock: float) -> None:
    begun = time.monotonic()
    told, _ = in_cell(f"def work():\n    {work}", clock)
    assert told.code == "pdf_too_costly"
    assert time.monotonic() - begun < 25


@pytest.mark.parametrize(
    "work",
    [
        "open('/etc/hostname')",
        "open('/dev/null', 'w')",
        "socket.socket()",
        "socket.create_connection(('127.0.0.1', 9))",
        "os.open('/', os.O_RDONLY)",
        "os.pipe()",
        "os.dup(2)",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)) if os.geteuid() else os.dup(2)",
        "os.write(1, b'x')",
        "os.read(0, 1)",
    ],
)
def test_work_has_no_files_and_no_connections(work: str) -> None:
    told, _ = in_cell(f"def work():\n    {work}\n    return well()")
    assert told.code == "failed"
    assert told.why in {"OSError", "ValueError"}


def test_a_fault_is_told_by_its_type_and_never_in_its_words() -> None:
    told, made = in_cell("def work():\n    raise LookupError('31817541278')")
    assert (told, made) == (Verdict("failed", "LookupError", peak_kb=told.peak_kb), b"")
