from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from support import sealed_rows
from support.sealed_rows import CLIENT, NOW, PDF
from support.statements import queries

from portal.domain.delivery import State
from portal.domain.keyring import Keyring
from portal.domain.launch import Launch
from portal.store import documents, outbox, receipts, registry
from portal.store.documents import Document
from portal.store.tables.journal import DeliveryEventRow, DeliveryRow, DocumentRow
from portal.store.vault import Vault

if TYPE_CHECKING:
    from portal.store.database import Database

OTHER_CLIENT = CLIENT.model_copy(update={"client_id": "annen", "service": "demo-annen"})
LATER = Launch("l-2", "c-2", CLIENT.service, CLIENT.client_id, "sub-1", "s" * 64, "p-2", NOW)
SENT = Document("d-1", CLIENT.client_id, "doc-1", "l-1", "0" * 64, "Kvittering", "Sendt. Se PDF.", PDF, None, NOW)


@pytest.fixture
def box(database: Database) -> Vault:
    """The vault of a database with a launch that a document may come back from."""
    sealed_rows.register(database)
    box = sealed_rows.vault()
    with database.write() as session:
        registry.propose_client(session, OTHER_CLIENT, "kari")
        sealed_rows.open_context(session, box)
        sealed_rows.launch(session)
    return box


def accept(database: Database, box: Vault, document: Document = SENT, number: int = 1) -> bool:
    with database.write() as session:
        return documents.accept(
            session, box, document, delivery_id=f"e-{number}", msg_id=f"m-{number}", epj_id=sealed_rows.EPJ.id
        )


def load(database: Database, box: Vault, row_id: str = "d-1") -> Document | None:
    with database.read() as session:
        return documents.load(session, box, row_id)


def of_same_patient(database: Database, launch: Launch, client_id: str = CLIENT.client_id, name: str = "doc-1") -> Any:
    with database.read() as session:
        return documents.of_same_patient(session, client_id, name, launch)


def patient_comes_again(database: Database, box: Vault, **changes: Any) -> None:
    with database.write() as session:
        sealed_rows.open_context(session, box, "c-2", **changes)
        sealed_rows.launch(session, "l-2", "c-2")


def test_a_document_is_loaded_as_it_was_accepted(database: Database, box: Vault) -> None:
    assert accept(database, box)
    assert load(database, box) == SENT
    assert load(database, box, "d-2") is None
    corrected = replace(SENT, id="d-2", document_id="doc-2", corrects="d-1")
    assert accept(database, box, corrected, 2)
    assert load(database, box, "d-2") == corrected


def test_a_taken_id_changes_nothing(database: Database, box: Vault) -> None:
    assert accept(database, box)
    assert not accept(database, box, replace(SENT, id="d-2", digest="1" * 64, text="Noe annet"), 2)
    assert load(database, box) == SENT
    assert load(database, box, "d-2") is None
    with database.read() as session:
        for table in (DocumentRow, DeliveryRow, DeliveryEventRow):
            assert session.scalar(select(func.count()).select_from(table)) == 1


def test_two_clients_may_choose_the_same_id(database: Database, box: Vault) -> None:
    assert accept(database, box)
    assert accept(database, box, replace(SENT, id="d-2", client_id="annen"), 2)
    with database.read() as session:
        told = [documents.receipt(session, client_id, "doc-1") for client_id in (CLIENT.client_id, "annen")]
    assert [receipt.msg_id for receipt in told if receipt] == ["m-1", "m-2"]


def test_a_new_document_is_queued_at_once(database: Database, box: Vault) -> None:
    accept(database, box)
    with database.read() as session:
        receipt = documents.receipt(session, CLIENT.client_id, "doc-1")
        assert documents.receipt(session, CLIENT.client_id, "doc-2") is None
        assert documents.receipt(session, "annen", "doc-1") is None
        assert session.get_one(DeliveryRow, "e-1").due_at == NOW
    assert receipt
    assert (receipt.document_id, receipt.digest, receipt.msg_id) == ("doc-1", "0" * 64, "m-1")
    assert (receipt.state, receipt.filed, receipt.history) == (State.QUEUED, False, ((NOW, "queued", ""),))


def test_histories_are_each_deliverys_own_oldest_first(database: Database, box: Vault) -> None:
    accept(database, box)
    accept(database, box, replace(SENT, id="d-2", document_id="doc-2"), 2)
    minute = timedelta(minutes=1)
    with database.write() as session:
        session.add(DeliveryEventRow(delivery_id="e-1", at=NOW + minute, state=State.QUEUED, code="busy"))
        session.flush()
        session.add(DeliveryEventRow(delivery_id="e-1", at=NOW, state=State.SENT))
    with database.read() as session:
        assert documents.histories(session, ["e-1", "e-2", "e-3"]) == {
            "e-1": ((NOW, "queued", ""), (NOW + minute, "queued", "busy"), (NOW, "sent", "")),
            "e-2": ((NOW, "queued", ""),),
            "e-3": (),
        }


def test_the_same_patient_is_known_in_a_later_launch(database: Database, box: Vault) -> None:
    accept(database, box)
    patient_comes_again(database, box)
    assert of_same_patient(database, LATER) == "d-1"
    assert of_same_patient(database, LATER, name="doc-2") is None
    assert of_same_patient(database, LATER, client_id="annen") is None


def test_another_patient_is_not_the_same(database: Database, box: Vault) -> None:
    accept(database, box)
    patient_comes_again(database, box, patient_ref="f" * 64)
    assert of_same_patient(database, LATER) is None
    assert of_same_patient(database, replace(LATER, context_id=None)) is None


def test_only_loading_fetches_the_pdf(database: Database, box: Vault) -> None:
    accept(database, box)
    with queries(database) as asked:
        with database.write() as session:
            assert outbox.claim(session, NOW, timedelta(seconds=20))
        with database.read() as session:
            assert outbox.by_msg_id(session, "m-1")
            assert documents.receipt(session, CLIENT.client_id, "doc-1")
            assert documents.title_of(session.get_one(DocumentRow, "d-1"), box) == "Kvittering"
        with database.read() as session:
            assert [shown.title for shown in receipts.of_person(session, box, "sub-1").shown] == ["Kvittering"]
    assert len(asked) > 5
    assert not [one.sql for one in asked if "sealed_pdf" in one.sql]
    with queries(database) as asked:
        assert load(database, box)
    assert ["sealed_pdf" in one.sql for one in asked] == [True]


def test_a_pdf_is_stored_once_and_not_as_text(database: Database, box: Vault) -> None:
    accept(database, box)
    with database.read() as session:
        content, pdf = session.execute(
            select(func.length(DocumentRow.sealed), func.length(DocumentRow.sealed_pdf))
        ).one()
    assert content < 200
    assert len(PDF) < pdf < len(PDF) + 64


@pytest.mark.parametrize("emptied", ["sealed", "sealed_pdf"])
def test_a_document_without_its_content_is_none(database: Database, box: Vault, emptied: str) -> None:
    accept(database, box)
    with database.write() as session:
        setattr(session.get_one(DocumentRow, "d-1"), emptied, None)
    assert load(database, box) is None


def test_a_destroyed_key_takes_the_content_and_leaves_the_receipt(database: Database, box: Vault) -> None:
    accept(database, box)
    destroyed = Vault(Keyring({"2026-2": b"\x01" * 32}, bytes(32)), bytes)
    assert load(database, destroyed) is None
    with database.read() as session:
        assert documents.title_of(session.get_one(DocumentRow, "d-1"), destroyed) is None
        assert documents.receipt(session, CLIENT.client_id, "doc-1")
