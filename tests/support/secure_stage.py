"""The demo's cast over TLS, each on a host of its own, so that cookies and CSP meet real borders between sites.

The names are made up: Chromium is told where they are by its resolver rules, the servers by `name_service`, for they
talk to each other by the same names.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import requests
from support.certificates import authority
from support.tls_front import Front, serve

from portal.demo import environment, keys, registrations, standin_files
from portal.demo.ports import Addresses, free_port
from portal.demo.processes import READY_WITHIN, Processes

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
NAME_SERVICE = Path(__file__).with_name("name_service")
HOSTS = {
    "portal": "inngangsportalen.test",
    "helseid": "helseid.test",
    "epj": "journal.test",
    "target": "demomelding.test",
}
_SAID = ("--nb", "Innsending feiler for noen.", "--nn", "Innsending feilar for nokre.", "--en", "Some reports fail.")
NOTICES = (
    ("demo-sso", "--kind", "fault", "--to", "2099-01-01T12:00:00+01:00", *_SAID),
    ("bekymringsmelding", "--kind", "planned", "--to", "2099-01-01T12:00:00+01:00", *_SAID),
)
PORTAL = str(Path(sys.executable).with_name("portal"))


class Server(NamedTuple):
    """One of the cast: its host and public port, and the port that its process listens to."""

    name: str
    host: str
    port: int
    behind: int


@contextmanager
def secure_stage(folder: Path) -> Iterator[Addresses]:
    """Start everything and yield the https origins when all of it answers."""
    servers = [_server(name) for name in Addresses._fields]
    addresses = Addresses(*(f"https://{server.host}:{server.port}" for server in servers))
    for name in ("logs", "messages", "pdf", "pages"):
        (folder / name).mkdir()
    fronts = [_front(folder, server) for server in servers]
    bundle = folder / "authorities.pem"
    bundle.write_bytes(b"".join((folder / server.name / "ca.pem").read_bytes() for server in servers))
    with ExitStack() as opened:
        for front in fronts:
            opened.enter_context(serve(front))
        processes = opened.enter_context(Processes(folder / "logs", ROOT))
        _start(processes, folder, addresses, {server.name: server for server in servers}, bundle)
        yield addresses


def _start(processes: Processes, folder: Path, addresses: Addresses, servers: dict[str, Server], bundle: Path) -> None:
    made = keys.fresh()
    standin_files.write(folder, addresses, made, folder)
    environ = environment.make(folder, addresses, made, {"SSL_CERT_FILE": str(bundle)})
    environ["PYTHONPATH"] = str(NAME_SERVICE)
    environ["PORTAL_CONTACT"] = "mailto:hjelp@inngangsportalen.test"
    environ["PORTAL_LISTEN"] = f"internett=127.0.0.1:{servers['portal'].behind}"
    for name in ("helseid", "epj", "target"):
        where = ["--port", str(servers[name].behind), "--config", str(folder / f"{name}.json")]
        processes.start(name, [sys.executable, "-m", f"portal.demo.{name}", *where], environ)
    processes.run("db-upgrade", [PORTAL, "db", "upgrade"], environ)
    registrations.register(environ["PORTAL_DATABASE_URL"], addresses, made)
    overlay = folder / "catalog.yaml"
    template = (ROOT / "portal/demo/catalog.yaml").read_text(encoding="utf-8")
    overlay.write_text(template.replace("http://127.0.0.1:{target}", addresses.target), encoding="utf-8")
    processes.run("import", [PORTAL, "catalog", "import", "link_catalog.yaml", "--overlay", str(overlay)], environ)
    for number, notice in enumerate(NOTICES):
        processes.run(f"notice-{number}", [PORTAL, "notices", "post", *notice], environ)
    processes.start("portal", [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:app"], environ)
    processes.start("worker", [PORTAL, "worker"], environ)
    for name, server in servers.items():
        path = "/.well-known/openid-configuration" if name == "helseid" else "/health/ready"
        _await_ready(processes, server, path)


def _server(name: str) -> Server:
    return Server(name, HOSTS[name], free_port(), free_port())


def _front(folder: Path, server: Server) -> Front:
    own = folder / server.name
    own.mkdir()
    issued = authority(own, server.host)
    return Front("127.0.0.1", server.port, issued.certificate, issued.key, server.behind)


def _await_ready(processes: Processes, server: Server, path: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(server, path):
        processes.demand_alive()
        assert time.monotonic() < deadline, f"{server.name} was not ready in time"
        time.sleep(0.1)


def _answers(server: Server, path: str) -> bool:
    named = {"Host": f"{server.host}:{server.port}"}
    try:
        return requests.get(f"http://127.0.0.1:{server.behind}{path}", headers=named, timeout=2).ok
    except requests.RequestException:
        return False
