from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from portal.demo.ports import ephemeral
from portal.demo.processes import Processes, ProcessFailed

if TYPE_CHECKING:
    from pathlib import Path

SERVER = "import http.server, sys; http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]))"
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"


def python(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", program, *arguments]


def test_a_process_that_answers_is_ready_and_then_ended(tmp_path: Path) -> None:
    origin = ephemeral().portal
    with Processes(tmp_path, tmp_path) as processes:
        processes.start("server", python(SERVER, origin.rpartition(":")[2]), os.environ)
        processes.await_ready(f"{origin}/")
        (child,) = processes.children
    assert child.process.returncode is not None


def test_an_early_death_is_told_with_the_end_of_the_log(tmp_path: Path) -> None:
    with Processes(tmp_path, tmp_path) as processes:
        processes.start("portal", python("import sys; sys.exit('PORTAL_BASE_URL is missing')"), os.environ)
        with pytest.raises(ProcessFailed, match=r"portal ended with 1(.|\n)*PORTAL_BASE_URL is missing"):
            processes.await_ready(f"{ephemeral().portal}/")


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    with Processes(tmp_path, tmp_path) as processes, pytest.raises(ProcessFailed, match="catalogue is wrong"):
        processes.run("import", python("import sys; sys.exit('catalogue is wrong')"), os.environ)


def test_grandchildren_are_ended_too(tmp_path: Path) -> None:
    with Processes(tmp_path, tmp_path) as processes:
        processes.start("parent", python(PARENT), os.environ)
        group = processes.children[0].process.pid
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
