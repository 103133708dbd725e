"""Path 4, back: every receipt that a journal may send, in any order, and what nobody may make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from support.journal import turn

from portal.adapters.http import Egress
from portal.adapters.transport.simulator import Simulator
from portal.domain.xml import APPREC_1_0, APPREC_1_1
from portal.store import audit
from portal.worker import incoming, outgoing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from support.journal import Journal
    from support.world import World

    from portal.adapters.transport.contract import Handed, Parcel
    from portal.demo.browser import Browser, Page
    from portal.worker.tools import Tools


def audited(world: World) -> list[str]:
    """What was audited of receipts, in order."""
    with world.database.read() as session:
        return [str(row["outcome"]) for row in audit.export(session) if row["action"] == "apprec"]


def states(world: World, given: dict[str, str]) -> list[str]:
    return [event["state"] for event in world.state_of(given).json()["history"]]


def test_the_first_receipt_is_final_and_what_contradicts_it_is_flagged(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    world.put(given)
    turn(tools)
    journal.reply("1")
    journal.receipts *= 2
    turn(tools)
    world.put(given, "d-2")
    journal.reply("2", ("X99", "Annen feil"))
    turn(tools)
    turn(tools)
    assert states(world, given) == ["queued", "sent", "completed"]
    assert audited(world) == ["completed", "after_another", "contradicts"]


def test_a_receipt_that_comes_before_the_senders_own_answer_has_the_last_word(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    class Slow(Simulator):
        def send(self, parcel: Parcel) -> Handed:
            handed = super().send(parcel)
            journal.reply("1")
            incoming.read_all(tools)
            return handed

    given = world.launch(*anna)
    world.put(given)
    assert outgoing.move_one(replace(tools, transports={"simulator": Slow(Egress({journal.address}))}))
    state = world.state_of(given).json()
    assert (state["state"], state["sent"], state["received"]) == ("completed", True, True)
    assert states(world, given) == ["queued", "completed"]
    world.clock.ahead += timedelta(hours=2)
    assert not turn(tools)
    assert len(journal.posts) == 1


def test_silence_becomes_overdue_and_a_late_receipt_still_decides(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    world.put(world.launch(*anna))
    turn(tools)
    world.clock.ahead += timedelta(hours=77)
    assert turn(tools)
    assert delivered(world) == ["overdue"]
    journal.reply("1")
    turn(tools)
    assert delivered(world) == ["completed"]


def test_a_receipt_for_nobodys_message_is_noted_and_hides_none_behind_it(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    msg_id = world.put(given).json()["msg_id"]
    turn(tools)
    unknown = journal.messages[msg_id].replace(msg_id.encode(), b"0f0e0d0c-0000-4000-8000-00000000ffff")
    journal.receipts += [journal.receipt(unknown, "1"), b"<not a receipt"]
    journal.reply("1")
    turn(tools)
    assert world.state_of(given).json()["state"] == "completed"
    assert audited(world) == ["unmatched", "unreadable", "completed"]


def test_a_receipt_from_another_her_id_than_the_receivers_decides_nothing(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    msg_id = world.put(given).json()["msg_id"]
    turn(tools)
    elsewhere = journal.messages[msg_id].replace(b"99000102", b"88000102").replace(b"99000101", b"88000101")
    journal.receipts.append(journal.receipt(elsewhere, "2", ("X99", "Annen feil")))
    turn(tools)
    assert world.state_of(given).json()["state"] == "sent"
    journal.reply("1")
    turn(tools)
    assert world.state_of(given).json()["state"] == "completed"
    assert audited(world) == ["unmatched", "completed"]


def test_both_versions_of_a_receipt_are_read(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    for name in ("d-1", "d-2"):
        world.put(given, name)
        turn(tools)
    for message, version in zip(journal.messages.values(), (APPREC_1_0, APPREC_1_1), strict=True):
        made = journal.receipt(message, "3", ("X99", "Annen feil"))
        journal.receipts.append(made.replace(APPREC_1_1.encode(), version.encode()))
    turn(tools)
    assert [world.state_of(given, name).json()["state"] for name in ("d-1", "d-2")] == ["completed"] * 2
    assert audited(world) == ["X99", "X99"]


def test_a_receipt_that_cannot_be_taken_in_is_kept_and_holds_up_none_behind_it(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    for name in ("d-1", "d-2"):
        world.put(given, name)
        turn(tools)
    journal.reply("1")
    broken = replace(tools, now=_slips_once(world))
    incoming.read_all(broken)
    done = [world.state_of(given, name).json()["state"] for name in ("d-1", "d-2")]
    assert done == ["sent", "completed"]
    with world.database.read() as session:
        kept = session.connection().exec_driver_sql("SELECT rule FROM quarantine").scalars().all()
    assert kept == ["ZeroDivisionError"]


def _slips_once(world: World) -> Callable[[], datetime]:
    """A clock that fails the third time that it is asked: in the middle of the first receipt."""
    asked: list[int] = []

    def now() -> datetime:
        asked.append(1)
        if len(asked) == 3:
            raise ZeroDivisionError
        return world.clock()

    return now


def delivered(world: World) -> list[str]:
    """Where each delivery is, also when the target's grant is over."""
    with world.database.read() as session:
        return list(session.connection().exec_driver_sql("SELECT state FROM delivery").scalars().all())
