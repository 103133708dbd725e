"""A portal whose HelseID lies, browsers that attack it, and what must hold of every refusal."""

from __future__ import annotations

import logging
import re
import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import requests
from lxml import html
from support.catalogue import demo_catalogue
from support.helseid import Clock
from support.liar import TOKEN, Liar, lying
from support.staging import free_port, register, served, settings_for

from portal.adapters.log_lines import JsonLines
from portal.app import Edges, create_app, publish
from portal.store import audit
from portal.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from flask import Flask

    from portal.settings import Settings

CALLBACK = "/login/callback"
SESSION = "portal-session"
Parameters = dict[str, str] | list[tuple[str, str]] | str


class Lines(logging.Handler):
    """Everything that any logger says, as it stands in the log."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.said: list[str] = []
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))
        self.records.append(record)


class Visitor:
    """A browser that follows nothing by itself and sends an address as it was written."""

    def __init__(self, siege: Siege) -> None:
        self._siege = siege
        self._jar = requests.Session()
        self._jar.trust_env = False
        self.cookies = self._jar.cookies

    def ask(self, path: str, method: str = "GET", **sent: Any) -> requests.Response:
        request = self._jar.prepare_request(requests.Request(method, self._siege.origin, **sent))
        # Otherwise requests would mend what is meant to be broken.
        request.url = f"{self._siege.origin}{path}"
        return self._jar.send(request, allow_redirects=False, timeout=20)

    def shout(self, target: bytes, *headers: bytes) -> requests.Response:
        """Send a request line byte for byte; what is said in cookies is not remembered."""
        where = urlsplit(self._siege.origin)
        lines = [b"GET %s HTTP/1.1" % target, b"Host: %s" % where.netloc.encode(), *headers]
        if self.cookies:
            lines.append(b"Cookie: %s" % self.jar())
        with socket.create_connection((where.hostname or "", where.port or 0), timeout=20) as connection:
            connection.sendall(b"\r\n".join([*lines, b"Connection: close", b"", b""]))
            heard = HTTPResponse(connection)
            heard.begin()
            return _answer(heard, f"{self._siege.origin}{target.decode('latin-1')}")

    def jar(self) -> bytes:
        """Every cookie, as a header has them."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies).encode()

    def leave_for_helseid(self, next_page: str = "/mine", **more: str) -> str:
        """Ask for a login: the address at HelseID."""
        answer = self.ask(f"/login?{urlencode({'next': next_page, **more})}")
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def begin(self, next_page: str = "/mine") -> dict[str, str]:
        """Log in at HelseID: what is to be brought back, in a form that a test can mangle."""
        return self._siege.liar.log_in(self.leave_for_helseid(next_page))

    def bring(self, parameters: Parameters) -> requests.Response:
        """Come back from HelseID with these."""
        query = parameters if isinstance(parameters, str) else urlencode(parameters)
        return self.ask(f"{CALLBACK}?{query}")

    def log_in(self, next_page: str = "/mine") -> requests.Response:
        return self.bring(self.begin(next_page))

    def is_in(self) -> bool:
        return self.ask("/mine").status_code == 200

    @property
    def session(self) -> str | None:
        return self.cookies.get(SESSION)


