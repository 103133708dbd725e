"""What was forgotten is not in the database's files either."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text, update
from support import sealed_rows
from support.sealed_rows import NOW, NUMBER

from portal.domain.delivery import State, Step
from portal.domain.receipt import AppRec, ReceiptError, ReceiptStatus
from portal.errors import Unavailable
from portal.lifetimes import Lifetimes
from portal.store import inbox, one_time, outbox, retention, scrubbing
from portal.store.database import Database
from portal.store.tables.journal import DeliveryRow, DocumentRow, QuarantineRow
from portal.store.tables.launches import ContextRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

SAID = (ReceiptError("X99", "Line Danser finnes ikke. " * 20),)
RECEIVED = AppRec("a-1", ReceiptStatus.OK_WITH_ERRORS, SAID, "m-1", frozenset(), NOW)
MUCH_LATER = NOW.replace(year=NOW.year + 1)


def afternoon(database: Database) -> None:
    """A patient, a report, what the journal said of it, access to the journal, and what could not be read."""
    box = sealed_rows.vault()
    sealed_rows.register(database)
    with database.write() as session:
        sealed_rows.open_context(session, box)
        sealed_rows.launch(session)
        sealed_rows.put_document(session, box, State.SENT, None)
        sent = outbox.find(session, "e-1")
        assert sent
        outbox.note_receipt(session, box, sent, Step(State.COMPLETED, None), RECEIVED, NOW)
        session.execute(update(ContextRow).values(sealed_smart=box.seal_bytes(bytes(2000), "smart")))
        inbox.quarantine(session, box, "simulator", b"<Line/>" * 200, "not an AppRec", NOW)
        one_time.put(session, "code", "k", payload=bytes(range(255)), expires_at=NOW, keep_until=NOW)


def ciphertext(database: Database) -> list[bytes]:
    """All of it in pieces: what is long is spread over many pages, each of which must be wiped."""
    columns = (
        ContextRow.sealed,
        ContextRow.sealed_smart,
        DocumentRow.sealed,
        DocumentRow.sealed_pdf,
        DeliveryRow.sealed_errors,
        QuarantineRow.sealed,
    )
    with database.read() as session:
        sealed = [session.scalars(select(column)).one() for column in columns]
    assert all(sealed)
    whole = [*filter(None, sealed), bytes(range(255))]
    return [one[at : at + 32] for one in whole for at in range(0, len(one) - 32, 512)]


def forget(database: Database, now: datetime = MUCH_LATER) -> retention.Counts:
    return retention.run(database, now, Lifetimes())


@pytest.fixture
def on_sqlite(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def on_postgresql(postgresql_url: str) -> Iterator[Database]:
    opened = Database(postgresql_url)
    yield opened
    opened.close()


def sqlites_files(database: Database) -> bytes:
    """The file and its write-ahead log."""
    path = Path(str(database.engine.url.database))
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def test_nothing_forgotten_is_left_in_sqlites_files(on_sqlite: Database) -> None:
    afternoon(on_sqlite)
    pieces = ciphertext(on_sqlite)
    assert len(pieces) > 100
    assert all(piece in sqlites_files(on_sqlite) for piece in pieces)
    forget(on_sqlite)
    assert scrubbing.scrub(on_sqlite)
    assert not any(piece in sqlites_files(on_sqlite) for piece in pieces)


def test_a_number_is_nowhere_in_sqlites_files_even_before(on_sqlite: Database) -> None:
    afternoon(on_sqlite)
    written = sqlites_files(on_sqlite)
    assert b"m-1" in written
    for secret in (NUMBER, "Testpasient", "Kvittering", "Danser", "token-"):
        assert secret.encode() not in written


def test_who_reads_meanwhile_keeps_the_old_pages_and_that_is_told(sqlite_url: str, on_sqlite: Database) -> None:
    afternoon(on_sqlite)
    impatient = Database(sqlite_url)
    with impatient.engine.connect() as kept_for_the_next:
        kept_for_the_next.exec_driver_sql("PRAGMA busy_timeout = 0")
    with on_sqlite.read() as reading:
        assert reading.scalars(select(ContextRow.id)).all()
        forget(on_sqlite)
        assert not scrubbing.scrub(impatient)
    assert scrubbing.scrub(impatient)
    impatient.close()


def postgresqls_files(database: Database) -> bytes:
    """This database's own files, with all that memory had of them; the write-ahead log is another matter."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        above = connection.scalar(text("SHOW data_directory"))
        own = connection.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
    return b"".join(file.read_bytes() for file in Path(str(above), "base", str(own)).iterdir())


def test_nothing_forgotten_is_left_in_postgresqls_tables_when_they_were_written_anew(on_postgresql: Database) -> None:
    afternoon(on_postgresql)
    pieces = ciphertext(on_postgresql)
    written = postgresqls_files(on_postgresql)
    # What is long lies there in chunks, and a piece may lie across two.
    assert sum(piece in written for piece in pieces) > 0.9 * len(pieces)
    forget(on_postgresql)
    assert any(piece in postgresqls_files(on_postgresql) for piece in pieces)
    assert scrubbing.rewrite(on_postgresql) == []
    assert not any(piece in postgresqls_files(on_postgresql) for piece in pieces)


def test_a_table_that_is_in_use_is_left_and_named(on_postgresql: Database) -> None:
    with on_postgresql.engine.begin() as holding:
        holding.execute(text("LOCK TABLE context IN ACCESS SHARE MODE"))
        holding.execute(text("SET LOCAL statement_timeout = 0"))
        assert scrubbing.rewrite(on_postgresql) == ["context"]


def test_every_table_with_ciphertext_is_known() -> None:
    assert set(scrubbing.SEALED) >= {"context", "delivery", "document", "login_session", "one_time", "quarantine"}


def test_a_database_that_is_away_is_said_so() -> None:
    with pytest.raises(Unavailable):
        scrubbing.scrub(Database("sqlite:////no/such/folder/portal.db"))
    with pytest.raises(Unavailable):
        scrubbing.rewrite(Database("postgresql://nobody@127.0.0.1:9/none"))
