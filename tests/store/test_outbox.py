from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert
from support import sealed_rows
from support.sealed_rows import CLIENT, EPJ, NOW
from support.statements import queries

from portal.domain.delivery import LISTENED, State, Step
from portal.domain.receipt import AppRec, ReceiptError, ReceiptStatus
from portal.store import documents, outbox
from portal.store.documents import Document
from portal.store.outbox import Taken
from portal.store.tables.journal import DeliveryRow, DocumentRow

if TYPE_CHECKING:
    from datetime import datetime

    from portal.store.database import Database
    from portal.store.outbox import Delivery
    from portal.store.vault import Vault

SENT = Document("d", CLIENT.client_id, "doc", "l-1", "0" * 64, "Kvittering", "Sendt", b"%PDF-", None, NOW)
LEASE, SECOND, DAY = timedelta(seconds=20), timedelta(seconds=1), timedelta(days=1)
TAKEN = Step(State.SENT, NOW + DAY)
RECEIVED = Step(State.COMPLETED, None)
REF_1 = Taken("simulator", "ref-1")
OK = AppRec("a-1", ReceiptStatus.OK, (), "m-one", frozenset(), NOW)
NO = AppRec("a-2", ReceiptStatus.REJECTED, (ReceiptError("X99", "Annen feil"),), "m-one", frozenset(), NOW)
MANY = 8


@pytest.fixture
def box(database: Database) -> Vault:
    """The vault of a database with one launch."""
    sealed_rows.register(database)
    box = sealed_rows.vault()
    with database.write() as session:
        sealed_rows.open_context(session, box)
        sealed_rows.launch(session)
    return box


def queue(database: Database, box: Vault, name: str, accepted_at: datetime = NOW, **delivery: Any) -> None:
    """A document `name` with its Delivery, which is changed in these ways."""
    document = replace(SENT, id=f"d-{name}", document_id=name, accepted_at=accepted_at)
    with database.write() as session:
        assert documents.accept(session, box, document, delivery_id=name, msg_id=f"m-{name}", epj_id=EPJ.id)
        for field, value in delivery.items():
            setattr(session.get_one(DeliveryRow, name), field, value)


def claim(database: Database, now: datetime = NOW) -> Delivery | None:
    with database.write() as session:
        return outbox.claim(session, now, LEASE)


def claimed(database: Database, now: datetime = NOW) -> Delivery:
    got = claim(database, now)
    assert got
    return got


def settle(database: Database, delivery: Delivery, step: Step = TAKEN, taken: Taken | None = None) -> bool:
    with database.write() as session:
        return outbox.settle(session, delivery, step, NOW + SECOND, taken)


def note_receipt(
    database: Database, box: Vault, delivery: Delivery, step: Step = RECEIVED, apprec: AppRec = OK
) -> bool:
    with database.write() as session:
        return outbox.note_receipt(session, box, delivery, step, apprec, NOW + 2 * SECOND)


def row(database: Database, name: str = "one") -> DeliveryRow:
    with database.read() as session:
        return session.get_one(DeliveryRow, name)


def history(database: Database, name: str = "one") -> list[str]:
    with database.read() as session:
        return [state for _, state, _ in documents.histories(session, [name])[name]]


def owing(database: Database, now: datetime = NOW) -> list[str]:
    with database.read() as session:
        return list(outbox.owing(session, now))


def test_what_has_been_due_longest_is_claimed_first(database: Database, box: Vault) -> None:
    for name, due in (("last", NOW), ("first", NOW - DAY), ("future", NOW + SECOND), ("never", None)):
        queue(database, box, name, due_at=due)
    assert [got.id for _ in range(3) if (got := claim(database))] == ["first", "last"]
    assert claimed(database, NOW + SECOND).id == "future"


def test_a_claim_knows_where_it_goes_and_counts(database: Database, box: Vault) -> None:
    queue(database, box, "one")
    got = claimed(database)
    assert (got.document_id, got.launch_id, got.context_id, got.epj_id) == ("d-one", "l-1", "c-1", EPJ.id)
    assert (got.msg_id, got.state, got.attempts) == ("m-one", State.QUEUED, 1)
    assert (got.sent_at, got.accepted_at) == (None, NOW)


def test_a_lease_keeps_others_away_until_it_ends(database: Database, box: Vault) -> None:
    queue(database, box, "one")
    assert claimed(database).attempts == 1
    assert claim(database, NOW + LEASE - timedelta(microseconds=1)) is None
    assert claimed(database, NOW + LEASE).attempts == 2


