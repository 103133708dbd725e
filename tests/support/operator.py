"""Somebody at a terminal: a process, an environment, a database."""

from __future__ import annotations

import json
import os
import sys
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import terminal
from support.keys import ec, rsa

from portal.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

SCRIPT = Path(sys.executable).with_name("portal")
KEY = b64encode(bytes(32)).decode()


def environment(database_url: str, folder: Path) -> dict[str, str]:
    values = {
        "ENVIRONMENT": "test",
        "BASE_URL": "http://127.0.0.1:9",
        "LISTEN": "internett=127.0.0.1:9",
        "DATABASE_URL": database_url,
        "STATE_DIR": str(folder),
        "HELSEID_ISSUER": "http://127.0.0.1:8",
        "HELSEID_CLIENT_ID": "portal",
        "HELSEID_CLIENT_KEY": json.dumps(ec().private),
        "SIGNING_KEYS": json.dumps(
            [ec("catalogue").private, ec("smart", "P-384", "ES384").private, rsa("sign-on").private]
        ),
        "DATA_KEYS": json.dumps({"2026-1": KEY}),
        "INDEX_KEY": KEY,
        "AUDIT_KEY": KEY,
        "SENDER_ORGANISATION_NUMBER": "310000043",
        "SENDER_PARENT_HER_ID": "99000001",
        "SENDER_HER_ID": "99000002",
        "SENDER_PHONE": "+4700000000",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return inherited | {f"PORTAL_{name}": value for name, value in values.items()}


@dataclass
class Operator:
    """Somebody at a terminal with the portal's environment."""

    folder: Path
    environ: dict[str, str]

    def run(self, *arguments: str | Path, status: int = 0) -> CompletedProcess[str]:
        """Run `portal` with these arguments; it must end with `status`, and never with a traceback."""
        ended = terminal.run([*map(str, arguments)], self.environ, self.folder)
        assert ended.returncode == status, ended.stderr
        assert "Traceback" not in ended.stderr
        return ended

    def write(self, name: str, value: object) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(value), encoding="utf-8")
        return path

    def audited(self) -> list[tuple[str, str, str]]:
        """Actor, action and subject of every row of the log."""
        lines = map(json.loads, self.run("audit", "export").stdout.splitlines())
        return [(line["actor"], line["action"], line["subject"]) for line in lines if "actor" in line]


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Operator:
    return Operator(tmp_path, environment(database_url, tmp_path))


@pytest.fixture
def on_sqlite(sqlite_url: str, tmp_path: Path) -> Operator:
    return Operator(tmp_path, environment(sqlite_url, tmp_path))


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.engine.dispose()
