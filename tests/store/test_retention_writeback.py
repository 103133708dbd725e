"""What is still needed of a report is kept, and what nobody needs any more is not."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update
from support import sealed_rows
from support.forgetting import NOTHING, delivered, knows_patient, launched, run
from support.sealed_rows import NOW

from portal.domain.context import ReplyTo
from portal.domain.delivery import State, Step
from portal.domain.receipt import AppRec, ReceiptError, ReceiptStatus
from portal.store import documents, inbox, incidents, outbox, retention
from portal.store.tables.journal import DeliveryRow, DocumentRow, QuarantineRow, WritebackChoiceRow
from portal.store.tables.launches import ContextRow

if TYPE_CHECKING:
    from portal.store.database import Database
    from portal.store.vault import Vault

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WITH_ERRORS = AppRec("a", ReceiptStatus.OK_WITH_ERRORS, (ReceiptError("X99", "Line"),), "m-1", frozenset(), NOW)


@pytest.fixture
def box(database: Database) -> Vault:
    """The vault of a database that has its registrations."""
    sealed_rows.register(database)
    return sealed_rows.vault()


def test_a_new_message_keeps_what_the_rejected_one_before_it_was_about(database: Database, box: Vault) -> None:
    delivered(database, box, State.REJECTED_APPREC, NOW)
    later = NOW + 89 * DAY
    with database.write() as session:
        rejected = outbox.find(session, "e-1")
        assert rejected
        outbox.replace(session, rejected, new_id="e-2", msg_id="m-2", to=ReplyTo("1", "2"), now=later)
    assert run(database, NOW + 365 * DAY) == NOTHING
    with database.write() as session:
        done = {"state": State.COMPLETED, "due_at": None, "settled_at": later}
        session.execute(update(DeliveryRow).where(DeliveryRow.id == "e-2").values(done))
    assert run(database, later + 30 * DAY - MINUTE) == NOTHING
    assert run(database, later + 30 * DAY).documents == 1


def test_what_is_looked_up_again_is_not_emptied_meanwhile(database: Database, box: Vault) -> None:
    delivered(database, box, State.REJECTED_APPREC, NOW)
    with database.write() as session:
        session.execute(update(DeliveryRow).values(due_at=NOW))
    assert run(database, NOW + 365 * DAY) == NOTHING


def test_a_report_that_nobody_answers_for_is_given_up_and_emptied_in_time(database: Database, box: Vault) -> None:
    delivered(database, box, State.QUEUED, None)
    with database.write() as session:
        session.execute(update(DeliveryRow).values(due_at=None))
    assert run(database, NOW + 90 * DAY - MINUTE) == NOTHING
    done = run(database, NOW + 90 * DAY)
    assert (done.unanswered, done.documents, done.contexts) == (1, 1, 1)
    with database.read() as session:
        assert session.get_one(DeliveryRow, "e-1").settled_at == NOW + 90 * DAY
        assert documents.histories(session, ["e-1"])["e-1"][1:] == ((NOW + 90 * DAY, "cancelled", "unanswered"),)


def test_what_a_journal_said_is_kept_as_long_as_the_document(database: Database, box: Vault) -> None:
    delivered(database, box, State.SENT, None)
    with database.write() as session:
        sent = outbox.find(session, "e-1")
        assert sent
        outbox.note_receipt(session, box, sent, Step(State.COMPLETED, None), WITH_ERRORS, NOW)
    assert run(database, NOW + 30 * DAY - MINUTE) == NOTHING
    assert run(database, NOW + 30 * DAY).receipts == 1
    with database.read() as session:
        assert session.get_one(DeliveryRow, "e-1").sealed_errors is None
    assert run(database, NOW + 30 * DAY) == NOTHING


def test_more_than_one_transaction_takes_is_emptied_whole(database: Database, box: Vault) -> None:
    launched(database, box)
    names = [f"d-{number}" for number in range(1001)]
    whole = {"client_id": sealed_rows.CLIENT.client_id, "launch_id": "l-1", "digest": "0" * 64, "sealed": b"sealed"}
    with database.write() as session:
        rows = [whole | {"id": name, "document_id": name, "accepted_at": NOW} for name in names]
        session.execute(insert(DocumentRow), rows)
    assert run(database, NOW).documents == len(names)
    with database.read() as session:
        assert not session.scalars(select(DocumentRow.id).where(DocumentRow.sealed.is_not(None))).all()
    assert run(database, NOW) == NOTHING


def test_access_to_a_journal_goes_with_its_context_though_the_patient_is_needed(database: Database, box: Vault) -> None:
    launched(database, box)
    with database.write() as session:
        sealed_rows.grant(session, hours=24)
        session.execute(update(ContextRow).values(sealed_smart=box.seal({}, "other")))
    over = NOW + 30 * MINUTE + retention.IN_FLIGHT
    assert run(database, over - MINUTE) == NOTHING
    assert run(database, over) == replace(NOTHING, smart_access=1)
    assert knows_patient(database, box)


def test_unreadable_receipts_and_incidents_that_are_over_go_and_choices_stay(database: Database, box: Vault) -> None:
    with database.write() as session:
        for rule, at in (("first", NOW), ("second", NOW + DAY)):
            inbox.quarantine(session, box, "simulator", b"<x/>", rule, at)
        for key in ("overdue a no_receipt", "overdue b no_receipt"):
            incidents.note(session, key, NOW)
        incidents.close(session, "overdue a ", NOW)
        choice = {"office": "310000124", "service_id": "melding", "choice": "never", "sub": "s", "chosen_at": NOW}
        session.add(WritebackChoiceRow(**choice))
    assert run(database, NOW + 90 * DAY - MINUTE) == NOTHING
    assert run(database, NOW + 90 * DAY) == replace(NOTHING, quarantine=1, incidents=1)
    with database.read() as session:
        assert session.scalars(select(QuarantineRow.rule)).all() == ["second"]
        assert incidents.open_keys(session) == ["overdue b no_receipt"]
        assert session.scalars(select(WritebackChoiceRow.choice)).all() == ["never"]


def test_the_audit_log_takes_whatever_was_done() -> None:
    most = replace(NOTHING, **dict.fromkeys((field.name for field in fields(NOTHING)), 10**6))
    assert len(most.basis()) == 200
    assert replace(NOTHING, documents=2, quarantine=1).basis() == "documents 2, quarantine 1"
