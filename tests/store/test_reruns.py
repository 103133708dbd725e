from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support import sealed_rows
from support.sealed_rows import CLIENT, EPJ, NOW, NUMBER

from portal.domain.context import ReplyTo
from portal.domain.delivery import State, Step
from portal.domain.receipt import AppRec, ReceiptError, ReceiptStatus
from portal.domain.rerun import Hindrance
from portal.errors import NotAllowed
from portal.store import documents, outbox, rerun_details, reruns
from portal.store.documents import Document
from portal.store.reruns import Which
from portal.store.tables.journal import DeliveryRow, DocumentRow

if TYPE_CHECKING:
    from portal.store.database import Database
    from portal.store.vault import Vault

PUT = Document("d", CLIENT.client_id, "doc", "l-1", "0" * 64, "Kvittering", "Sendt", b"%PDF-", None, NOW)
LATER, LEASE, DAY = NOW + timedelta(hours=1), timedelta(seconds=20), timedelta(days=1)
FAILED: dict[str, Any] = {"state": State.REJECTED_TRANSPORT, "due_at": None, "settled_at": NOW, "attempts": 32}


@pytest.fixture
def box(database: Database) -> Vault:
    """The vault of a database with one launch."""
    sealed_rows.register(database)
    box = sealed_rows.vault()
    with database.write() as session:
        sealed_rows.open_context(session, box)
        sealed_rows.launch(session)
    return box


def put(database: Database, box: Vault, name: str, *, corrects: str | None = None, **delivery: Any) -> None:
    """A document `d-name` with its Delivery `name`, which is changed in these ways."""
    number = int(name.rpartition("-")[2]) if "-" in name else 0
    accepted_at = NOW + timedelta(seconds=number)
    document = replace(PUT, id=f"d-{name}", document_id=name, corrects=corrects, accepted_at=accepted_at)
    with database.write() as session:
        assert documents.accept(session, box, document, delivery_id=name, msg_id=f"m-{name}", epj_id=EPJ.id)
        for field, value in delivery.items():
            setattr(session.get_one(DeliveryRow, name), field, value)


def propose(database: Database, name: str = "one", by: str = "kari") -> Hindrance | None:
    with database.write() as session:
        delivery = outbox.find(session, name)
        assert delivery
        return reruns.propose(session, delivery, by)


def approve(database: Database, name: str = "one", by: str = "ola") -> Hindrance | None:
    with database.write() as session:
        delivery = outbox.find(session, name)
        assert delivery
        return reruns.approve(session, delivery, by, LATER)


def listed(database: Database, which: Which) -> list[str]:
    with database.read() as session:
        return [one.id for one in reruns.listed(session, which)]


def test_two_people_send_the_same_message_again_with_a_fresh_budget(database: Database, box: Vault) -> None:
    put(database, box, "one", **FAILED)
    assert propose(database) is None
    with database.read() as session:
        assert reruns.proposed(session) == ["one"]
        before = documents.load(session, box, "d-one")
    assert approve(database) is None
    with database.write() as session:
        got = outbox.claim(session, LATER, LEASE)
        assert got
        assert (got.id, got.msg_id, got.attempts, got.tries) == ("one", "m-one", 33, 1)
        assert documents.load(session, box, "d-one") == before
        row = session.get_one(DeliveryRow, "one")
        assert (row.settled_at, row.retry_by, row.attempts_before) == (None, None, 32)
        assert documents.histories(session, ["one"])["one"][-1] == (LATER, "queued", "again")


def test_nobody_approves_what_was_proposed_by_the_same_person(database: Database, box: Vault) -> None:
    put(database, box, "one", **FAILED)
    propose(database)
    with pytest.raises(NotAllowed, match="four_eyes"):
        approve(database, by="kari")
    with database.read() as session:
        assert reruns.proposed(session) == ["one"]


def test_what_nobody_has_proposed_is_not_approved(database: Database, box: Vault) -> None:
    put(database, box, "one", **FAILED)
    assert approve(database) is Hindrance.NOT_PROPOSED
    with database.read() as session:
        assert session.get_one(DeliveryRow, "one").state == State.REJECTED_TRANSPORT


def test_a_receipt_that_came_between_the_two_ends_the_proposal(database: Database, box: Vault) -> None:
    put(database, box, "one", **FAILED | {"state": State.OVERDUE})
    propose(database)
    with database.write() as session:
        overdue = outbox.find(session, "one")
        assert overdue
        receipt = AppRec("a-1", ReceiptStatus.OK, (), "m-one", frozenset(), NOW)
        outbox.note_receipt(session, box, overdue, Step(State.COMPLETED, None), receipt, NOW)
    assert approve(database) is Hindrance.ARRIVED
    with database.read() as session:
        assert reruns.proposed(session) == []


