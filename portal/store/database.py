"""Engine and units of work: PostgreSQL in production, SQLite on one machine, the same from above."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, ProgrammingError, TimeoutError  # noqa: A004  the pool's own word
from sqlalchemy.orm import Session, sessionmaker

from portal.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Executable, Table
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.orm import DeclarativeBase
    from sqlalchemy.pool import ConnectionPoolEntry

# Session is here for the type of others' arguments: SQLAlchemy stays in this room.
__all__ = ["Database", "Session", "connect", "insert", "part_of"]

Upsert: TypeAlias = postgresql.Insert | sqlite.Insert
_INSERTS: dict[str, Callable[[Any], Upsert]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_WRITES = "portal_writes"


class Database:
    """Hands out short transactions; none may be open while we wait on someone else's server."""

    def __init__(self, url: str) -> None:
        self.engine = connect(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        # SQLite lets one write at a time and has the others poll; in one process they had better stand in line.
        self._turn = Lock() if self.engine.dialect.name == "sqlite" else nullcontext()
        self._writers = sessionmaker(self.engine.execution_options(**{_WRITES: True}), expire_on_commit=False)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one moment and writes nothing."""
        with _translated(), self._sessions() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end of the block, or leaves nothing behind."""
        with _translated(), self._turn, self._writers.begin() as session:
            yield session


@contextmanager
def _translated() -> Iterator[None]:
    # Away, read-only, or not migrated yet. The driver's text may quote what was to be stored.
    try:
        yield
    except (OperationalError, InterfaceError, InternalError, ProgrammingError, TimeoutError):
        raise Unavailable("unavailable", "database") from None


@contextmanager
def part_of(session: Session) -> Iterator[None]:
    """A part of a transaction that, if it fails, leaves nothing behind and the rest of it whole."""
    with _translated(), session.begin_nested():
        yield


def connect(url: str) -> Engine:
    """Engine for `postgresql://` or `sqlite:///`; the driver is ours to choose."""
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 10}, pool_reset_on_return=None)
        event.listen(engine, "connect", _sqlite_settings)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_pre_ping=True,
        connect_args={"connect_timeout": 3, "options": "-c statement_timeout=15000 -c lock_timeout=5000"},
    )


def insert(session: Session, table: type[DeclarativeBase]) -> Upsert:
    """An INSERT that takes ON CONFLICT: spelled the same by both, but no part of SQLAlchemy's general INSERT."""
    return _INSERTS[session.get_bind().dialect.name](table)


class Prepared:
    """Such an INSERT, built once for each database: building one costs more than running it."""

    def __init__(self, table: Table, build: Callable[[Upsert], Executable]) -> None:
        self._built = {name: build(of(table)) for name, of in _INSERTS.items()}

    def of(self, session: Session) -> Executable:
        """The one for this session's database."""
        return self._built[session.get_bind().dialect.name]


def _sqlite_settings(connection: Any, _record: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN is deferred and late; ours is chosen per unit of work below.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    # A deferred transaction that upgrades to a write fails at once with SQLITE_BUSY_SNAPSHOT, whatever the timeout.
    writes = connection.get_execution_options().get(_WRITES)
    # By the driver: SQLAlchemy's own way to it costs as much as the statement that follows.
    connection.connection.cursor().execute("BEGIN IMMEDIATE" if writes else "BEGIN")
