"""Path 4, side by side: what cannot be sent holds up nothing but the corrections of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from support.journal import Stopped, turn
from support.loopback import Says

from portal.adapters.http import Egress
from portal.adapters.transport.simulator import Simulator

if TYPE_CHECKING:
    from support.journal import Journal
    from support.world import World

    from portal.adapters.transport.contract import Handed, Parcel
    from portal.demo.browser import Browser, Page
    from portal.worker.tools import Tools


class Poisoned(Simulator):
    """Never gets one of the messages across."""

    def __init__(self, journal: Journal, poison: str) -> None:
        super().__init__(Egress({journal.address}))
        self.poison, self.tried = poison, 0

    def send(self, parcel: Parcel) -> Handed:
        if parcel.note.msg_id == self.poison:
            self.tried += 1
            raise KeyError("a slip")
        return super().send(parcel)


def state(world: World, given: dict[str, str], name: str) -> str:
    return str(world.state_of(given, name).json()["state"])


def test_a_message_that_always_fails_holds_up_no_other_and_is_set_aside(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    poison = world.put(given, "d-0").json()["msg_id"]
    poisoned = Poisoned(journal, poison)
    slipping = replace(tools, transports={"simulator": poisoned})
    for number in range(1, 4):
        world.put(given, f"d-{number}")
    for _ in range(4):
        assert turn(slipping)
    assert [state(world, given, f"d-{number}") for number in range(4)] == ["queued", "sent", "sent", "sent"]
    while poisoned.tried < 32:
        world.clock.ahead += timedelta(hours=1)
        turn(slipping)
    world.clock.ahead += timedelta(hours=1)
    assert not turn(slipping)
    with world.database.read() as session:
        states = session.connection().exec_driver_sql("SELECT state FROM delivery").scalars().all()
    assert sorted(states) == ["rejected_transport", "sent", "sent", "sent"]


def test_a_correction_never_overtakes_what_it_corrects(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    first = world.put(given, "d-1").json()["msg_id"]
    second = world.put(given, "d-2", corrects="d-1").json()["msg_id"]
    third = world.put(given, "d-3", corrects="d-2").json()["msg_id"]
    other = world.put(given, "d-4").json()["msg_id"]
    clock = Stopped(world.clock())
    still = replace(tools, now=clock)
    journal.says = Says({}, 503)
    assert turn(still)
    assert journal.posts == [first]
    journal.says = None
    clock.at += timedelta(milliseconds=999)
    assert turn(still)
    assert not turn(still)
    assert list(journal.messages) == [other]
    clock.at += timedelta(milliseconds=1)
    while turn(still):
        pass
    assert list(journal.messages) == [other, first, second, third]


def test_a_correction_goes_on_when_what_it_corrects_was_given_up(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    world.put(given, "d-1")
    second = world.put(given, "d-2", corrects="d-1").json()["msg_id"]
    journal.says = Says({}, 400)
    assert turn(tools)
    journal.says = None
    assert turn(tools)
    assert list(journal.messages) == [second]
    assert (state(world, given, "d-1"), state(world, given, "d-2")) == ("rejected_transport", "sent")
