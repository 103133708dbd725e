"""Who logs people in at HelseID: the portal, and a program made with the certified client openid-client."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench import servers
from support.source import ROOT

from portal.demo import environment, standin_files
from portal.demo.processes import Processes
from portal.demo.standin import Config
from portal.store.migrate import upgrade
from portal.web.auth import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.servers import Server

    from portal.demo.keys import Keys
    from portal.demo.ports import Addresses

ASKED = {"scope": SCOPES, "acr_values": "Level4"}


@contextmanager
def helseid(folder: Path, at: Addresses, made: Keys) -> Iterator[None]:
    """The stand-in in a process of its own, on the visitor's core."""
    standin_files.write(folder, at, made, folder)
    where = ["--port", str(at.port("helseid")), "--config", str(folder / "helseid.json")]
    with Processes(folder, ROOT) as processes:
        processes.start("helseid", [sys.executable, "-m", "portal.demo.helseid", *where], os.environ)
        processes.await_ready(f"{at.helseid}/health/ready")
        yield


@contextmanager
def portal(folder: Path, at: Addresses, made: Keys) -> Iterator[Server]:
    """The real application on SQLite."""
    environ = environment.make(folder, at, made, {})
    upgrade(environ["PORTAL_DATABASE_URL"])
    with servers.gunicorn("wsgi:app", environ, at.port("portal"), "/health/live") as server:
        yield server


@contextmanager
def openid_client(party: Config, *, keep_nonce: bool = False) -> Iterator[Server]:
    """The program in Node; HelseID asks for its nonce anew at each login unless the program keeps it."""
    told = {"issuer": party.helseid, **party.model_dump(include={"client_id", "key", "base_url"}), **ASKED}
    environ = {"OPENID_CLIENT": json.dumps(told | {"keep_nonce": keep_nonce})}
    with servers.node(ROOT / "tests/bench/openid-client.mjs", environ, party.base_url) as server:
        yield server


def other(at: Addresses, made: Keys) -> Config:
    """A client of HelseID that is not the portal."""
    named = {"client_id": standin_files.TARGET_CLIENT, "key": made.target}
    return Config(base_url=at.target, portal=at.portal, helseid=at.helseid, **named)


def third(at: Addresses, made: Keys) -> Config:
    """And one more."""
    named = {"client_id": standin_files.EPJ_CLIENT, "key": made.epj}
    return Config(base_url=at.epj, portal=at.portal, helseid=at.helseid, **named)
