"""The whole portal at a counterpart, on one address, as it stops and starts again over the same database."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from support.counterpart import answered, is_login_page
from support.keys import ec
from support.serving import served
from support.source import ROOT
from support.staging import settings_for

from portal.adapters import catalogue_file
from portal.app import create_app
from portal.demo.browser import Browser
from portal.demo.helseid.config import Jwks
from portal.demo.ports import free_port
from portal.store.database import Database
from portal.store.publishing import publish

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from support.counterpart import Counterpart

    from portal.demo.browser import Page
    from portal.demo.helseid.config import Person

NEW_KEY = ec("portal-new")
KEYS = Jwks(keys=[ec("portal").public, NEW_KEY.public])
"""What is registered at the counterpart: the configured key, and the one that takes its place."""

PORT = free_port()
ORIGIN = f"http://127.0.0.1:{PORT}"
LEVEL_4 = "rules: [{professions: [LE], min_security_level: 4}]"


class Site:
    """A portal that lets people in at level 3, with one service that asks for 4; `changes` are settings."""

    def __init__(self, at: Counterpart, port: int, url: str, folder: Path, **changes: Any) -> None:
        self.counterpart = at
        self.origin = f"http://127.0.0.1:{port}"
        usual = {
            "helseid_userinfo_scheme": at.userinfo_scheme,
            "helseid_min_security_level": 3,
            "helseid_acr_values": "Level3",
        }
        self.settings = settings_for(self.origin, at.address, url, folder / "state", usual | changes)
        self.database = Database(url)
        (folder / "pages").mkdir()
        self._folder, self._port = folder, port
        self._running = ExitStack()
        self.app: Flask | None = None

    def publish(self, document: str) -> None:
        publish(self.settings, catalogue_file.parse(document, "test"), by="test", based_on=None)

    def start(self) -> None:
        app = create_app(self.settings)
        self.app = app
        self._running.callback(app.extensions["portal"].database.close)
        self._running.enter_context(served(app, self._port))

    def stop(self) -> None:
        self._running.close()

    def restart(self) -> None:
        """Nothing but the database remembers anything."""
        self.stop()
        self.start()

    def browser(self) -> Browser:
        return Browser(self._folder / "pages")

    def open(self, browser: Browser, path: str = "/mine") -> Page:
        return browser.open(f"{self.origin}{path}")

    def forget_session(self, browser: Browser) -> None:
        """As if our own session had ended; HelseID's goes on."""
        browser.cookies.clear(domain="127.0.0.1", path="/", name="portal-session")


def landed(page: Page, person: Person, path: str = "/mine") -> bool:
    """Whether she is where she wanted to go, under her own name."""
    return page.status == 200 and page.url.endswith(path) and person.name in page.text


def document() -> str:
    """The demo's services; the second one for doctors asks for level 4."""
    demo = (ROOT / "portal/demo/catalog.yaml").read_text(encoding="utf-8").replace("{target}", "9")
    rule = "rules: [{professions: [LE], authorization: [autorisasjon, lisens]}]"
    first, second, rest = demo.split(rule, 2)
    return f"{first}{rule}{second}{LEVEL_4}{rest}"


def at_login(site: Site, browser: Browser, path: str = "/mine") -> Page:
    page = site.open(browser, path)
    assert is_login_page(page), page.text
    return page


def callback_of(browser: Browser, page: Page, person: Person) -> str:
    """She logs in at HelseID; where she is sent back to, before she goes there."""
    hop: Any = answered(browser, page, person)
    while not hop.url.startswith(ORIGIN):
        hop = browser.next(browser.step(hop), hop)
    return str(hop.url)


def retry(site: Site, browser: Browser, page: Page) -> Page:
    (link,) = [link for link in page.links() if link.startswith("/login")]
    return browser.open(f"{site.origin}{link}")


def pressed(browser: Browser, page: Page, *, switch: bool) -> Page:
    (form,) = [one for one in page.tree.forms if one.action == "/logout" and ("switch" in one.fields) is switch]
    return browser.submit(page, form)
