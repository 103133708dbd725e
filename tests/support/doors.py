"""Both doors of one portal: an EPJ's server at door A, a journal system's SMART server that lies on order at door B."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sqlalchemy import func, select
from support.bodies import LINE
from support.helseid import ANNA
from support.keys import ec, rsa
from support.lying_epj import NUMBER, LyingEpj, lying_epj, our_key
from support.siege import Lines, listening
from support.staging import living

from portal.demo.browser import Hop
from portal.domain.registration import Epj
from portal.store import registry
from portal.store.tables.launches import ContextRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.world import World

    from portal.demo.browser import Browser, Page

HANDLE = "launch-of-the-journal-0123456789"


@dataclass
class Doors:
    """`epj` is the SMART server, registered as `smart-epj`; Anna is at work in it."""

    world: World
    epj: LyingEpj
    lines: Lines = field(repr=False)

    def begin(self, browser: Browser, **changes: str) -> Page:
        """The EPJ sends a browser to /launch; the answer, not followed."""
        return self.ask(browser, "/launch", {"iss": self.epj.base, "launch": HANDLE} | changes)

    def ask(self, browser: Browser, path: str, query: dict[str, str] | list[tuple[str, str]] | str) -> Page:
        """One request with this query, not followed."""
        written = query if isinstance(query, str) else urlencode(query)
        return browser.step(Hop("GET", f"{self.world.origin}{path}?{written}"))

    def answer(self, begun: Page, **changes: str) -> dict[str, str]:
        """What the EPJ's authorization server sends back for a launch that has begun."""
        assert begun.status == 303, begun.text
        address = begun.response.headers["Location"]
        state = dict(parse_qsl(urlsplit(address).query))["state"]
        self.epj.now = self.world.clock()
        return {"code": self.epj.follow(address), "state": state, "iss": self.epj.configuration["issuer"]} | changes

    def bring(self, browser: Browser, answer: dict[str, str] | list[tuple[str, str]] | str) -> Page:
        """The browser comes back to us with it; the answer, not followed."""
        return self.ask(browser, "/launch/callback", answer)

    def launch(self, browser: Browser, **changes: str) -> Page:
        """A whole launch up to where the patient waits for the login here."""
        return self.bring(browser, self.answer(self.begin(browser), **changes))

    def opened(self) -> int:
        """How many contexts there are."""
        with self.world.database.read() as session:
            return session.scalar(select(func.count()).select_from(ContextRow)) or 0

    def refused(self, page: Page, status: int, code: str) -> None:
        """A page in Norwegian that leads nowhere and shows no patient; its reason stands in the log."""
        headers, said = page.response.headers, self.lines.records
        refusals = [line.__dict__["code"] for line in said if line.getMessage() == "refused"]
        assert (page.status, refusals[-1:]) == (status, [code]), page.text
        assert page.tree.get("lang") == "nb"
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert not headers.keys() & {"Location", "Refresh"}
        self.nothing_is_told(page)

    def nothing_is_told(self, page: Page) -> None:
        """Neither the answer nor any line of the log names a patient, a number, a handle or a token."""
        told = "\n".join([page.response.text, str(page.response.headers), *self.lines.said])
        secret = {LINE["number"], NUMBER, ANNA.pid, LINE["family"], "Fjellheim", HANDLE, "at-1", "Traceback"}
        assert [one for one in secret if one in told] == []


@contextmanager
def doors(database_url: str, folder: Path, **changes: Any) -> Iterator[Doors]:
    """Serve until the block ends; `changes` are settings."""
    lines, keys = Lines(), (ec("catalogue").private, our_key(), rsa("sign-on").private)
    with lying_epj() as epj, living(database_url, folder, signing_keys=keys, **changes) as world, listening(lines):
        epj.now = world.clock()
        # The register does not know it; write-back is no matter here.
        epj.resources["Organization/o-1"]["identifier"].pop()
        register_smart(world, Epj(id="smart-epj", name="SmartEPJ", smart=epj.registered()))
        yield Doors(world, epj, lines)


def register_smart(world: World, registration: Epj) -> None:
    """Put an EPJ in force, in place of the one with its id."""
    with world.database.write() as session:
        registry.disable_epj(session, registration.id)
        registry.propose_epj(session, registration, "en")
        registry.approve_epj(session, registration.id, "to")
