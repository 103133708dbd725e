"""What is asked of a database while a block runs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.store.database import Database


class Statement(NamedTuple):
    """SQL as the driver gets it."""

    sql: str
    values: Any


@contextmanager
def queries(database: Database) -> Iterator[list[Statement]]:
    """Every SELECT of the block, and every write that answers with a row, in order."""
    seen: list[Statement] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: Any) -> None:
        if "SELECT" in sql or "RETURNING" in sql:
            seen.append(Statement(sql, values))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
