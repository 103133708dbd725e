"""A portal whose HelseID lies, browsers that attack it, and what must hold of every refusal."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2.bccache import Bucket, BytecodeCache
from lxml import html
from support.catalogue import demo_catalogue
from support.helseid import Clock
from support.liar import TOKEN, Liar, lying
from support.serving import served
from support.staging import register, settings_for
from support.visitor import CALLBACK, SESSION, Visitor

from portal.adapters.log_lines import JsonLines
from portal.app import Edges, create_app
from portal.demo.ports import free_port
from portal.store import audit
from portal.store.database import Database
from portal.store.publishing import publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import requests
    from flask import Flask

    from portal.settings import Settings


class _Compiled(BytecodeCache):
    """Templates that are compiled once for all the portals of a run."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_TEMPLATES = _Compiled()


class Lines(logging.Handler):
    """Everything that any logger says, as it stands in the log."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.forget()

    def forget(self) -> None:
        self.said: list[str] = []
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))
        self.records.append(record)


@dataclass
class Siege:
    """One portal with its liar; `clock` is the portal's own."""

    app: Flask
    settings: Settings
    liar: Liar
    database: Database
    clock: Clock
    lines: Lines = field(repr=False)
    audited_before: dict[str, int] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return self.settings.base_url

    def begin_anew(self) -> None:
        """Let the next test find an honest HelseID, the right time, and nothing said or done."""
        self.liar.repent()
        self.clock.ahead = timedelta(0)
        self.lines.forget()
        self.audited_before = {}
        self.audited_before = {action: len(self.audited(action)) for action in ("login", "logout")}

    def visitor(self) -> Visitor:
        return Visitor(self.origin, self.liar)

    def attack(self, **mangled: str) -> requests.Response:
        """One whole login of somebody new, with these parameters of the callback instead of the right ones."""
        visitor = self.visitor()
        return visitor.bring(visitor.begin() | mangled)

    def token_calls(self) -> int:
        return self.liar.count(TOKEN)

    def audited(self, action: str = "login") -> list[str]:
        """How everything of a kind has ended since the test began, as the audit log knows it, the latest last."""
        with self.database.read() as session:
            outcomes = [line["outcome"] for line in audit.export(session) if line.get("action") == action]
        return outcomes[self.audited_before.get(action, 0) :]

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
        links = [link.get("href", "") for link in html.document_fromstring(answer.text).iterfind(".//main//a")]
        return [link for link in links if urlsplit(link)[:3] == ("", "", "/login")]

    def nobody_came_in(self, visitor: Visitor) -> None:
        assert visitor.session is None
        assert not visitor.is_in()
        assert self.audited()[-1:] != ["ok"]

    def _line(self, answer: requests.Response) -> logging.LogRecord:
        reference = re.search(r"<code>([\w-]{12})</code>", answer.text)
        assert reference, f"{answer.status_code} without a reference: {answer.text}"
        said = [one for one in self.lines.records if one.__dict__.get("reference") == reference[1]]
        (line,) = [one for one in said if one.getMessage() == "refused"]
        return line


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
    app.jinja_env.bytecode_cache = _TEMPLATES
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