@pytest.mark.parametrize(
    ("changes", "why_not"),
    [
        ({"state": State.REJECTED_APPREC, "apprec_id": "a-1"}, Hindrance.REJECTED),
        ({"state": State.COMPLETED}, Hindrance.ARRIVED),
        ({"state": State.CANCELLED}, Hindrance.CANCELLED),
        ({"state": State.SENT}, Hindrance.UNDER_WAY),
        ({"filed_at": NOW}, Hindrance.FILED),
    ],
)
def test_what_may_not_be_sent_again_is_not_proposed(
    database: Database, box: Vault, changes: dict[str, Any], why_not: Hindrance
) -> None:
    put(database, box, "one", **FAILED | changes)
    assert propose(database) is why_not
    with database.read() as session:
        assert reruns.proposed(session) == []


def test_what_is_no_longer_kept_cannot_be_sent(database: Database, box: Vault) -> None:
    put(database, box, "one", **FAILED)
    with database.write() as session:
        session.get_one(DocumentRow, "d-one").sealed = None
    assert propose(database) is Hindrance.FORGOTTEN


@pytest.mark.parametrize(
    ("correction", "why_not"),
    [
        ({"state": State.SENT, "attempts": 1, "sent_at": NOW}, Hindrance.OVERTAKEN),
        ({"state": State.REJECTED_TRANSPORT, "attempts": 32}, Hindrance.OVERTAKEN),
        ({"attempts": 0}, None),
    ],
)
def test_an_original_does_not_come_after_its_correction(
    database: Database, box: Vault, correction: dict[str, Any], why_not: Hindrance | None
) -> None:
    put(database, box, "one", **FAILED)
    put(database, box, "two-2", corrects="d-one", due_at=NOW, **correction)
    assert propose(database) is why_not
    if why_not is None:
        assert approve(database) is None
        with database.write() as session:
            first = outbox.claim(session, LATER, LEASE)
        assert first
        assert first.id == "one"


def test_the_list_is_narrowed_by_each_filter_and_holds_what_is_not_done(database: Database, box: Vault) -> None:
    put(database, box, "failed-1", **FAILED)
    put(database, box, "queued-2")
    put(database, box, "done-3", state=State.COMPLETED, due_at=None)
    with database.write() as session:
        failed = outbox.find(session, "failed-1")
        assert failed
        outbox.move(session, failed, Step(State.REJECTED_TRANSPORT, None, "upstream_refused"), NOW + DAY)
    assert listed(database, Which()) == ["failed-1", "queued-2"]
    assert listed(database, Which(states={State.COMPLETED})) == ["done-3"]
    assert listed(database, Which(code="upstream_refused")) == ["failed-1"]
    assert listed(database, Which(epj_id=EPJ.id, service_id=CLIENT.service)) == ["failed-1", "queued-2"]
    assert listed(database, Which(epj_id="other")) == listed(database, Which(service_id="other")) == []
    assert listed(database, Which(accepted_before=NOW + timedelta(seconds=1))) == ["failed-1"]
    with database.read() as session:
        (one,) = reruns.listed(session, Which(code="upstream_refused"))
    assert (one.changed_at, one.attempts, one.retry_by) == (NOW + DAY, 32, None)


def test_what_another_message_has_replaced_is_not_listed(database: Database, box: Vault) -> None:
    put(database, box, "one", state=State.REJECTED_APPREC, due_at=None)
    with database.write() as session:
        rejected = outbox.find(session, "one")
        assert rejected
        outbox.replace(session, rejected, new_id="new", msg_id="m-new", to=ReplyTo("99000999", "99000998"), now=NOW)
    assert listed(database, Which()) == ["new"]
    with database.read() as session:
        old, new = (rerun_details.of(session, box, name) for name in ("one", "new"))
    assert old
    assert new
    assert (old.replaced_by, old.her_id, new.replaces, new.her_id) == ("new", "99000102", "one", "99000999")


def test_the_details_have_the_receipts_codes_and_nothing_of_the_patient(database: Database, box: Vault) -> None:
    put(database, box, "one", state=State.SENT, attempts=1)
    said = (ReceiptError("E35", f"{NUMBER} finnes ikke"), ReceiptError("", "Testpasient"))
    with database.write() as session:
        sent = outbox.find(session, "one")
        assert sent
        receipt = AppRec("a-1", ReceiptStatus.REJECTED, said, "m-one", frozenset(), NOW)
        outbox.note_receipt(session, box, sent, Step(State.REJECTED_APPREC, None, "E35"), receipt, NOW)
        details = rerun_details.of(session, box, "one")
        assert rerun_details.of(session, box, "none") is None
    assert details
    assert (details.codes, details.kept, details.history[-1][1:]) == (("E35",), True, ("rejected_apprec", "E35"))
    for secret in (NUMBER, "Testpasient", "Kvittering", "Sendt"):
        assert secret not in repr(details)
