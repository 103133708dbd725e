"""What a clinician wants done with a Delivery is done once, or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from support import sealed_rows
from support.sealed_rows import CLIENT, EPJ, NOW

from portal.domain.context import ReplyTo
from portal.domain.delivery import State
from portal.store import documents, outbox, wishes
from portal.store.documents import Document
from portal.store.tables.journal import DeliveryRow

if TYPE_CHECKING:
    from portal.store.database import Database
    from portal.store.vault import Vault

SENT = Document("d", CLIENT.client_id, "doc", "l-1", "0" * 64, "Kvittering", "Sendt", b"%PDF-", None, NOW)
LATER, MINUTE = NOW + timedelta(hours=1), timedelta(minutes=1)
TO_HER_IDS = ("99000102", "99000101")
TO = ReplyTo(*TO_HER_IDS)
TRIED: dict[str, Any] = {"attempts": 3, "due_at": None, "settled_at": NOW}


@pytest.fixture
def box(database: Database) -> Vault:
    sealed_rows.register(database)
    box = sealed_rows.vault()
    with database.write() as session:
        sealed_rows.open_context(session, box)
        sealed_rows.launch(session)
    return box


def put(database: Database, box: Vault, name: str = "a", *, asks: bool = False, **delivery: Any) -> None:
    """A document, which corrects the one that is called as it is but for its last letter."""
    at = NOW + len(name) * MINUTE
    document = replace(SENT, id=name, document_id=name, corrects=name[:-1] or None, accepted_at=at)
    named = {"delivery_id": name, "msg_id": f"m-{name}", "epj_id": EPJ.id}
    with database.write() as session:
        assert documents.accept(session, box, document, **named, asks=asks)
        for field, value in delivery.items():
            setattr(session.get_one(DeliveryRow, name), field, value)


def row(database: Database, name: str = "a") -> DeliveryRow:
    with database.read() as session:
        return session.get_one(DeliveryRow, name)


def steps(database: Database, name: str = "a") -> list[tuple[str, str]]:
    with database.read() as session:
        return [(state, code) for _, state, code in documents.histories(session, [name])[name]]


def answer(database: Database, name: str = "a", *, wanted: bool) -> bool:
    with database.write() as session:
        found = outbox.find(session, name)
        return found is not None and wishes.answer(session, found, LATER, wanted=wanted)


def again(database: Database, name: str = "a") -> bool:
    with database.write() as session:
        found = outbox.find(session, name)
        return found is not None and wishes.send_again(session, found, LATER)


def anew(database: Database, new: str = "b", name: str = "a") -> bool:
    with database.write() as session:
        found = outbox.find(session, name)
        return found is not None and wishes.send_anew(session, found, new_id=new, msg_id=f"m-{new}", to=TO, now=LATER)


def test_a_yes_lets_the_worker_have_it_and_a_second_answer_changes_nothing(database: Database, box: Vault) -> None:
    put(database, box, asks=True)
    with database.write() as session:
        assert outbox.claim(session, LATER, MINUTE) is None
    assert answer(database, wanted=True)
    assert not answer(database, wanted=False)
    assert (row(database).state, row(database).due_at, row(database).settled_at) == (State.QUEUED, LATER, None)
    assert steps(database) == [("queued", "asks"), ("queued", "wanted")]
    with database.write() as session:
        assert outbox.claim(session, LATER, MINUTE)


def test_a_no_settles_it(database: Database, box: Vault) -> None:
    put(database, box, asks=True)
    assert answer(database, wanted=False)
    assert not answer(database, wanted=True)
    assert (row(database).state, row(database).due_at, row(database).settled_at) == (State.CANCELLED, None, LATER)
    assert steps(database)[-1] == ("cancelled", "not_wanted")


def test_nobody_is_asked_about_what_was_not_asked(database: Database, box: Vault) -> None:
    put(database, box)
    assert not answer(database, wanted=False)
    assert row(database).state == State.QUEUED


def test_an_older_one_is_not_wanted_after_a_newer_was_sent_but_may_be_let_be(database: Database, box: Vault) -> None:
    put(database, box, asks=True)
    put(database, box, "ab", attempts=1, state=State.SENT)
    assert not answer(database, wanted=True)
    assert row(database).due_at is None
    assert answer(database, wanted=False)


@pytest.mark.parametrize("state", [State.REJECTED_TRANSPORT, State.OVERDUE])
def test_the_same_message_is_sent_again_once_with_a_fresh_budget(database: Database, box: Vault, state: State) -> None:
    put(database, box, state=state, retry_by="kari", **TRIED)
    assert again(database)
    assert not again(database)
    kept = row(database)
    assert (kept.state, kept.due_at, kept.settled_at, kept.retry_by) == (State.QUEUED, LATER, None, None)
    assert (kept.msg_id, kept.attempts, kept.attempts_before) == ("m-a", 3, 3)
    assert steps(database)[1:] == [("queued", "again")]


@pytest.mark.parametrize(
    "delivery",
    [
        {"state": State.SENT},
        {"state": State.COMPLETED},
        {"state": State.CANCELLED},
        {"state": State.REJECTED_APPREC, "apprec_id": "r-1"},
        {"state": State.OVERDUE, "filed_at": NOW},
        {"state": State.OVERDUE, "apprec_id": "r-1"},
    ],
)
def test_what_is_decided_or_under_way_is_not_sent_again(
    database: Database, box: Vault, delivery: dict[str, Any]
) -> None:
    put(database, box, **TRIED | delivery)
    assert not again(database)
    assert len(steps(database)) == 1


def test_a_rejected_message_is_replaced_once_by_one_of_its_own(database: Database, box: Vault) -> None:
    put(database, box, state=State.REJECTED_APPREC, apprec_id="r-1", **TRIED)
    assert anew(database)
    assert not anew(database, "c")
    new = row(database, "b")
    assert (new.replaces, new.msg_id, new.document_id, new.due_at) == ("a", "m-b", "a", LATER)
    assert (new.receiver_her_id, new.receiver_parent_her_id) == TO_HER_IDS
    assert row(database).state == State.REJECTED_APPREC
    assert steps(database, "b") == [("queued", "replaces")]


@pytest.mark.parametrize("state", [state for state in State if state is not State.REJECTED_APPREC])
def test_only_a_rejected_message_is_replaced(database: Database, box: Vault, state: State) -> None:
    put(database, box, state=state)
    assert not anew(database)


def test_what_was_ticked_off_is_not_replaced(database: Database, box: Vault) -> None:
    put(database, box, state=State.REJECTED_APPREC, filed_at=NOW)
    assert not anew(database)


@pytest.mark.parametrize("state", [State.REJECTED_TRANSPORT, State.OVERDUE, State.REJECTED_APPREC])
def test_nothing_is_sent_after_a_newer_one_of_its_chain(database: Database, box: Vault, state: State) -> None:
    put(database, box, state=state, **TRIED)
    put(database, box, "ab", state=State.CANCELLED)
    put(database, box, "abc", state=State.SENT, attempts=1)
    assert not again(database)
    assert not anew(database)
    assert len(steps(database)) == 1


def test_of_many_clicks_at_once_one_makes_a_message(database: Database, box: Vault) -> None:
    put(database, box, state=State.REJECTED_APPREC, apprec_id="r-1")
    start = Barrier(4)

    def click(number: int) -> bool:
        start.wait()
        return anew(database, f"b-{number}")

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(click, range(4))) == [False, False, False, True]
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(DeliveryRow)) == 2
