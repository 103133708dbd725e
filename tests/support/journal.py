"""A journal that takes messages and answers as it is told, and the worker that talks to it."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from support.loopback import Asked, Says

from portal.demo import apprec
from portal.worker import incoming, outgoing

if TYPE_CHECKING:
    from support.world import World

    from portal.worker.tools import Tools


class Journal:
    """A journal that takes messages and answers as it is told."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.address = ""
        self.messages: dict[str, bytes] = {}
        self.receipts: list[bytes] = []
        self.says: Says | None = None

    def answer(self, asked: Asked) -> Says:
        if asked.method == "POST":
            self.messages[asked.headers["x-message-id"]] = asked.body
            return self.says or Says({"id": "ref-1"}, 202)
        after = int(asked.path.partition("after=")[2] or 0)
        new = [
            {"cursor": str(number), "document": b64encode(receipt).decode()}
            for number, receipt in enumerate(self.receipts, 1)
            if number > after
        ]
        return Says({"receipts": new})

    def reply(self, status: str, *errors: tuple[str, str]) -> None:
        for message in self.messages.values():
            self.receipts.append(
                apprec.build(
                    message,
                    status=status,
                    errors=errors,
                    apprec_id=f"apprec-{len(self.receipts)}",
                    generated_at=self.world.clock(),
                )
            )


def turn(tools: Tools) -> bool:
    """What the worker does again and again."""
    incoming.read_all(tools)
    return outgoing.move_one(tools)
