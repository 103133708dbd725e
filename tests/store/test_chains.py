"""An older document must not come after a newer one of its chain: who has been overtaken, and what locks that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support import sealed_rows
from support.sealed_rows import CLIENT, EPJ, NOW
from support.statements import queries

from portal.domain.delivery import State
from portal.store import chains, documents, outbox
from portal.store.database import Database
from portal.store.documents import Document
from portal.store.tables.journal import DeliveryRow

if TYPE_CHECKING:
    from portal.store.vault import Vault

SENT = Document("d", CLIENT.client_id, "doc", "l-1", "0" * 64, "Kvittering", "Sendt", b"%PDF-", None, NOW)
MINUTE = timedelta(minutes=1)
WAS_SENT: dict[str, Any] = {"state": State.SENT, "attempts": 1, "sent_at": NOW}


@pytest.fixture
def box(database: Database) -> Vault:
    return box_of(database)


def box_of(database: Database) -> Vault:
    """The vault of a database with one launch."""
    sealed_rows.register(database)
    box = sealed_rows.vault()
    with database.write() as session:
        sealed_rows.open_context(session, box)
        sealed_rows.launch(session)
    return box


def put(database: Database, box: Vault, name: str, corrects: str | None = None, **delivery: Any) -> None:
    """A document that comes a minute after the one before it in the alphabet."""
    at = NOW + (ord(name) - ord("a")) * MINUTE
    document = replace(SENT, id=name, document_id=name, corrects=corrects, accepted_at=at)
    with database.write() as session:
        assert documents.accept(session, box, document, delivery_id=f"e-{name}", msg_id=f"m-{name}", epj_id=EPJ.id)
        for field, value in delivery.items():
            setattr(session.get_one(DeliveryRow, f"e-{name}"), field, value)


def overtaken(database: Database, *names: str) -> set[str]:
    with database.read() as session:
        return chains.overtaken(session, names)


def test_a_correction_that_was_sent_overtakes_its_original_and_not_itself(database: Database, box: Vault) -> None:
    put(database, box, "a", **WAS_SENT)
    put(database, box, "b", "a", **WAS_SENT)
    put(database, box, "c", **WAS_SENT)
    assert overtaken(database, "a", "b", "c") == {"a"}


def test_a_correction_of_the_correction_overtakes_both(database: Database, box: Vault) -> None:
    put(database, box, "a")
    put(database, box, "b", "a")
    put(database, box, "c", "b", **WAS_SENT)
    assert overtaken(database, "a", "b", "c") == {"a", "b"}


def test_of_two_corrections_of_one_document_the_later_overtakes_the_earlier(database: Database, box: Vault) -> None:
    put(database, box, "a")
    put(database, box, "b", "a")
    put(database, box, "c", "a", **WAS_SENT)
    assert overtaken(database, "b") == {"b"}


@pytest.mark.parametrize(
    ("delivery", "is_overtaken"),
    [
        ({}, False),
        ({"state": State.CANCELLED}, False),
        ({"state": State.INVALID, "attempts": 1}, False),
        ({"attempts": 1}, True),
        ({"state": State.REJECTED_TRANSPORT, "attempts": 32}, True),
        ({"state": State.COMPLETED, "attempts": 1, "sent_at": NOW}, True),
    ],
)
def test_whatever_may_have_arrived_overtakes(
    database: Database, box: Vault, delivery: dict[str, Any], *, is_overtaken: bool
) -> None:
    put(database, box, "a", **WAS_SENT)
    put(database, box, "b", "a", **delivery)
    assert overtaken(database, "a") == ({"a"} if is_overtaken else set())


def test_any_number_is_one_question_and_none_is_no_question(database: Database, box: Vault) -> None:
    for name in "abcdef":
        put(database, box, name)
    with queries(database) as asked:
        assert overtaken(database, *"abcdef") == set()
        assert overtaken(database) == set()
    assert len(asked) == 1


def test_a_later_one_is_not_claimed_while_its_chain_is_looked_at(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    box = box_of(database)
    put(database, box, "a", **WAS_SENT, due_at=None)
    put(database, box, "b", "a", due_at=NOW)
    with database.write() as looking:
        assert chains.overtaken(looking, ["a"], lock=True) == set()
        with database.write() as worker:
            assert outbox.claim(worker, NOW, MINUTE) is None
    with database.write() as worker:
        claimed = outbox.claim(worker, NOW, MINUTE)
    database.close()
    assert claimed
    assert claimed.id == "e-b"