def test_claims_at_once_never_get_the_same(database: Database, box: Vault) -> None:
    for number in range(MANY):
        queue(database, box, f"e-{number}", due_at=NOW - number * SECOND)
    start = Barrier(2 * MANY)

    def one(_: int) -> str | None:
        start.wait()
        got = claim(database)
        return got.id if got else None

    with ThreadPoolExecutor(2 * MANY) as pool:
        got = [name for name in pool.map(one, range(2 * MANY)) if name]
    assert len(got) == len(set(got))
    while more := claim(database):
        got.append(more.id)
    assert sorted(got) == [f"e-{number}" for number in range(MANY)]
    assert {row(database, name).attempts for name in got} == {1}


def test_the_outcome_ends_the_lease(database: Database, box: Vault) -> None:
    queue(database, box, "one")
    assert settle(database, claimed(database), taken=REF_1)
    kept = row(database)
    assert (kept.state, kept.due_at, kept.leased_until) == (State.SENT, NOW + DAY, None)
    assert (kept.reference, kept.sent_at, kept.settled_at) == ("ref-1", NOW + SECOND, None)
    assert history(database) == ["queued", "sent"]
    assert claim(database, NOW + SECOND) is None
    assert claimed(database, NOW + DAY).sent_at == NOW + SECOND


def test_the_last_outcome_settles(database: Database, box: Vault) -> None:
    queue(database, box, "one")
    assert settle(database, claimed(database), Step(State.REJECTED_TRANSPORT, None, "upstream_refused"))
    assert row(database).settled_at == NOW + SECOND
    assert claim(database, NOW + 365 * DAY) is None


def test_a_lost_lease_writes_nothing(database: Database, box: Vault) -> None:
    queue(database, box, "one")
    late = claimed(database)
    current = claimed(database, NOW + LEASE)
    assert not settle(database, late, Step(State.REJECTED_TRANSPORT, None))
    assert row(database).leased_until == NOW + 2 * LEASE
    assert settle(database, current)
    assert not settle(database, late, Step(State.REJECTED_TRANSPORT, None))
    assert (row(database).state, history(database)) == (State.SENT, ["queued", "sent"])


def test_a_receipt_that_came_first_has_the_last_word(database: Database, box: Vault) -> None:
    queue(database, box, "one")
    sending = claimed(database)
    assert note_receipt(database, box, sending)
    assert not settle(database, sending, taken=REF_1)
    kept = row(database)
    assert (kept.state, kept.due_at, kept.apprec_id) == (State.COMPLETED, None, "a-1")
    assert (kept.reference, kept.sent_at, kept.settled_at) == ("ref-1", NOW + SECOND, NOW + 2 * SECOND)
    assert history(database) == ["queued", "completed"]
    assert claim(database, NOW + DAY) is None


def test_a_verdict_that_came_first_stands(database: Database, box: Vault) -> None:
    queue(database, box, "one")
    sending = claimed(database)
    with database.write() as session:
        assert outbox.note_verdict(session, sending, Step(State.REJECTED_TRANSPORT, None, "abandoned"), NOW)
    assert not settle(database, sending, taken=REF_1)
    kept = row(database)
    assert (kept.state, kept.due_at, kept.reference) == (State.REJECTED_TRANSPORT, None, "ref-1")
    assert history(database) == ["queued", "rejected_transport"]


def test_what_moves_on_is_not_settled_any_more(database: Database, box: Vault) -> None:
    queue(database, box, "one", state=State.OVERDUE, due_at=None, attempts=1, settled_at=NOW - 20 * DAY)
    assert owing(database) == []
    with database.write() as session:
        overdue = outbox.find(session, "one")
        assert overdue
        assert outbox.move(session, overdue, Step(State.QUEUED, NOW, "again"), NOW)
    assert row(database).settled_at is None
    assert owing(database) == [EPJ.id]


def test_a_correction_waits_while_its_original_is_looked_up_to_be_sent_anew(database: Database, box: Vault) -> None:
    queue(database, box, "one", state=State.REJECTED_APPREC, due_at=NOW + DAY)
    correction = replace(SENT, id="d-two", document_id="two", corrects="d-one")
    with database.write() as session:
        assert documents.accept(session, box, correction, delivery_id="two", msg_id="m-two", epj_id=EPJ.id)
    assert claim(database) is None
    with database.write() as session:
        session.get_one(DeliveryRow, "one").due_at = None
    assert claimed(database).id == "two"


