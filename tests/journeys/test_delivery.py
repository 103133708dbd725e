"""Path 4, on: from the outbox to the journal and its receipt, whatever fails on the way."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from support.bodies import LINE, OLE, PDF
from support.helseid import ANNA, BO
from support.journal import turn
from support.loopback import Says

from portal.adapters.http import Egress
from portal.adapters.transport.simulator import Simulator
from portal.store.vault import vault_of

if TYPE_CHECKING:
    from support.journal import Journal
    from support.world import World

    from portal.adapters.transport.contract import Handed, Parcel
    from portal.demo.browser import Browser, Page
    from portal.worker.tools import Tools


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


def test_a_journal_that_is_down_gets_the_same_bytes_later(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    msg_id = world.put(world.launch(*anna)).json()["msg_id"]
    journal.says = Says({}, 503)
    assert turn(tools)
    journal.says = None
    world.clock.ahead += timedelta(seconds=2)
    assert turn(tools)
    assert journal.posts == [msg_id, msg_id]
    assert b"Fastlege" in journal.messages[msg_id]


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
        def send(self, parcel: Parcel) -> Handed:
            if not broken:
                broken.append(parcel.note.msg_id)
                raise KeyError("a slip")
            return super().send(parcel)

    broken: list[str] = []
    slipping = replace(tools, transports={"simulator": Broken(Egress({journal.address}))})
    assert turn(slipping)
    assert turn(slipping)
    assert len(journal.messages) == 1
    assert broken[0] not in journal.messages
