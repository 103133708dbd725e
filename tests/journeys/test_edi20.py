"""Path 4 through NHN's message service: from the target to the journal and back, whatever fails on the way."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from support import message_service_faults as faults
from support.helseid import ANNA
from support.journal import turn
from support.loopback import http_server
from support.message_service import AUDIENCE, SCOPE, US, message_service
from support.party_register import Register
from support.staging import living

from portal.store import registry
from portal.store.tables.journal import DeliveryRow, QuarantineRow
from portal.worker import incoming
from portal.worker.tools import tools_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from support.message_service import MessageService
    from support.world import World

    from portal.worker.tools import Tools


@dataclass
class Office:
    """Anna's office, whose journal is reached through NHN's message service."""

    world: World
    register: Register
    nhn: MessageService
    tools: Tools

    def report(self) -> dict[str, Any]:
        """Let Anna report, and give the right to ask what becomes of it."""
        browser = self.world.browser()
        given = self.world.launch(browser, self.world.open_patient(browser, ANNA))
        assert self.world.put(given).status == 202
        return given

    def work(self) -> None:
        """Let the worker go on until nothing is due."""
        for _ in range(10):
            if not turn(self.tools):
                return
        pytest.fail("the worker finds no rest")

    def later(self, **passed: float) -> None:
        self.world.clock.ahead += timedelta(**passed)
        self.work()

    def deliveries(self) -> Sequence[DeliveryRow]:
        """Every message that was made, the newest last."""
        with self.world.database.read() as session:
            return session.scalars(select(DeliveryRow).order_by(DeliveryRow.replaces.is_not(None))).all()

    def states(self) -> list[str]:
        return [row.state for row in self.deliveries()]

    def posted(self) -> int:
        return [seen.operation for seen in self.nhn.seen].count("POST /messages")


@contextmanager
def office_at(database_url: str, folder: Path, **changes: Any) -> Iterator[Office]:
    register = Register()
    with (
        http_server(register.answer) as parties,
        living(database_url, folder, address_register=f"{parties}/cp/Parties") as world,
        message_service(world.provider) as nhn,
    ):
        portal = world.provider.config.client("portal")
        assert portal
        portal.apis[AUDIENCE] = (SCOPE,)
        with world.database.write() as session:
            registry.disable_epj(session, "epj")
            way = {"transport": "edi20", "transport_address": nhn.address}
            registry.propose_epj(session, world.epj.model_copy(update=way), "en")
            registry.approve_epj(session, "epj", "to")
        worker = {"transports": ("edi20",), "egress_allow": (nhn.address,)}
        tools = tools_of(world.settings.model_copy(update=worker | changes), world.clock)
        office = Office(world, register, nhn, replace(tools, jitter=lambda: 1.0))
        yield office
        office.tools.database.close()


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    with office_at(database_url, tmp_path) as running:
        yield running


def test_a_report_reaches_the_journal_and_its_receipt_comes_back(office: Office) -> None:
    given = office.report()
    office.work()
    office.nhn.transport("Acknowledged")
    office.work()
    office.nhn.reply("1")
    office.work()
    state = office.world.state_of(given).json()
    assert (state["sent"], state["received"], state["filed"]) == (True, True, False)
    assert [event["state"] for event in state["history"]] == ["queued", "sent", "transport_ok", "completed"]
    (message,) = office.nhn.sent
    assert (message.receiver, message.msg_id) == (99000102, office.deliveries()[0].msg_id)


def test_a_receiver_that_has_moved_gets_a_new_message_once(office: Office) -> None:
    office.report()
    office.work()
    office.register.parent = 99000111
    office.nhn.reply("2", ("E21", "Mottaker finnes ikke"))
    office.work()
    first, second = office.deliveries()
    assert (first.state, second.state, second.replaces) == ("rejected_apprec", "sent", first.id)
    old, new = office.nhn.sent
    assert old.msg_id != new.msg_id
    assert b"99000111" in new.document
    assert b"99000111" not in old.document
    new.receipt = None
    office.nhn.reply("1")
    office.work()
    assert office.states() == ["rejected_apprec", "completed"]


def test_a_receiver_that_says_it_is_not_there_and_has_not_moved_is_left_to_a_person(office: Office) -> None:
    office.report()
    office.work()
    office.nhn.reply("2", ("E21", "Mottaker finnes ikke"))
    office.work()
    assert (office.states(), office.posted()) == (["rejected_apprec"], 1)


def test_a_message_whose_answer_was_lost_is_not_sent_again(office: Office) -> None:
    office.report()
    office.nhn.faults.order("POST /messages", faults.lost)
    office.work()
    assert office.states() == ["queued"]
    office.later(seconds=2)
    assert (office.states(), office.posted()) == (["sent"], 1)
    office.nhn.reply("1")
    office.work()
    assert office.states() == ["completed"]


@pytest.mark.parametrize(("status", "state"), [("1", "completed"), ("2", "rejected_apprec")])
def test_a_receipt_decides_before_the_sender_has_heard_that_it_was_taken(
    office: Office, status: str, state: str
) -> None:
    office.report()
    office.nhn.faults.order("POST /messages", faults.lost)
    office.work()
    office.nhn.reply(status, *([("X99", "Annen feil")] if status == "2" else []))
    office.later(seconds=2)
    assert (office.states(), office.posted()) == ([state], 1)


def test_passing_trouble_is_tried_again_and_a_verdict_is_not(office: Office) -> None:
    office.report()
    office.nhn.faults.order("POST /messages", faults.status(503), faults.status(429), faults.status(403, 1202))
    office.work()
    office.later(seconds=2)
    assert office.states() == ["queued"]
    office.later(seconds=3)
    assert (office.states(), office.posted()) == (["rejected_transport"], 3)
    office.later(hours=2)
    assert office.posted() == 3


def test_a_message_that_the_service_gives_up_is_told_and_a_late_receipt_still_decides(office: Office) -> None:
    office.report()
    office.work()
    office.nhn.transport("Abandoned")
    office.work()
    assert office.states() == ["rejected_transport"]
    office.nhn.reply("1")
    office.work()
    assert office.states() == ["completed"]


def test_silence_becomes_overdue_and_a_late_receipt_still_decides(office: Office) -> None:
    office.report()
    office.work()
    office.nhn.transport("Acknowledged")
    office.work()
    office.later(hours=77)
    assert office.states() == ["overdue"]
    office.nhn.reply("1")
    office.later(hours=1)
    assert office.states() == ["completed"]


def test_a_second_receipt_changes_nothing(office: Office) -> None:
    office.report()
    office.work()
    office.nhn.reply("1")
    office.work()
    office.nhn.redelivers = True
    office.nhn.reply("2", ("X99", "Annen feil"))
    office.work()
    assert office.states() == ["completed"]


def test_nothing_is_sent_to_a_receiver_that_the_operator_has_stopped(database_url: str, tmp_path: Path) -> None:
    with office_at(database_url, tmp_path, stopped_her_ids=("99000102",)) as office:
        office.report()
        office.work()
        office.later(seconds=2)
        assert (office.states(), office.posted()) == (["queued"], 0)
        settings = office.tools.settings.model_copy(update={"stopped_her_ids": ()})
        office.tools.database.close()
        office.tools = tools_of(settings, office.world.clock)
        office.later(seconds=5)
        assert (office.states(), office.posted()) == (["sent"], 1)


def test_what_somebody_sends_to_us_is_kept_for_a_person_once(office: Office) -> None:
    office.report()
    office.work()
    told = office.nhn.take(99000102, US, office.nhn.sent[0].document)
    office.work()
    office.work()
    with office.world.database.read() as session:
        assert session.scalars(select(QuarantineRow.rule)).all() == ["unexpected message"]
    assert office.nhn.downloaded == [told.id]


def test_what_is_sent_to_us_is_heard_although_nobody_owes_us_a_receipt(office: Office) -> None:
    office.work()
    office.nhn.take(99000102, US, b"<Feilmelding><Id>1</Id></Feilmelding>")
    office.work()
    with office.world.database.read() as session:
        assert session.scalars(select(QuarantineRow.rule)).all() == ["unexpected message"]


def test_nhn_is_not_asked_all_the_time(office: Office) -> None:
    due: dict[Any, Any] = {}
    asked = []
    for _ in range(3):
        incoming.read_all(office.tools, due)
        asked.append([seen.operation for seen in office.nhn.seen].count("GET /notifications"))
        office.world.clock.ahead += timedelta(seconds=10)
    assert asked[0] == asked[1] < asked[2]


def test_version_2_brings_a_report_through_as_well(database_url: str, tmp_path: Path) -> None:
    with office_at(database_url, tmp_path, edi20_version="2") as office:
        given = office.report()
        office.work()
        office.nhn.reply("1", version="2")
        office.work()
        assert office.states() == ["completed"]
        office.world.put(given, "d-2")
        office.work()
        office.work()
        assert [message.unread for message in office.nhn.messages.values() if message.receiver == US] == [False]
