"""Path 4, on: from the outbox to the journal and its receipt, whatever fails on the way."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from support.bodies import LINE, OLE, PDF
from support.helseid import ANNA, BO
from support.loopback import Says

from portal.adapters.http import Egress
from portal.adapters.transport import Simulator
from portal.domain.delivery import State, Step
from portal.store import audit, outbox
from portal.store.vault import vault_of

if TYPE_CHECKING:
    from support.world import World

    from portal.demo.browser import Browser, Page
    from portal.worker.tools import Tools
from support.journal import Journal, turn


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
    state = world.state_of(given).json()
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
    assert world.state_of(given).json()["state"] == "completed"


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


def test_a_document_whose_key_is_not_here_yet_waits_for_it(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    world.put(given)
    blind = replace(tools, vault=vault_of(world.settings.model_copy(update={"data_keys": {"2": b"o" * 32}})))
    assert turn(blind)
    assert world.state_of(given).json()["state"] == "queued"
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
    assert world.state_of(given).json()["state"] == "completed"
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
