"""Path 4: from the target's document to the journal's receipt, also after the next patient is open."""

from __future__ import annotations

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from support.helseid import ANNA, BO
from support.keys import ec
from support.loopback import Asked, Says, http_server
from support.world import LINE, OLE, PDF, document_body

from portal.adapters.http import Egress
from portal.adapters.transport import Simulator
from portal.demo import apprec
from portal.domain.delivery import State, Step
from portal.store import audit, outbox, registry
from portal.store.vault import vault_of
from portal.worker import incoming, outgoing
from portal.worker.tools import tools_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.world import World

    from portal.demo.browser import Browser, Page
    from portal.worker.tools import Tools


class Journal:
    """A journal that takes messages and answers as it is told."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.address = ""
        self.messages: dict[str, bytes] = {}
        self.receipts: list[bytes] = []
        self.says: Says | None = None

    def answer(self, asked: Asked) -> Says:
        if asked.method == "POST":
            self.messages[asked.headers["x-message-id"]] = asked.body
            return self.says or Says({"id": "ref-1"}, 202)
        after = int(asked.path.partition("after=")[2] or 0)
        new = [
            {"cursor": str(number), "document": b64encode(receipt).decode()}
            for number, receipt in enumerate(self.receipts, 1)
            if number > after
        ]
        return Says({"receipts": new})

    def reply(self, status: str, *errors: tuple[str, str]) -> None:
        for message in self.messages.values():
            self.receipts.append(
                apprec.build(
                    message,
                    status=status,
                    errors=errors,
                    apprec_id=f"apprec-{len(self.receipts)}",
                    generated_at=self.world.clock(),
                )
            )


@pytest.fixture
def journal(world: World) -> Iterator[Journal]:
    """The EPJ's journal at the address that it registered."""
    taking = Journal(world)
    with http_server(taking.answer) as address:
        taking.address = address
        with world.database.write() as session:
            registry.disable_epj(session, "epj")
            registry.propose_epj(session, world.epj.model_copy(update={"transport_address": address}), "en")
            registry.approve_epj(session, "epj", "to")
        yield taking


@pytest.fixture
def tools(world: World, journal: Journal) -> Iterator[Tools]:
    """A worker with the world's clock."""
    settings = world.settings.model_copy(update={"egress_allow": (journal.address,)})
    made = tools_of(settings)
    yield replace(made, now=world.clock, jitter=lambda: 1.0)
    made.database.close()


@pytest.fixture
def anna(world: World) -> tuple[Browser, Page]:
    browser = world.browser()
    return browser, world.open_patient(browser, ANNA)


