"""The program that reads PDFs: one child, a job at a time, and trouble of ours is no verdict on a document."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import pdfs

from portal.adapters.confined import Inspector
from portal.errors import DocumentRejected, Unavailable


def children() -> set[int]:
    """The processes that this one has started and that run."""
    return {int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def started_by(inspector: Inspector) -> set[int]:
    """The processes that reading one PDF starts."""
    before = children()
    assert inspector.inspect(pdfs.PLAIN).pages == 1
    return children() - before


@pytest.fixture
def inspector() -> Inspector:
    return Inspector()


def test_nothing_is_started_before_it_is_needed() -> None:
    before = children()
    Inspector()
    assert children() - before == set()


def test_one_child_serves_every_thread(inspector: Inspector) -> None:
    assert len(started_by(inspector)) == 1
    before = children()
    with ThreadPoolExecutor(8) as pool:
        assert {told.pages for told in pool.map(inspector.inspect, [pdfs.PLAIN] * 40)} == {1}
    assert children() - before == set()


def test_the_child_has_one_thread_and_nothing_of_ours(inspector: Inspector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SECRET", "aVeryPrivateSecret")
    (pid,) = started_by(inspector)
    own = Path(f"/proc/{pid}")
    assert len(list((own / "task").iterdir())) == 1
    assert b"aVeryPrivateSecret" not in (own / "environ").read_bytes()
    assert (own / "cwd").readlink() == Path("/")
    opened = {str(path.readlink()).partition(":")[0] for path in (own / "fd").iterdir()}
    assert opened <= {"socket", "/dev/null", "/dev/urandom"}


def test_the_program_loads_nothing_that_serves_or_stores() -> None:
    listed = "import sys, portal.confined.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", listed], capture_output=True, check=True, text=True, cwd="/")
    loaded = set(done.stdout.split())
    assert {"pikepdf", "typst"} <= loaded
    assert not loaded & {"flask", "sqlalchemy", "requests", "psycopg", "portal.settings", "portal.store", "portal.web"}


def test_a_child_that_died_is_replaced(inspector: Inspector) -> None:
    (pid,) = started_by(inspector)
    os.kill(pid, signal.SIGKILL)
    (other,) = started_by(inspector)
    assert other != pid


def test_the_child_ends_with_its_inspector() -> None:
    inspector = Inspector()
    (pid,) = started_by(inspector)
    del inspector
    assert pid not in children()


@pytest.mark.parametrize(
    "program",
    [
        ("/no/such/program",),
        (sys.executable, "-c", "pass"),
        (sys.executable, "-c", "print('no verdict', flush=True)"),
        (sys.executable, "-c", 'print(\'{"code": "", "size": -1}\', flush=True)'),
        (sys.executable, "-c", "print('[1]', flush=True)"),
        (sys.executable, "-c", "print('x' * 5000, flush=True)"),
    ],
)
def test_a_program_that_does_not_work_is_no_verdict(program: tuple[str, ...]) -> None:
    with pytest.raises(Unavailable):
        Inspector(program=program).inspect(pdfs.PLAIN)


def test_a_program_that_says_nothing_is_waited_for_no_longer_than_said() -> None:
    silent = Inspector(patience=1.0, program=(sys.executable, "-c", "import time; time.sleep(60)"))
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="TimeoutError"):
        silent.inspect(bytes(10 * 1024 * 1024))
    assert time.monotonic() - begun < 3


def test_nobody_waits_longer_for_a_turn() -> None:
    silent = Inspector(patience=2.0, program=(sys.executable, "-c", "import time; time.sleep(60)"))

    def refused(_: int) -> str:
        with pytest.raises(Unavailable) as met:
            silent.inspect(pdfs.PLAIN)
        return met.value.detail

    begun = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        details = list(pool.map(refused, range(4)))
    assert "confined: busy" in details
    assert time.monotonic() - begun < 4


def test_a_refusal_leaves_the_child_as_it_was(inspector: Inspector) -> None:
    assert len(started_by(inspector)) == 1
    for refused in (b"", pdfs.encrypted(), pdfs.packed_bomb()):
        with pytest.raises(DocumentRejected):
            inspector.inspect(refused)
    assert started_by(inspector) == set()
