"""Path 4, elsewhere: a receiver that says it is not there is looked up again, and gets a new message once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from support.journal import turn
from support.loopback import http_server
from support.party_register import Register
from support.staging import living

from portal.store.tables.journal import DeliveryRow
from portal.worker import outgoing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.journal import Journal
    from support.world import World

    from portal.demo.browser import Browser, Page
    from portal.worker.tools import Tools

NOT_THERE = ("E21", "Mottaker finnes ikke")
MOVED = 99000111


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def world(database_url: str, tmp_path: Path, register: Register) -> Iterator[World]:
    """Its portal and its worker ask this register."""
    with (
        http_server(register.answer) as origin,
        living(database_url, tmp_path, address_register=f"{origin}/cp") as made,
    ):
        yield made


def deliveries(world: World) -> list[DeliveryRow]:
    """In the order in which they came to be."""
    with world.database.read() as session:
        rows = session.scalars(select(DeliveryRow)).all()
    return sorted(rows, key=lambda row: row.replaces is not None)


def states(world: World) -> list[str]:
    return [row.state for row in deliveries(world)]


def work(tools: Tools) -> None:
    while turn(tools):
        pass


@pytest.fixture
def given(world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal) -> dict[str, Any]:
    """A launch, one report of which was sent to where nobody is."""
    given = world.launch(*anna)
    world.put(given)
    work(tools)
    journal.reply("2", NOT_THERE)
    return given


def test_one_that_has_moved_gets_a_new_message_and_its_receipt_counts(
    world: World, given: dict[str, Any], tools: Tools, journal: Journal, register: Register
) -> None:
    register.parent = MOVED
    work(tools)
    first, second = deliveries(world)
    assert (first.state, second.state, second.replaces) == ("rejected_apprec", "sent", first.id)
    old, new = (journal.messages[row.msg_id] for row in (first, second))
    assert (b"99000111" in old, b"99000111" in new) == (False, True)
    journal.receipts.append(journal.receipt(new, "1"))
    work(tools)
    state = world.state_of(given).json()
    assert (state["state"], state["msg_id"]) == ("completed", second.msg_id)


@pytest.mark.usefixtures("given")
def test_one_that_has_not_moved_is_left_to_a_person(world: World, tools: Tools, journal: Journal) -> None:
    work(tools)
    assert (states(world), len(journal.posts)) == (["rejected_apprec"], 1)


@pytest.mark.usefixtures("given")
def test_one_that_is_not_there_either_is_left_to_a_person(
    world: World, tools: Tools, journal: Journal, register: Register
) -> None:
    register.parent = MOVED
    work(tools)
    journal.receipts.append(journal.receipt(journal.messages[deliveries(world)[1].msg_id], "2", NOT_THERE))
    work(tools)
    assert (states(world), len(journal.posts)) == (["rejected_apprec", "rejected_apprec"], 2)


@pytest.mark.usefixtures("given")
def test_a_register_that_is_silent_is_asked_again(
    world: World, tools: Tools, journal: Journal, register: Register
) -> None:
    register.parent = MOVED
    register.is_up = False
    work(tools)
    assert (states(world), len(journal.posts)) == (["rejected_apprec"], 1)
    register.is_up = True
    world.clock.ahead += timedelta(minutes=1)
    work(tools)
    assert (states(world), len(journal.posts)) == (["rejected_apprec", "sent"], 2)


@pytest.mark.usefixtures("given")
def test_a_worker_that_dies_on_the_way_leaves_one_new_message(
    world: World, tools: Tools, journal: Journal, register: Register
) -> None:
    class Killed(BaseException):
        """Ends the worker wherever it is, as a signal does."""

    def dies() -> str:
        raise Killed

    register.parent = MOVED
    with pytest.raises(Killed):
        work(replace(tools, message_id=dies))
    assert states(world) == ["rejected_apprec"]
    world.clock.ahead += outgoing.LEASE + timedelta(seconds=1)
    work(tools)
    assert (states(world), len(journal.posts)) == (["rejected_apprec", "sent"], 2)


def test_what_was_corrected_meanwhile_is_not_sent_anew(
    world: World, given: dict[str, Any], tools: Tools, journal: Journal, register: Register
) -> None:
    world.put(given, "d-2", corrects="d-1")
    outgoing.move_one(tools)
    assert len(journal.messages) == 2
    register.parent = MOVED
    work(tools)
    assert len(journal.posts) == 2
    assert sorted(states(world)) == ["rejected_apprec", "sent"]