def test_a_document_reaches_the_journal_and_its_receipt_comes_back(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    world.start(anna[0], world.open_session(world.epj_token(ANNA), OLE))
    accepted = world.put(given)
    assert accepted.status == 202
    assert accepted.json()["state"] == "queued"
    assert turn(tools)
    (message,) = journal.messages.values()
    assert LINE["number"].encode() in message
    assert b64encode(PDF) in message
    assert b"Fastlege" in message
    journal.reply("1")
    assert not turn(tools)
    state = get(world, given).json()
    assert (state["state"], state["sent"], state["received"], state["filed"]) == ("completed", True, True, False)
    assert [event["state"] for event in state["history"]] == ["queued", "sent", "completed"]


def test_the_clinician_sees_the_lamps_and_ticks_the_last(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    world.put(world.launch(*anna))
    turn(tools)
    journal.reply("1")
    turn(tools)
    page = anna[0].open(f"{world.origin}/kvitteringer")
    assert "Demomelding" in page.text
    assert "Line Danser" in page.text
    assert len(page.tree.xpath("//main//*[@data-color='success']")) == 2
    ticked = anna[0].submit(page, page.form("/fort"))
    assert len(ticked.tree.xpath("//main//*[@data-color='success']")) == 3
    other = world.browser()
    assert "Danser" not in world.log_in(other, BO, "/kvitteringer").text


def test_a_rejection_is_shown_with_its_code(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    world.put(world.launch(*anna))
    turn(tools)
    journal.reply("2", ("E35", "Pasienten finnes ikke i mottakersystemet"))
    turn(tools)
    page = anna[0].open(f"{world.origin}/kvitteringer")
    assert "Avvist av journalsystemet" in page.text
    assert "E35" in page.text


def test_a_receipt_is_immutable_and_a_repeat_changes_nothing(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    world.put(given)
    turn(tools)
    journal.reply("1")
    turn(tools)
    journal.reply("2", ("X99", "Annen feil"))
    world.put(given, "d-2")
    turn(tools)
    turn(tools)
    assert get(world, given).json()["state"] == "completed"


def test_silence_becomes_overdue_and_a_late_receipt_still_decides(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    world.put(given)
    turn(tools)
    world.clock.ahead += timedelta(hours=77)
    assert turn(tools)
    with world.database.read() as session:
        states = session.connection().exec_driver_sql("SELECT state FROM delivery").scalars().all()
    assert states == ["overdue"]
    journal.reply("1")
    turn(tools)
    with world.database.read() as session:
        states = session.connection().exec_driver_sql("SELECT state FROM delivery").scalars().all()
    assert states == ["completed"]


def test_a_journal_that_is_down_gets_the_same_bytes_later(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    world.put(world.launch(*anna))
    journal.says = Says({}, 503)
    assert turn(tools)
    (first,) = journal.messages.values()
    assert not turn(tools)
    journal.says = None
    world.clock.ahead += timedelta(seconds=2)
    assert turn(tools)
    assert list(journal.messages.values()) == [first]


def test_the_lease_of_a_dead_worker_comes_free_and_its_late_answer_is_fenced(
    world: World, anna: tuple[Browser, Page], tools: Tools
) -> None:
    world.put(world.launch(*anna))
    with tools.database.write() as session:
        dead = outbox.claim(session, world.clock(), timedelta(seconds=30))
    assert dead
    assert not turn(tools)
    world.clock.ahead += timedelta(seconds=31)
    assert turn(tools)
    with tools.database.write() as session:
        assert not outbox.settle(session, dead, Step(State.QUEUED, world.clock()), world.clock())


def test_a_document_for_another_patient_is_a_near_miss(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    answer = world.put(given, patient="0" * 64)
    assert (answer.status, answer.json()["code"]) == (403, "other_patient")
    with world.database.read() as session:
        outcomes = [row["outcome"] for row in audit.export(session)]
        assert "near_miss_other_patient" in outcomes
        assert session.connection().exec_driver_sql("SELECT count(*) FROM document").scalar() == 0


def test_the_same_bytes_get_the_same_answer_and_other_bytes_a_conflict(
    world: World, anna: tuple[Browser, Page]
) -> None:
    given = world.launch(*anna)
    first, again = world.put(given), world.put(given)
    assert (first.status, again.status) == (202, 200)
    assert first.json() == again.json()
    other = PDF + b"%%EOF\n"
    changed = world.put(given, pdf=b64encode(other).decode(), pdf_sha256=sha256(other).hexdigest())
    assert (changed.status, changed.json()["code"]) == (409, "document_conflict")


def test_of_many_puts_at_once_one_is_stored(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(lambda _: world.put(given).status, range(8)))
    assert answers == [200] * 7 + [202]
    with world.database.read() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM delivery").scalar() == 1


def test_a_correction_names_a_document_of_the_same_patient(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    assert world.put(given, "d-2", corrects="d-1").json()["code"] == "corrects_unknown"
    world.put(given, "d-1")
    assert world.put(given, "d-2", corrects="d-1").status == 202


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"pdf": "***"}, 422, "not_a_pdf"),
        ({"pdf": b64encode(b"MZ not a pdf").decode()}, 422, "not_a_pdf"),
        ({"pdf": b64encode(b"%PDF-").decode()}, 422, "not_a_pdf"),
        ({"pdf_sha256": "0" * 64}, 400, "pdf_digest_mismatch"),
        ({"text": ""}, 422, "invalid_body"),
        ({"text": "x" * 501}, 422, "invalid_body"),
        ({"text": "a\u0000b"}, 422, "invalid_body"),
        ({"title": "two\nlines"}, 422, "invalid_body"),
        ({"unasked": 1}, 422, "invalid_body"),
        ({"title": "日本語"}, 422, "text_not_allowed"),
        ({"text": "日本語"}, 422, "text_not_allowed"),
    ],
)
def test_a_wrong_document_is_refused_and_nothing_is_queued(
    world: World, anna: tuple[Browser, Page], changes: dict[str, Any], status: int, code: str
) -> None:
    answer = world.put(world.launch(*anna), **changes)
    assert (answer.status, answer.json()["code"]) == (status, code)
    with world.database.read() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM delivery").scalar() == 0


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"[" * 100_000, 400, "malformed_json"),
        (b'{"a": NaN}', 400, "malformed_json"),
        (b'{"a": 1, "a": 2}', 400, "malformed_json"),
        ('{"a": 1}'.encode("utf-16"), 400, "malformed_json"),
        (b"[]", 400, "malformed_json"),
        (b"", 400, "malformed_json"),
    ],
)
def test_what_is_not_our_json_is_refused(
    world: World, anna: tuple[Browser, Page], raw: bytes, status: int, code: str
) -> None:
    answer = world.call_raw("PUT", "/api/writeback/d-1", world.launch(*anna)["writeback_token"], raw)
    assert (answer.status, answer.json()["code"]) == (status, code)


def test_a_chunked_body_is_refused(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    raw = json.dumps(document_body(given["patient"])).encode()
    answer = world.call_raw("PUT", "/api/writeback/d-1", given["writeback_token"], raw, chunked=True)
    assert (answer.status, answer.json()["code"]) == (411, "length_required")


def test_a_grant_outlives_session_and_context_but_not_its_own_day(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    world.clock.ahead += timedelta(hours=11)
    assert world.put(given, "d-1").status == 202
    world.clock.ahead += timedelta(hours=14)
    assert world.put(given, "d-2").status == 401


def test_without_an_address_for_messages_there_is_no_grant(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    listed = world.start(browser, world.open_session(world.epj_token(ANNA), reply_to=None))
    assert "writeback_token" not in world.launch(browser, listed)
    confirm = browser.open(f"{listed.url}open/demo-melding")
    assert "Last ned PDF-en" in confirm.text


def test_another_clients_document_is_not_seen(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    assert get(world, given).status == 404


def turn(tools: Tools) -> bool:
    """What the worker does again and again."""
    incoming.read_all(tools)
    return outgoing.move_one(tools)


def get(world: World, given: dict[str, Any], document_id: str = "d-1") -> Any:
    return world.call("GET", f"/api/writeback/{document_id}", given["writeback_token"], key=ec("demo-melding").private)


def test_a_document_whose_key_is_not_here_yet_waits_for_it(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    world.put(given)
    blind = replace(tools, vault=vault_of(world.settings.model_copy(update={"data_keys": {"2": b"o" * 32}})))
    assert turn(blind)
    assert get(world, given).json()["state"] == "queued"
    assert not journal.messages
    world.clock.ahead += timedelta(seconds=2)
    assert turn(tools)
    assert journal.messages


def test_a_fault_of_ours_on_one_message_holds_up_no_other(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    for name in ("d-1", "d-2"):
        world.put(given, name)

    class Broken(Simulator):
        def send(self, address: str, msg_id: str, message: bytes) -> str:
            if not broken:
                broken.append(msg_id)
                raise KeyError("a slip")
            return super().send(address, msg_id, message)

    broken: list[str] = []
    slipping = replace(tools, transports={"simulator": Broken(Egress({journal.address}))})
    assert turn(slipping)
    assert turn(slipping)
    assert len(journal.messages) == 1
    assert broken[0] not in journal.messages


def test_a_receipt_that_nobody_can_read_is_noted_and_hides_none_behind_it(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    world.put(given)
    turn(tools)
    journal.receipts.append(b"<not a receipt")
    journal.reply("1")
    turn(tools)
    assert get(world, given).json()["state"] == "completed"
    with world.database.read() as session:
        assert "unreadable" in [row.get("outcome") for row in audit.export(session)]


def test_a_correction_never_overtakes_what_it_corrects(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    first = world.put(given, "d-1").json()["msg_id"]
    journal.says = Says({}, 503)
    assert turn(tools)
    second = world.put(given, "d-2", corrects="d-1").json()["msg_id"]
    journal.says = None
    journal.messages.clear()
    assert not turn(tools)
    world.clock.ahead += timedelta(seconds=2)
    assert turn(tools)
    assert turn(tools)
    assert list(journal.messages) == [first, second]
