"""Whose list it is, in which order, and what may still be seen of what has been forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support import sealed_rows
from support.sealed_rows import CLIENT, EPJ, NOW, NUMBER
from support.statements import queries

from portal.domain.delivery import State, Step
from portal.domain.receipt import AppRec, ReceiptError, ReceiptStatus
from portal.store import documents, outbox, receipts
from portal.store.documents import Document
from portal.store.tables.journal import DeliveryRow, DocumentRow

if TYPE_CHECKING:
    from portal.store.database import Database
    from portal.store.receipts import Page
    from portal.store.vault import Vault

SENT = Document("d", CLIENT.client_id, "doc", "l-1", "0" * 64, "Kvittering", "Sendt", b"%PDF-", None, NOW)
ME = "sub-1"


@pytest.fixture
def box(database: Database) -> Vault:
    sealed_rows.register(database)
    box = sealed_rows.vault()
    with database.write() as session:
        sealed_rows.open_context(session, box)
        sealed_rows.launch(session)
    return box


def put(database: Database, box: Vault, name: str, minutes: int = 0, *, asks: bool = False, **delivery: Any) -> None:
    document = replace(SENT, id=name, document_id=name, accepted_at=NOW + timedelta(minutes=minutes))
    named = {"delivery_id": name, "msg_id": f"m-{name}", "epj_id": EPJ.id}
    with database.write() as session:
        assert documents.accept(session, box, document, **named, asks=asks)
        for field, value in delivery.items():
            setattr(session.get_one(DeliveryRow, name), field, value)


def listed(database: Database, box: Vault, sub: str = ME, **which: int) -> Page:
    with database.read() as session:
        return receipts.of_person(session, box, sub, **which)


def ids(page: Page) -> list[str]:
    return [shown.delivery.id for shown in page.shown]


def test_questions_stand_first_then_what_is_open_and_the_newest_before_the_rest(database: Database, box: Vault) -> None:
    put(database, box, "done", 9, state=State.COMPLETED, settled_at=NOW)
    put(database, box, "ticked", 8, state=State.OVERDUE, filed_at=NOW)
    put(database, box, "unwanted", 7, state=State.CANCELLED, due_at=None, settled_at=NOW)
    put(database, box, "old", 1, state=State.REJECTED_APPREC, due_at=None, settled_at=NOW)
    put(database, box, "new", 2)
    put(database, box, "asks-old", 0, asks=True)
    put(database, box, "asks-new", 3, asks=True)
    page = listed(database, box)
    assert ids(page) == ["asks-new", "asks-old", "new", "old", "done", "ticked", "unwanted"]
    assert [shown.asks for shown in page.shown] == [True, True] + [False] * 5
    assert [shown.done for shown in page.shown] == [False] * 4 + [True] * 3
    with database.read() as session:
        assert receipts.waiting(session, ME) == 2
        assert receipts.waiting(session, "sub-2") == 0


def test_pages_are_whole_and_say_whether_there_is_more(database: Database, box: Vault) -> None:
    for number in range(5):
        put(database, box, f"e-{number}")
    pages = [listed(database, box, page=page, size=2) for page in (1, 2, 3, 4)]
    assert [ids(page) for page in pages] == [["e-0", "e-1"], ["e-2", "e-3"], ["e-4"], []]
    assert [page.more for page in pages] == [True, True, False, False]


def test_nobody_sees_anybody_elses(database: Database, box: Vault) -> None:
    put(database, box, "one")
    assert listed(database, box, "sub-2").shown == ()
    with database.read() as session:
        assert receipts.one(session, box, "one", "sub-2") is None
        assert receipts.one(session, box, "two", ME) is None
        mine = receipts.one(session, box, "one", ME)
    assert mine == listed(database, box).shown[0]


def test_what_the_journal_says_is_sealed_and_shown(database: Database, box: Vault) -> None:
    put(database, box, "one", state=State.SENT, attempts=1)
    said = ReceiptError("X99", f"Pasient {NUMBER} er død")
    apprec = AppRec("a-1", ReceiptStatus.REJECTED, (said,), "m-one", frozenset(), NOW)
    with database.write() as session:
        delivery = outbox.find(session, "one")
        assert delivery
        outbox.note_receipt(session, box, delivery, Step(State.REJECTED_APPREC, None, "X99"), apprec, NOW)
        assert NUMBER.encode() not in (session.get_one(DeliveryRow, "one").sealed_errors or b"")
    (shown,) = listed(database, box).shown
    assert shown.errors == (said,)


def test_what_was_forgotten_is_not_kept(database: Database, box: Vault) -> None:
    put(database, box, "one", state=State.OVERDUE)
    (before,) = listed(database, box).shown
    with database.write() as session:
        session.get_one(DocumentRow, "one").sealed = None
    (after,) = listed(database, box).shown
    assert (before.kept, after.kept, after.title) == (True, False, None)


def test_of_two_messages_with_one_document_the_newer_stands_for_it(database: Database, box: Vault) -> None:
    put(database, box, "one", state=State.REJECTED_APPREC)
    put(database, box, "two")
    with database.write() as session:
        session.get_one(DeliveryRow, "two").replaces = "one"
    assert ids(listed(database, box)) == ["two"]
    with database.read() as session:
        assert receipts.one(session, box, "one", ME) is None


def test_a_list_of_failures_costs_as_many_queries_as_one(database: Database, box: Vault) -> None:
    put(database, box, "e-0", state=State.OVERDUE)
    with queries(database) as one:
        assert len(listed(database, box).shown) == 1
    for number in range(1, 10):
        put(database, box, f"e-{number}", state=State.OVERDUE)
    with queries(database) as ten:
        assert len(listed(database, box).shown) == 10
    assert len(ten) == len(one) > 0