def test_a_receipt_is_immutable(database: Database, box: Vault) -> None:
    queue(database, box, "one")
    sent = claimed(database)
    settle(database, sent)
    assert note_receipt(database, box, sent)
    assert not note_receipt(database, box, sent, Step(State.REJECTED_APPREC, None, "X99"), NO)
    assert (row(database).state, row(database).apprec_id) == (State.COMPLETED, "a-1")
    assert history(database) == ["queued", "sent", "completed"]


def test_a_receipt_is_matched_by_msg_id_or_by_the_transports_own_reference(database: Database, box: Vault) -> None:
    queue(database, box, "one")
    settle(database, claimed(database), taken=REF_1)
    with database.read() as session:
        found = outbox.by_msg_id(session, "m-one")
        assert found == outbox.find(session, "one") == outbox.by_reference(session, "simulator", "ref-1")
        assert outbox.by_reference(session, "edi20", "ref-1") is None
        assert outbox.by_reference(session, "simulator", "ref-2") is None
        assert outbox.by_msg_id(session, "m-two") is None
    assert found


def test_what_a_journal_says_is_wrong_is_kept_sealed(database: Database, box: Vault) -> None:
    queue(database, box, "one")
    assert note_receipt(database, box, claimed(database), Step(State.REJECTED_APPREC, None, "X99"), NO)
    kept = row(database)
    assert (kept.apprec_id, kept.apprec_status) == ("a-2", "2")
    assert kept.sealed_errors
    assert b"Annen" not in kept.sealed_errors
    assert box.open(kept.sealed_errors, outbox.ERRORS) == [["X99", "Annen feil"]]


DONE = {State.INVALID, State.CANCELLED, State.COMPLETED}


@pytest.mark.parametrize("state", [state for state in State if state not in DONE])
def test_an_epj_owes_a_receipt_for_whatever_may_have_reached_it(database: Database, box: Vault, state: State) -> None:
    queue(database, box, "one", state=state)
    assert owing(database) == []
    with database.write() as session:
        session.get_one(DeliveryRow, "one").attempts = 1
    queue(database, box, "two", state=State.SENT, attempts=2)
    assert owing(database) == [EPJ.id]


def test_nobody_owes_a_receipt_that_came_or_for_what_was_never_sent(database: Database, box: Vault) -> None:
    queue(database, box, "one", state=State.REJECTED_APPREC, attempts=1, apprec_id="a-1")
    for state in DONE:
        queue(database, box, state, state=state, attempts=1)
    assert owing(database) == []


def test_an_overdue_receipt_is_waited_for_so_long_and_no_longer(database: Database, box: Vault) -> None:
    queue(database, box, "one", state=State.OVERDUE, attempts=1, settled_at=NOW)
    assert owing(database, NOW + LISTENED - SECOND) == [EPJ.id]
    assert owing(database, NOW + LISTENED) == []


def test_who_owes_a_receipt_is_asked_of_an_index(database: Database, box: Vault) -> None:
    archive(database, 1000)
    queue(database, box, "one", attempts=1)
    with queries(database) as asked:
        assert owing(database) == [EPJ.id]
    (statement,) = asked
    explain = "EXPLAIN QUERY PLAN" if database.engine.dialect.name == "sqlite" else "EXPLAIN"
    with database.write() as session:
        session.connection().exec_driver_sql("ANALYZE")
        plan = session.connection().exec_driver_sql(f"{explain} {statement.sql}", statement.values)
        assert "ix_delivery_awaiting" in " ".join(str(line) for line in plan)


def archive(database: Database, count: int) -> None:
    """So many Deliveries that are done with."""
    names = [f"old-{number}" for number in range(count)]
    document = {"client_id": CLIENT.client_id, "launch_id": "l-1", "digest": "0" * 64, "accepted_at": NOW}
    delivery = {"epj_id": EPJ.id, "state": State.COMPLETED, "attempts": 1, "apprec_id": "a-1", "settled_at": NOW}
    with database.write() as session:
        session.execute(insert(DocumentRow), [document | {"id": name, "document_id": name} for name in names])
        session.execute(
            insert(DeliveryRow), [delivery | {"id": name, "document_id": name, "msg_id": name} for name in names]
        )
