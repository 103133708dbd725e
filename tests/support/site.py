"""The site as it stands in production: the shipped nginx files, two sockets, gunicorn as configured, the real app."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from support.certificates import authority
from support.source import ROOT

from portal.demo import environment, keys, ports
from portal.demo.processes import READY_WITHIN, Processes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
HOST = "portal.test"
SHIPPED = {"helsenett": "192.0.2.1:443", "internett": "192.0.2.2:443"}
_NGINX_CONF = """
daemon off;
user {user};
pid nginx.pid;
events {{}}
http {{
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    scgi_temp_path scgi;
    uwsgi_temp_path uwsgi;
    include portal.conf;
}}
"""


@dataclass(frozen=True)
class Site:
    """`listening` is zone -> port on loopback; every log is below `folder`."""

    folder: Path
    listening: Mapping[str, int]

    def request(self, method: str, zone: str, path: str, **sent: str) -> requests.Response:
        """Ask nginx at the zone's address, and follow nothing; `sent` are headers."""
        url = f"https://127.0.0.1:{self.listening[zone]}{path}"
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Host": HOST, **sent}
            trusted = str(self.folder / "ca.pem")
            return session.request(method, url, headers=headers, verify=trusted, timeout=10, allow_redirects=False)

    def behind(self, zone: str, path: str, **sent: str) -> str:
        """Ask gunicorn at the zone's socket, as nginx does; the body of its answer."""
        connection = _LocalConnection(self.folder / f"{zone}.sock")
        connection.request("GET", path, headers={"Host": HOST, **sent})
        body = connection.getresponse().read().decode()
        connection.close()
        return body

    def logged(self) -> str:
        """Everything that anybody wrote to a log so far."""
        return "".join(log.read_text(encoding="utf-8") for log in self.folder.rglob("*.log"))


class _LocalConnection(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__(HOST)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self._path))


@contextmanager
def site(folder: Path, database_url: str) -> Iterator[Site]:
    """Serve until the block ends; the database is migrated, the shipped catalogue is published."""
    authority(folder, "127.0.0.1")
    (folder / "logs").mkdir()
    built = Site(folder, dict(zip(SHIPPED, (ports.free_port(), ports.free_port()), strict=True)))
    _configure_nginx(built)
    environ = _environ(folder, database_url)
    with Processes(folder / "logs", ROOT) as processes:
        portal = str(Path(sys.executable).with_name("portal"))
        processes.run("import", [portal, "catalog", "import", "link_catalog.yaml"], environ)
        gunicorn = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"]
        processes.start("gunicorn", gunicorn, environ)
        processes.start("nginx", [str(NGINX), "-p", str(folder), "-c", "nginx.conf", "-e", "start.log"], environ)
        _await_ready(built, processes)
        yield built


def _environ(folder: Path, database_url: str) -> dict[str, str]:
    addresses = ports.ephemeral()._replace(portal=f"https://{HOST}")
    environ = environment.make(folder, addresses, keys.fresh(), {})
    environ["PORTAL_DATABASE_URL"] = database_url
    environ["PORTAL_LISTEN"] = ",".join(f"{zone}=unix:{folder}/{zone}.sock" for zone in SHIPPED)
    return environ


def _configure_nginx(built: Site) -> None:
    own = {SHIPPED[zone]: f"127.0.0.1:{port}" for zone, port in built.listening.items()}
    own |= {"/run/portal/": f"{built.folder}/", "/var/log/nginx/": f"{built.folder}/"}
    own |= {"/etc/portal/tls/portal.": f"{built.folder}/server."}
    for name in ("portal.conf", "portal-zone.conf"):
        text = (ROOT / "deploy/nginx" / name).read_text(encoding="utf-8")
        for shipped, here in own.items():
            text = text.replace(shipped, here)
        (built.folder / name).write_text(text, encoding="utf-8")
    # The folder is ours alone, so the workers must be us.
    conf = _NGINX_CONF.format(user=pwd.getpwuid(os.geteuid()).pw_name)
    (built.folder / "nginx.conf").write_text(conf, encoding="utf-8")


def _await_ready(built: Site, processes: Processes) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(built):
        processes.demand_alive()
        assert time.monotonic() < deadline, "the site was not ready in time"
        time.sleep(0.1)


def _answers(built: Site) -> bool:
    try:
        return all(built.request("GET", zone, "/health/ready").ok for zone in SHIPPED)
    except requests.RequestException:
        return False
