"""`make bench`: what pages, logins, launches and reports cost, side by side with the least they could, in one run.

Writes bench.json. With names behind it (`python -m bench launch`) it measures these alone, and writes nothing.
"""

from __future__ import annotations

import gzip
import json
import os
import secrets
import signal
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from bench import launch, load, login, servers, writeback
from bench.catalogue import of_size
from bench.figures import Figure
from support import sealed_rows
from support.catalogue import DOCTOR
from support.source import ROOT

from portal.demo import environment, keys, ports
from portal.demo.ports import free_port
from portal.domain.access import NO_CONTEXT, decide
from portal.settings import Settings
from portal.store import logins
from portal.store.database import Database
from portal.store.migrate import upgrade
from portal.store.publishing import publish
from portal.store.vault import vault_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bench.servers import Server
    from requests import Session

    from portal.domain.catalogue import Catalogue

MANY = 500
RATE, SECONDS = 20, 15
STYLES = ("theme.css", "designsystemet.css")


def main() -> None:
    """Measure, print a line each, and keep them all."""
    # Ended from outside, it still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # The visitor has a core of its own; the servers are on the other one.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found: dict[str, Any] = {}
    with TemporaryDirectory(prefix="bench-") as folder:
        for name in sys.argv[1:] or _PARTS:
            for figure in _PARTS[name](Path(folder)):
                found[figure.name] = figure.as_json()
                print(figure, flush=True)
    if not sys.argv[1:]:
        (ROOT / "bench.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def decisions(_folder: Path) -> Iterator[Figure]:
    """What deciding costs."""
    yield Figure(f"decide {MANY} services, median", decided_in(of_size(MANY)), "ms")


def decided_in(catalogue: Catalogue) -> float:
    """Milliseconds for one doctor and every service."""
    now, took = datetime.now(UTC), []
    for _ in range(50):
        begun = time.perf_counter()
        for service in catalogue.services:
            decide(DOCTOR, None, "helsenett", NO_CONTEXT, service, now)
        took.append((time.perf_counter() - begun) * 1000)
    return median(took)


def first_paint(folder: Path) -> Iterator[Figure]:
    """Compressed kB of HTML and styles with the catalogue that ships."""
    with portal(folder / "shipped", of_size(54)) as (server, visitor):
        styles = sum(len(gzip.compress(_static(server, f"vendor/{name}"), 6)) for name in STYLES)
        styles += len(gzip.compress(_static(server, "portal.css"), 6))
        for path in ("/", "/mine"):
            html = len(gzip.compress(visitor.get(server.origin + path, timeout=10).content, 6))
            yield Figure(f"{path} first paint: HTML + CSS, compressed", (html + styles) / 1000, "kB")


def pages(parent: Path) -> Iterator[Figure]:
    """Latency of my list, and what the pages cost beside nginx and beside a bare Flask page."""
    folder, catalogue = parent / "many", of_size(MANY)
    with portal(folder, catalogue) as (server, visitor):
        load.paced(visitor, f"{server.origin}/mine", RATE, 2)
        latency = load.paced(visitor, f"{server.origin}/mine", RATE, SECONDS)
        yield Figure(f"/mine {MANY} services, {RATE} requests/s, p50", latency.p50, "ms")
        yield Figure(f"/mine {MANY} services, {RATE} requests/s, p95", latency.p95, "ms")
        found = load.paced(visitor, f"{server.origin}/mine?q=sykmelding", RATE, 5)
        yield Figure(f"/mine?q=sykmelding {MANY} services, {RATE} requests/s, p95", found.p95, "ms")
        mine = load.cpu_per_request(server, visitor, "/mine", 200)
        public = load.cpu_per_request(server, load.visitor(), "/", 400)
        page = visitor.get(f"{server.origin}/", timeout=10).content
        yield Figure("worker memory", server.memory_mb(), "MB")
    yield Figure("/mine CPU per request", mine, "ms")
    yield Figure("/ CPU per request", public, "ms")
    environ = {"BARE_CATALOGUE": str(servers.bare_file(folder, catalogue))}
    with servers.gunicorn("bare:app", environ, free_port()) as bare:
        cost = load.cpu_per_request(bare, load.visitor({"X-Groups": "LE"}), "/", 200)
    yield Figure("bare Flask page, CPU per request", cost, "ms")
    yield Figure("/mine as a ratio to the bare Flask page", mine / cost, "x")
    with servers.nginx(folder, page) as static:
        cost = load.cpu_per_request(static, load.visitor(), "/", 2000)
    yield Figure("nginx with the same bytes, CPU per request", cost, "ms")
    yield Figure("/ as a ratio to nginx", public / cost, "x")


@contextmanager
def portal(folder: Path, catalogue: Catalogue) -> Iterator[tuple[Server, Session]]:
    """The real application with a catalogue, on SQLite, and a doctor who is signed in."""
    folder.mkdir()
    environ = _environ(folder)
    settings = Settings.from_env(environ)
    upgrade(settings.database_url)
    publish(settings, catalogue, by="bench", based_on=None)
    visitor = load.visitor({"Cookie": f"portal-session={_log_in(settings)}"})
    with servers.gunicorn("wsgi:app", environ, int(settings.host.rpartition(":")[2]), "/health/ready") as server:
        yield server, visitor


def _environ(folder: Path) -> Mapping[str, str]:
    port = free_port()
    addresses = ports.ephemeral()._replace(portal=f"http://127.0.0.1:{port}")
    environ = environment.make(folder, addresses, keys.fresh(), {})
    return environ | {"PORTAL_LISTEN": f"helsenett=127.0.0.1:{port}"}


def _log_in(settings: Settings) -> str:
    secret, now = secrets.token_urlsafe(), datetime.now(UTC)
    database = Database(settings.database_url)
    with database.write() as session:
        lives = {"created_at": now, "seen_at": now, "expires_at": now + timedelta(hours=1)}
        sealed_rows.log_in(session, vault_of(settings, os.urandom), logins.hashed(secret), person=DOCTOR, **lives)
    database.close()
    return secret


def _static(server: Server, name: str) -> bytes:
    return load.visitor().get(f"{server.origin}/static/{name}", timeout=10).content


_PARTS: dict[str, Callable[[Path], Iterator[Figure]]] = {
    "decisions": decisions,
    "paint": first_paint,
    "pages": pages,
    "login": lambda folder: login.measured(folder / "login"),
    "launch": lambda folder: launch.measured(folder / "launch"),
    "writeback": lambda folder: writeback.measured(folder / "writeback"),
}

if __name__ == "__main__":
    main()
