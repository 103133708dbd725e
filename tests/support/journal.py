"""A journal that takes messages and answers as it is told, and the worker that talks to it."""

from __future__ import annotations

from base64 import b64encode
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from support.loopback import Asked, Says, http_server

from portal.demo import apprec
from portal.store import registry
from portal.worker import incoming, outgoing
from portal.worker.tools import tools_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from support.world import World

    from portal.worker.tools import Tools


class Journal:
    """A journal that takes messages and answers as it is told; each post that it was sent is in `posts`.

    With `loses` it takes that many messages and loses its answer on the way; with `says` it takes none.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.address = ""
        self.messages: dict[str, bytes] = {}
        self.posts: list[str] = []
        self.asked_for: list[str] = []
        self.receipts: list[bytes] = []
        self.says: Says | None = None
        self.loses = 0

    def answer(self, asked: Asked) -> Says:
        if asked.method == "POST":
            return self._take(asked)
        if asked.path.startswith("/messages/"):
            msg_id = asked.path.rpartition("/")[2]
            self.asked_for.append(msg_id)
            return Says({"id": f"ref-{msg_id}"}) if msg_id in self.messages else Says({}, 404)
        after = int(asked.path.partition("after=")[2] or 0)
        new = [
            {"cursor": str(number), "document": b64encode(receipt).decode()}
            for number, receipt in enumerate(self.receipts, 1)
            if number > after
        ]
        return Says({"receipts": new})

    def reply(self, status: str, *errors: tuple[str, str]) -> None:
        """Answer every message that was taken."""
        for message in self.messages.values():
            self.receipts.append(self.receipt(message, status, *errors))

    def receipt(self, message: bytes, status: str, *errors: tuple[str, str]) -> bytes:
        """An AppRec with an id of its own."""
        number = len(self.receipts)
        made_at = self.world.clock()
        return apprec.build(message, status=status, errors=errors, apprec_id=f"apprec-{number}", generated_at=made_at)

    def _take(self, asked: Asked) -> Says:
        msg_id = asked.headers["x-message-id"]
        self.posts.append(msg_id)
        if self.says:
            return self.says
        self.messages[msg_id] = asked.body
        if self.loses:
            self.loses -= 1
            return Says(b"", headers={"Content-Length": "1", "Connection": "close"})
        return Says({"id": f"ref-{msg_id}"}, 202)


@contextmanager
def taking(world: World) -> Iterator[Journal]:
    """Serve the journal of the world's EPJ at the address that it registers."""
    journal = Journal(world)
    with http_server(journal.answer) as address:
        journal.address = address
        with world.database.write() as session:
            registry.disable_epj(session, "epj")
            registry.propose_epj(session, world.epj.model_copy(update={"transport_address": address}), "en")
            registry.approve_epj(session, "epj", "to")
        yield journal


@contextmanager
def working(world: World, journal: Journal) -> Iterator[Tools]:
    """A worker with the world's clock, that waits as long as its delays are."""
    made = tools_of(world.settings.model_copy(update={"egress_allow": (journal.address,)}), world.clock)
    try:
        yield replace(made, jitter=lambda: 1.0)
    finally:
        made.database.close()


class Stopped:
    """A clock that stands still until it is turned."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def turn(tools: Tools) -> bool:
    """What the worker does again and again."""
    incoming.read_all(tools)
    return outgoing.move_one(tools)
