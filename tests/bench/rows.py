"""What a database does at the least with a document: one row with its bytes, committed by itself."""

from __future__ import annotations

import sqlite3
from contextlib import nullcontext
from threading import Lock, local
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_TABLE = "CREATE TABLE IF NOT EXISTS bare (id VARCHAR(64) PRIMARY KEY, content {bytes} NOT NULL)"


class Rows:
    """A table of names and bytes, with a connection for each thread."""

    def __init__(self, url: str) -> None:
        self._url, self._own = url, local()
        self._sqlite = url.startswith("sqlite")
        # As the portal does: one at a time, and the others stand in line instead of polling.
        self._turn: AbstractContextManager[Any] = Lock() if self._sqlite else nullcontext()
        self._execute(_TABLE.format(bytes="BLOB" if self._sqlite else "BYTEA"))

    def put(self, name: str, content: bytes) -> None:
        """Commit a row."""
        marks = "?, ?" if self._sqlite else "%s, %s"
        self._execute(f"INSERT INTO bare VALUES ({marks})", name, content)

    def _execute(self, statement: str, *values: object) -> None:
        if not hasattr(self._own, "connection"):
            self._own.connection = self._connected()
        with self._turn:
            self._own.connection.execute(statement, values)

    def _connected(self) -> Any:
        if not self._sqlite:
            return psycopg.connect(self._url, autocommit=True)
        connection = sqlite3.connect(self._url.removeprefix("sqlite:///"), timeout=10, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        return connection