@dataclass
class Siege:
    """One portal with its liar; `clock` is the portal's own."""

    app: Flask
    settings: Settings
    liar: Liar
    database: Database
    clock: Clock
    lines: Lines = field(repr=False)

    @property
    def origin(self) -> str:
        return self.settings.base_url

    def visitor(self) -> Visitor:
        return Visitor(self)

    def attack(self, **mangled: str) -> requests.Response:
        """One whole login of somebody new, with these parameters of the callback instead of the right ones."""
        visitor = self.visitor()
        return visitor.bring(visitor.begin() | mangled)

    def token_calls(self) -> int:
        return self.liar.count(TOKEN)

    def audited(self, action: str = "login") -> list[str]:
        """How everything of a kind has ended, as the audit log knows it, the latest last."""
        with self.database.read() as session:
            return [line["outcome"] for line in audit.export(session) if line.get("action") == action]

    def refused(self, answer: requests.Response, status: int, code: str, rule: str | None = None) -> None:
        """The answer is a Norwegian page that says nothing, leads nowhere, and has its reason in the log alone."""
        assert (answer.status_code, self.reason(answer)) == (status, code), self.lines.said
        assert rule is None or rule == self._line(answer).__dict__["rule"]
        if urlsplit(answer.url).path == CALLBACK:
            assert self.audited()[-1] == code
        _leads_nowhere(answer)
        self.nothing_is_told(answer)
        page = html.document_fromstring(answer.text)
        assert page.get("lang") == "nb"
        assert self.ways_on(answer), "no way to try again"

    def reason(self, answer: requests.Response) -> str:
        """The code that the log has for the reference on the page."""
        return str(self._line(answer).__dict__["code"])

    def nothing_is_told(self, answer: requests.Response) -> None:
        """Nothing of what was secret stands in the answer or in any line of the log."""
        told = "\n".join([answer.text, str(answer.headers), *self.lines.said])
        assert "Traceback" not in told
        assert [secret for secret in self.liar.secrets if secret in told] == []

    def ways_on(self, answer: requests.Response) -> list[str]:
        """The links of a page that lead to a login."""
        links = html.document_fromstring(answer.text).xpath("//main//a/@href")
        return [str(link) for link in links if urlsplit(str(link))[:3] == ("", "", "/login")]

    def nobody_came_in(self, visitor: Visitor) -> None:
        assert visitor.session is None
        assert not visitor.is_in()
        assert self.audited()[-1:] != ["ok"]

    def _line(self, answer: requests.Response) -> logging.LogRecord:
        reference = re.search(r"<code>([\w-]{12})</code>", answer.text)
        assert reference, f"{answer.status_code} without a reference: {answer.text}"
        (line,) = [one for one in self.lines.records if one.__dict__.get("reference") == reference[1]]
        return line


def _answer(heard: HTTPResponse, url: str) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.url, answer.encoding = heard.status, url, "utf-8"
    answer.headers.update(heard.getheaders())
    answer._content = heard.read()  # noqa: SLF001  requests has no other way to make one
    return answer


def _leads_nowhere(answer: requests.Response) -> None:
    headers: Mapping[str, str] = answer.headers
    assert headers["Cache-Control"] == "no-store"
    assert not headers.keys() & {"Location", "Refresh", "location", "refresh"}
    assert SESSION not in headers.get("Set-Cookie", "")
    assert headers["Content-Type"].startswith("text/html")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def own_page(siege: Siege, answer: requests.Response) -> str:
    """The path of ours that a redirect leads to."""
    assert answer.status_code == 303, answer.text
    where = urlsplit(answer.headers["Location"])
    assert (where.scheme, where.netloc) in {("", ""), tuple(urlsplit(siege.origin)[:2])}
    assert where.path.startswith("/")
    assert not where.path.startswith("//")
    return where.path


@contextmanager
def besieged(database_url: str, folder: Path, **changes: Any) -> Iterator[Siege]:
    """Serve a portal and its liar until the block ends; `changes` are settings."""
    clock, port, lines = Clock(), free_port(), Lines()
    database = Database(database_url)
    with lying(clock) as liar:
        origin = f"http://127.0.0.1:{port}"
        settings = settings_for(origin, liar.origin, database_url, folder / "state", changes)
        register(database)
        publish(settings, demo_catalogue(9), by="test", based_on=None)
        with another_process(settings, clock) as app, served(app, port), listening(lines):
            yield Siege(app, settings, liar, database, clock, lines)
    database.close()


@contextmanager
def another_process(settings: Settings, clock: Clock) -> Iterator[Flask]:
    """One more process of the same portal: another host, or the same one after a restart."""
    app = create_app(settings, Edges(now=clock))
    try:
        yield app
    finally:
        app.extensions["portal"].database.close()


@contextmanager
def listening(lines: Lines) -> Iterator[None]:
    """Hear everything that is logged."""
    logging.getLogger().addHandler(lines)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(lines)
