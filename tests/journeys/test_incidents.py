"""One alert for one trouble: a line when it begins, a line when it is over, and a count between them."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from support.bodies import LINE
from support.journal import turn
from support.loopback import Says

if TYPE_CHECKING:
    import pytest
    from support.journal import Journal
    from support.world import World

    from portal.demo.browser import Browser, Page
    from portal.worker.tools import Tools


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
    """Level, message and key of every line about an incident."""
    lines = [record for record in caplog.records if record.name == "portal.worker.alarms"]
    assert LINE["number"] not in caplog.text
    return [(line.levelname, line.getMessage(), vars(line)["incident"]) for line in lines]


def put(world: World, anna: tuple[Browser, Page], count: int) -> None:
    given = world.launch(*anna)
    for number in range(count):
        assert world.put(given, f"d-{number}").status == 202


def test_a_transport_that_refuses_is_one_incident_until_it_takes_the_next(
    world: World,
    anna: tuple[Browser, Page],
    tools: Tools,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    put(world, anna, 4)
    journal.says = Says({}, 400)
    for _ in range(3):
        turn(tools)
    key = f"sending simulator {journal.address} upstream_refused"
    assert told(caplog) == [("ERROR", "incident opened", key)]
    journal.says = None
    turn(tools)
    assert told(caplog) == [("ERROR", "incident opened", key), ("INFO", "incident closed", key)]
    assert vars(caplog.records[-1])["events"] == 3


def test_what_the_journal_holds_against_our_message_is_one_and_against_the_patient_none(
    world: World,
    anna: tuple[Browser, Page],
    tools: Tools,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    put(world, anna, 2)
    turn(tools)
    journal.reply("2", ("E35", f"{LINE['number']} finnes ikke"))
    turn(tools)
    assert told(caplog) == []
    journal.messages = dict([journal.messages.popitem()])
    journal.reply("2", ("T02", "XML validerer ikke"))
    turn(tools)
    key = f"apprec {world.epj.id} T02"
    assert told(caplog) == [("ERROR", "incident opened", key)]


def test_silence_is_one_until_a_receipt_comes(
    world: World,
    anna: tuple[Browser, Page],
    tools: Tools,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    put(world, anna, 2)
    for _ in range(2):
        turn(tools)
    world.clock.ahead += timedelta(hours=77)
    for _ in range(2):
        turn(tools)
    key = f"overdue {world.epj.id} no_receipt"
    assert told(caplog) == [("ERROR", "incident opened", key)]
    journal.reply("1")
    turn(tools)
    assert told(caplog)[1:] == [("INFO", "incident closed", key)]


def test_what_cannot_be_read_is_one_until_something_can(
    world: World,
    anna: tuple[Browser, Page],
    tools: Tools,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    put(world, anna, 1)
    turn(tools)
    journal.receipts += [b"<AppRec/>", b"<AppRec/>"]
    turn(tools)
    key = f"unreadable simulator {journal.address} apprec"
    assert told(caplog) == [("ERROR", "incident opened", key)]
    journal.reply("1")
    turn(tools)
    assert told(caplog)[1:] == [("INFO", "incident closed", key)]


def test_a_receipt_that_contradicts_another_is_one(
    world: World,
    anna: tuple[Browser, Page],
    tools: Tools,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    put(world, anna, 2)
    turn(tools)
    journal.reply("1")
    turn(tools)
    journal.messages = dict([next(iter(journal.messages.items()))])
    journal.reply("2", ("X99", "Annen feil"))
    turn(tools)
    assert told(caplog) == [("ERROR", "incident opened", f"contradicting {world.epj.id} apprec")]
