"""Messages that are out at a journal, and what the worker makes of the receipts that come for them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from support.helseid import ANNA
from support.journal import taking, turn, working
from support.staging import living

from portal.store import audit, outbox
from portal.worker import incoming

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.journal import Journal
    from support.world import World

    from portal.demo.browser import Browser
    from portal.store.outbox import Delivery
    from portal.worker.tools import Tools

_numbers = count(1)


@dataclass
class Posted:
    """A portal with a launch whose target may put documents, the journal that they go to, and the worker between."""

    world: World
    journal: Journal
    tools: Tools
    browser: Browser
    given: dict[str, Any]

    def put(self) -> tuple[str, str]:
        """A new document: its id, and the MsgId that it was given."""
        name = f"d-{next(_numbers)}"
        accepted = self.world.put(self.given, name)
        assert accepted.status == 202, accepted.json()
        return name, accepted.json()["msg_id"]

    def send(self) -> tuple[str, bytes]:
        """A new document that has been sent: its MsgId and the message."""
        _, msg_id = self.put()
        while msg_id not in self.journal.messages:
            assert turn(self.tools)
        return msg_id, self.journal.messages[msg_id]

    def read(self, *receipts: bytes) -> None:
        """Let these come from the journal."""
        self.journal.receipts += receipts
        incoming.read_all(self.tools)

    def delivery(self, msg_id: str) -> Delivery:
        with self.world.database.read() as session:
            found = outbox.by_msg_id(session, msg_id)
        assert found
        return found

    def state(self, msg_id: str) -> str:
        return str(self.delivery(msg_id).state)

    def audited(self) -> list[str]:
        """What was audited of receipts, in order."""
        with self.world.database.read() as session:
            return [str(row["outcome"]) for row in audit.export(session) if row["action"] == "apprec"]

    def quarantined(self) -> list[str]:
        """The rules that what was put aside breaks, in order."""
        with self.world.database.read() as session:
            rules = "SELECT rule FROM quarantine ORDER BY id"
            return list(session.connection().exec_driver_sql(rules).scalars().all())


@contextmanager
def posted(database_url: str, folder: Path) -> Iterator[Posted]:
    """Serve it until the block ends."""
    with living(database_url, folder) as world, taking(world) as journal, working(world, journal) as tools:
        browser = world.browser()
        given = world.launch(browser, world.open_patient(browser, ANNA))
        yield Posted(world, journal, tools, browser, given)
