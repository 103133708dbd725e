"""Sets the stage: stand-ins, database, registrations, catalogue, portal and worker, all on loopback."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portal.demo import environment, keys, registrations, standin_files
from portal.demo.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from portal.demo.keys import Keys
    from portal.demo.ports import Addresses

ROOT = Path(__file__).resolve().parents[2]
KEPT = {"messages": "xml", "pdf": "pdf", "pages": "html", "logs": "log"}
DATABASE, CATALOGUE, OVERLAY = "portal.sqlite", "link_catalog.yaml", "catalog.yaml"


@dataclass(frozen=True)
class Stage:
    """A demo that runs: `left` is what stays (KEPT: folder, suffix), `private` has keys and database and goes away."""

    addresses: Addresses
    keys: Keys
    left: Path
    private: Path
    processes: Processes


@contextmanager
def set_up(addresses: Addresses, keep: Path | None, lives: Mapping[str, str]) -> Iterator[Stage]:
    """Start everything and yield when all of it answers; raises ProcessFailed, and leaves no process behind."""
    with tempfile.TemporaryDirectory(prefix="inngangsportalen-") as temporary:
        private = Path(temporary)
        left = (keep or private / "left").resolve()
        for name, suffix in KEPT.items():
            _empty(left / name, suffix)
        with Processes(left / "logs", ROOT) as processes:
            stage = Stage(addresses, keys.fresh(), left, private, processes)
            _start(stage, lives)
            yield stage


def _start(stage: Stage, lives: Mapping[str, str]) -> None:
    addresses, private, processes = stage.addresses, stage.private, stage.processes
    standin_files.write(private, addresses, stage.keys, stage.left)
    portal = environment.make(private, addresses, stage.keys, lives)
    for name in ("helseid", "epj", "target"):
        where = ["--port", str(addresses.port(name)), "--config", str(private / f"{name}.json")]
        processes.start(name, [sys.executable, "-m", f"portal.demo.{name}", *where], _without_portal(portal))
    _prepare(stage, portal)
    processes.start("portal", [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:app"], portal)
    processes.start("worker", [_command("portal"), "worker"], portal)
    processes.await_ready(f"{addresses.helseid}/.well-known/openid-configuration")
    for origin in (addresses.epj, addresses.target, addresses.portal):
        processes.await_ready(f"{origin}/health/ready")


def _prepare(stage: Stage, portal: Mapping[str, str]) -> None:
    """Give the portal its schema, its registrations and its catalogue."""
    run = stage.processes.run
    run("db-upgrade", [_command("portal"), "db", "upgrade"], portal)
    registrations.register(portal["PORTAL_DATABASE_URL"], stage.addresses, stage.keys)
    overlay = stage.private / OVERLAY
    template = (ROOT / "portal/demo" / OVERLAY).read_text(encoding="utf-8")
    overlay.write_text(template.replace("{target}", str(stage.addresses.port("target"))), encoding="utf-8")
    importing = [_command("portal"), "catalog", "import", CATALOGUE, "--overlay", str(overlay)]
    run("catalog-import", importing, portal)


def _empty(folder: Path, suffix: str) -> None:
    """Make a folder, without what an earlier run left in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob(f"*.{suffix}"):
        path.unlink()


def _without_portal(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without the portal's own settings: the stand-ins are other people's systems."""
    return {name: value for name, value in environ.items() if not name.startswith("PORTAL_")}


def _command(name: str) -> str:
    return str(Path(sys.executable).with_name(name))
