from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from portal.demo.ports import ephemeral
from portal.demo.processes import Processes, ProcessFailed
from portal.demo.stage import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SERVER = "import http.server, sys; http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]))"
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
LEAVING = f"""
import os, pathlib, sys, time
from portal.demo.processes import Processes
folder = pathlib.Path(sys.argv[1])
with Processes(folder, folder, gone_within=2.0) as processes:
    processes.start("stubborn", [sys.executable, "-c", {STUBBORN!r}], os.environ)
    while "up" not in (folder / "stubborn.log").read_text():
        time.sleep(0.05)
    print(processes.children[0].process.pid, flush=True)
"""


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_impatient_signal_waits_until_nothing_is_left_behind(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(python(LEAVING, str(tmp_path)), cwd=ROOT, stdout=subprocess.PIPE, text=True) as leaving:
        assert leaving.stdout is not None
        group = int(leaving.stdout.readline())
        time.sleep(0.3)
        leaving.send_signal(number)
        leaving.wait(timeout=10)
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_the_demo_ends_with_its_terminal(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "portal.demo", "--keep", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        told = "".join(
            iter(demo.stdout.readline, "Log in as Anna Fastlege and open a patient. Ctrl-C ends everything.\n")
        )
        ports = {int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)/", told)}
        assert len(ports) == 4
        demo.send_signal(number)
        demo.send_signal(number)
        assert demo.wait(timeout=20) == 0
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=2)
