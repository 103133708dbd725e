"""Our authorization server under attack: Anna at her patient, two targets, and what a refusal must be."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import repeat
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.bodies import LINE, answered
from support.helseid import ANNA
from support.raw_target import STATE, RawTarget
from support.siege import Lines, listening
from support.staging import living

from portal.demo.browser import Hop
from portal.store import audit, registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests
    from support.world import Profile, World

    from portal.demo.browser import Browser, Page
    from portal.domain.client_registration import Client

TARGET, OTHER = "demo-melding", "demo-annen"
# What is `invalid_request` in the words of OAuth.
_OF_HTTP = {"bad_request", "method_not_allowed", "length_required", "body_too_large"}


@dataclass
class Gate:
    """One portal with its targets; `anna` has a patient open, and `listed` is the page of it."""

    world: World
    lines: Lines = field(repr=False)
    audited_before: int = 0

    def __post_init__(self) -> None:
        self.target, self.other = RawTarget(self.world, TARGET), RawTarget(self.world, OTHER)
        self._registered = {client_id: self.registered(client_id) for client_id in (TARGET, OTHER)}
        self.come_in()

    def come_in(self) -> None:
        """Let Anna log in and open a patient."""
        self.anna = self.world.browser()
        self.listed = self.world.open_patient(self.anna, ANNA)

    def begin_anew(self) -> None:
        """Let the next test find the right time and registrations, and nothing said or done."""
        self.world.clock.ahead = timedelta(0)
        for client_id, registered in self._registered.items():
            if registered and self.registered(client_id) != registered:
                self.world.put_in_force(registered)
        self.forget()

    def forget(self) -> None:
        """From here on counts what is said and done."""
        self.lines.forget()
        self.audited_before = len(self._audit())

    def registered(self, client_id: str = TARGET) -> Client | None:
        """What is in force of a target."""
        with self.world.database.read() as session:
            return registry.client(session, client_id)

    def disable(self) -> None:
        """Take the target out of force, and count from here."""
        with self.world.database.write() as session:
            registry.disable_client(session, TARGET)
        self.forget()

    def handle(self) -> str:
        """The handle of a new launch."""
        return self.target.keep(self.world.handle(self.anna, self.listed))

    def authorize(self, request_uri: str, browser: Browser | None = None, /, **changes: str) -> Page:
        """A browser, Anna's unless another is given, at the authorization endpoint with what was pushed."""
        query = {"client_id": TARGET, "request_uri": request_uri} | changes
        return self.ask(query, browser)

    def ask(
        self, query: dict[str, str] | list[tuple[str, str]] | str, browser: Browser | None = None, method: str = "GET"
    ) -> Page:
        """The authorization endpoint, not followed; a POST comes from the target's own page."""
        url, written = f"{self.world.origin}/oauth/authorize", query if isinstance(query, str) else urlencode(query)
        if method == "GET":
            return (browser or self.anna).step(Hop("GET", f"{url}?{written}"))
        return (browser or self.anna).step(
            Hop("POST", url, dict(parse_qsl(written, keep_blank_values=True)), "https://target.test")
        )

    def code(self, headers: dict[str, str] | None = None, /, **changes: Any) -> str:
        """A code for a new launch."""
        page = self.authorize(self.target.pushed(self.handle(), headers, **changes))
        return self.target.keep(answered(page)["code"])

    def given(self, **changes: Any) -> dict[str, Any]:
        """A whole launch: the token response."""
        answer = self.target.redeem(self.code(**changes))
        assert answer.status_code == 200, answer.text
        given: dict[str, Any] = answer.json()
        self.target.secrets |= {value for name, value in given.items() if name.endswith("_token")}
        return given

    def audited(self, action: str) -> list[str]:
        """How everything of a kind has ended since the test began."""
        since = self._audit()[self.audited_before :]
        return [line["outcome"] for line in since if line.get("action") == action]

    def refused(self, answer: requests.Response, status: int, error: str) -> None:
        """RFC 6749 §5.2: JSON that nobody stores, tells nothing, leads nowhere, and has its reason in one log line."""
        assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Pragma"] == "no-cache"
        assert answer.json().keys() == {"error", "error_description"}
        self._leads_nowhere(answer, error)

    def stopped(self, page: Page, status: int = 400, code: str | None = None) -> None:
        """A page in Norwegian, as long as nobody knows where else the answer could go."""
        answer = page.response
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert page.tree.get("lang") == "nb"
        self._leads_nowhere(answer, code)

    def sent_back(self, page: Page, error: str, callback: str | None = None, state: str | None = STATE) -> None:
        """A 303 to the registered address, with the error, `state` as it came, and `iss` (RFC 9207)."""
        answer = page.response
        assert answer.status_code == 303, answer.text
        where = urlsplit(answer.headers["Location"])
        assert where._replace(query="").geturl() == (callback or self.target.callback)
        said = dict(parse_qsl(where.query, strict_parsing=True))
        said.pop("error_description", None)
        expected = {"error": error, "state": state, "iss": self.world.origin}
        assert said == {name: value for name, value in expected.items() if value is not None}
        assert answer.headers["Cache-Control"] == "no-store"
        self._is_noted(answer, error)

    def nothing_is_told(self, answer: requests.Response) -> None:
        """Nothing secret stands in an answer or in any line of the log."""
        told = "\n".join([answer.text, str(answer.headers), *self.lines.said])
        secret = self.target.secrets | self.other.secrets | {LINE["number"], LINE["family"], ANNA.pid, "Traceback"}
        assert [one for one in secret if one in told] == []

    def is_known(self, **claims: Any) -> None:
        """Believed at every endpoint."""
        answers = list(self.target.everywhere(self.target.assertion(**claims) for _ in range(4)))
        assert [answer.status_code for answer in answers] == [201, 400, 200, 200]
        assert answers[1].json()["error"] == "invalid_grant"
        self.lines.forget()

    def is_nobody(self, *assertions: str) -> None:
        """Refused at every endpoint, and nothing is given."""
        for one in assertions:
            self.target.keep(one)
            for answer in self.target.everywhere(repeat(one)):
                self.refused(answer, 401, "invalid_client")

    def _leads_nowhere(self, answer: requests.Response, code: str | None) -> None:
        assert answer.headers["Cache-Control"] == "no-store"
        assert not answer.headers.keys() & {"Location", "Refresh", "Set-Cookie"}
        self._is_noted(answer, code)

    def _is_noted(self, answer: requests.Response, code: str | None) -> None:
        said = [line.__dict__["code"] for line in self.lines.records if line.getMessage() == "refused"]
        assert len(said) == 1, said
        assert code in {None, "invalid_request" if said[0] in _OF_HTTP else said[0]}
        self.nothing_is_told(answer)
        self.lines.forget()

    def _audit(self) -> list[dict[str, Any]]:
        with self.world.database.read() as session:
            return [line for line in audit.export(session) if "action" in line]


@contextmanager
def gate(database_url: str, folder: Path, profile: Profile, **changes: Any) -> Iterator[Gate]:
    """Serve until the block ends; `changes` are settings. Both targets sign people on by us, too."""
    lines = Lines()
    with living(database_url, folder, profile, **changes) as world, listening(lines):
        for client_id in (TARGET, OTHER):
            world.change(client_id, sign_on=True, refresh="online" if profile == "classic" else "none")
        yield Gate(world, lines)
