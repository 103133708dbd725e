"""Path 4, again: what a journal's answer means for the next attempt, and when that is: from 1 s to 1 h, 32 times."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from support.journal import Stopped, turn
from support.loopback import Says

from portal.store import outbox

if TYPE_CHECKING:
    from support.journal import Journal
    from support.world import World

    from portal.demo.browser import Browser, Page
    from portal.store.outbox import Delivery
    from portal.worker.tools import Tools

FINAL = (400, 403, 404, 423)
HEALS = (408, 425, 429, 500, 503)
DELAYS = (1, 2, 4, 8, 16, 30, *[300] * 3, *[900] * 3, *[3600] * 19)


def delivery(world: World, msg_id: str) -> Delivery:
    with world.database.read() as session:
        found = outbox.by_msg_id(session, msg_id)
    assert found
    return found


def test_an_answer_that_time_cannot_change_sets_a_message_aside_and_another_has_it_tried_again(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    became = {}
    for status in (*FINAL, *HEALS):
        msg_id = world.put(given, f"d-{status}").json()["msg_id"]
        journal.says = Says({}, status)
        while not journal.posts or journal.posts[-1] != msg_id:
            assert turn(tools)
        became[status] = delivery(world, msg_id)
    assert [became[status].state for status in FINAL] == ["rejected_transport"] * len(FINAL)
    assert [became[status].due_at for status in FINAL] == [None] * len(FINAL)
    assert [became[status].state for status in HEALS] == ["queued"] * len(HEALS)
    assert all(became[status].due_at for status in HEALS)


def test_a_journal_that_stays_away_is_tried_32_times_at_its_times_and_then_a_person_is_asked(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    msg_id = world.put(world.launch(*anna)).json()["msg_id"]
    journal.says = Says({}, 503)
    clock = Stopped(world.clock())
    still = replace(tools, now=clock)
    for seconds in DELAYS:
        assert turn(still)
        due_at = clock.at + timedelta(seconds=seconds)
        assert (delivery(world, msg_id).state, delivery(world, msg_id).due_at) == ("queued", due_at)
        assert not turn(still)
        clock.at = due_at
    assert turn(still)
    assert (delivery(world, msg_id).state, delivery(world, msg_id).due_at) == ("rejected_transport", None)
    assert len(journal.posts) == 32


def test_a_journal_that_nobody_answers_for_is_tried_again(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    msg_id = world.put(world.launch(*anna)).json()["msg_id"]
    journal.loses = 1
    assert turn(tools)
    assert delivery(world, msg_id).state == "queued"
