"""That what was forgotten is gone from the disk as well, as far as a database lets us see to it.

SQLite overwrites what it frees (`secure_delete`); its write-ahead log still has pages as they were until it is emptied.
PostgreSQL keeps old rows until a vacuum, and their bytes in the file until something else needs the room; only a new
file is free of them. Its own write-ahead log, its archive and every backup hold them longer: what deletes there is that
the key goes (docs/retention.md).
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy import LargeBinary, func, select
from sqlalchemy.exc import OperationalError

from portal.errors import Unavailable
from portal.store.tables.every import Base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from portal.store.database import Database

SEALED = tuple(
    table.name
    for table in Base.metadata.sorted_tables
    if any(isinstance(column.type, LargeBinary) for column in table.columns)
)
"""The tables with ciphertext in them."""


def scrub(database: Database) -> bool:
    """Empty SQLite's write-ahead log; False while somebody reads in it. PostgreSQL vacuums by itself, when it sees fit.

    Raises Unavailable when there is no database.
    """
    if database.engine.dialect.name != "sqlite":
        return True
    with _alone(database) as connection:
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return not busy


def rewrite(database: Database) -> list[str]:
    """Write every table with ciphertext to a new file on PostgreSQL, each closed to all meanwhile; which were left.

    One is left when somebody keeps it busy for 5 seconds, or when it is not ours. SQLite needs none of this.
    """
    if database.engine.dialect.name == "sqlite":
        return []
    with _alone(database) as connection:
        # Not given back to the pool, whose connections must not wait for ever.
        connection.detach()
        connection.exec_driver_sql("SET statement_timeout = 0")
        return [table for table in SEALED if not _rewrote(connection, table)]


def _rewrote(connection: Connection, table: str) -> bool:
    before = _file_of(connection, table)
    with suppress(OperationalError):
        connection.exec_driver_sql(f"VACUUM (FULL) {table}")
    # A table of somebody else's is passed over with no more than a warning.
    return _file_of(connection, table) != before


def _file_of(connection: Connection, table: str) -> int | None:
    return connection.scalar(select(func.pg_relation_filenode(table)))


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A connection without a transaction: neither statement can stand in one."""
    try:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    except OperationalError:
        raise Unavailable("unavailable", "database") from None
