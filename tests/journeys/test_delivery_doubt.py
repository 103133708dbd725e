"""Path 4, in doubt: a message whose answer was lost is asked for before it is sent again, and arrives once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.journal import turn
from support.loopback import Says

from portal.domain.delivery import State, Step
from portal.store import outbox, wishes
from portal.worker import outgoing

if TYPE_CHECKING:
    from support.journal import Journal
    from support.world import World

    from portal.demo.browser import Browser, Page
    from portal.store.outbox import Delivery
    from portal.worker.tools import Tools


def state(world: World, given: dict[str, str], name: str = "d-1") -> str:
    return str(world.state_of(given, name).json()["state"])


def claim(world: World, tools: Tools) -> Delivery:
    with tools.database.write() as session:
        claimed = outbox.claim(session, world.clock(), outgoing.LEASE)
    assert claimed
    return claimed


def test_a_message_whose_answer_was_lost_is_found_and_not_sent_again(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    msg_id = world.put(given).json()["msg_id"]
    journal.loses = 1
    assert turn(tools)
    assert state(world, given) == "queued"
    world.clock.ahead += timedelta(seconds=2)
    assert turn(tools)
    assert (journal.posts, journal.asked_for) == ([msg_id], [msg_id])
    assert state(world, given) == "sent"
    journal.reply("1")
    turn(tools)
    assert state(world, given) == "completed"


def test_a_message_that_did_not_arrive_is_sent_again_as_the_same_bytes(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    msg_id = world.put(given).json()["msg_id"]
    journal.says = Says({}, 500)
    assert turn(tools)
    journal.says = None
    world.clock.ahead += timedelta(seconds=2)
    assert turn(tools)
    assert (journal.posts, journal.asked_for) == ([msg_id, msg_id], [msg_id])


def test_the_message_of_a_killed_worker_is_found_once_its_lease_is_over(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    class Killed(BaseException):
        """Ends the worker wherever it is, as a signal does."""

    def dies() -> float:
        raise Killed

    given = world.launch(*anna)
    msg_id = world.put(given).json()["msg_id"]
    with pytest.raises(Killed):
        turn(replace(tools, jitter=dies))
    assert journal.posts == [msg_id]
    assert state(world, given) == "queued"
    assert not turn(tools)
    world.clock.ahead += outgoing.LEASE + timedelta(seconds=1)
    assert turn(tools)
    assert journal.posts == [msg_id]
    assert state(world, given) == "sent"


def test_the_late_answer_of_a_worker_that_lost_its_lease_is_fenced(
    world: World, anna: tuple[Browser, Page], tools: Tools
) -> None:
    given = world.launch(*anna)
    world.put(given)
    dead = claim(world, tools)
    assert not turn(tools)
    world.clock.ahead += outgoing.LEASE + timedelta(seconds=1)
    assert turn(tools)
    with tools.database.write() as session:
        assert not outbox.settle(session, dead, Step(State.QUEUED, world.clock()), world.clock())
    assert state(world, given) == "sent"


def test_a_message_that_ends_every_worker_is_set_aside(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    world.put(given)
    for _ in range(32):
        claim(world, tools)
        world.clock.ahead += outgoing.LEASE
    assert turn(tools)
    assert state(world, given) == "rejected_transport"
    assert not journal.posts


def test_what_was_taken_and_lost_is_really_sent_again_when_a_person_wants_it(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    msg_id = world.put(world.launch(*anna)).json()["msg_id"]
    turn(tools)
    world.clock.ahead += timedelta(hours=77)
    turn(tools)
    with world.database.write() as session:
        overdue = outbox.by_msg_id(session, msg_id)
        assert overdue
        assert overdue.state is State.OVERDUE
        assert wishes.send_again(session, overdue, world.clock())
    assert turn(tools)
    assert (journal.posts, journal.asked_for) == ([msg_id, msg_id], [])


def test_what_nobody_heard_of_is_asked_for_when_a_person_wants_it_sent_again(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    msg_id = world.put(given).json()["msg_id"]
    journal.loses = 1
    turn(tools)
    with world.database.write() as session:
        lost = outbox.by_msg_id(session, msg_id)
        assert lost
        outbox.move(session, lost, Step(State.REJECTED_TRANSPORT, None), world.clock())
    with world.database.write() as session:
        lost = outbox.by_msg_id(session, msg_id)
        assert lost
        assert wishes.send_again(session, lost, world.clock())
    assert turn(tools)
    assert (journal.posts, journal.asked_for) == ([msg_id], [msg_id])
    assert state(world, given) == "sent"
