"""A button stands exactly where the launch is accepted and where the API says open; what is hidden is in none of them.

Over random catalogues, persons, offices, networks and contexts; search, short links and the explanation included.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import given
from lxml import html
from sqlalchemy import update
from support import chance, sealed_rows
from support.catalogue import a_catalogue
from support.chance import ORGANISATIONS
from support.serving import served
from support.staging import settings_for

from portal.app import Edges, create_app
from portal.demo.ports import free_port
from portal.domain.access import NO_CONTEXT, Answer, decide
from portal.domain.assignment import RoleAssignment
from portal.domain.context import ReplyTo
from portal.domain.eligibility import assignment
from portal.domain.identity import Organisation, Person
from portal.store import assignments, logins, registry
from portal.store.database import Database
from portal.store.publishing import publish
from portal.store.tables.launches import ContextRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

    from portal.domain.access import ContextFacts
    from portal.domain.catalogue import Catalogue

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@dataclass
class Portal:
    """A portal whose catalogue, visitor and network change with every case."""

    app: Flask
    origin: str
    database: Database
    settings: Any
    zone: list[str]
    revision: int | None = None

    def put_in_force(self, catalogue: Catalogue) -> None:
        self.revision = publish(self.settings, catalogue, by="test", based_on=self.revision)
        self.app.extensions["public_pages"].refresh()

    def visitor(self, person: Person, office: Organisation | None, facts: ContextFacts) -> tuple[requests.Session, str]:
        """A browser with a login, and the address of its list; nobody who was here before left a context open."""
        vault, secret, context_id = self.app.extensions["portal"].vault, secrets.token_urlsafe(), secrets.token_hex()
        person = replace(person, sub=secrets.token_hex())
        with self.database.write() as session:
            sealed_rows.log_in(
                session,
                vault,
                logins.hashed(secret),
                person=person,
                created_at=NOW,
                seen_at=NOW,
                expires_at=NOW + timedelta(1),
            )
            session.flush()
            logins.work_for(session, logins.hashed(secret), office, NOW)
            for role, municipality in map(assignment, person.roles):
                assigned = RoleAssignment.model_validate({"role": role, "municipality": municipality})
                assignments.assign(session, f"sub:{person.sub}", assigned, "test", NOW)
            if facts.patient:
                sealed_rows.open_context(
                    session,
                    vault,
                    context_id,
                    sub=person.sub,
                    organisation=office or Organisation(ORGANISATIONS[0]),
                    encounter="e-1" if facts.encounter else None,
                    reply_to=ReplyTo("99000102", "99000101") if facts.reply_to else None,
                    expires_at=NOW + timedelta(1),
                )
                session.execute(update(ContextRow).where(ContextRow.id == context_id).values(activated_at=NOW))
        browser = requests.Session()
        browser.trust_env = False
        browser.headers["Origin"] = self.origin
        browser.cookies.set("portal-session", secret)
        return browser, f"{self.origin}/k/{context_id}" if facts.patient else self.origin


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    port, zone, database = free_port(), ["helsenett"], Database(database_url)
    origin = f"http://127.0.0.1:{port}"
    settings = settings_for(origin, origin, database_url, tmp_path / "state", {})
    sealed_rows.register(database)
    with database.write() as session:
        registry.approve_epj(session, sealed_rows.EPJ.id, "ola")
        for number in range(0, 8, 2):
            named = {"client_id": f"klient-{number}", "service": f"tjeneste-{number}", "release": ("hpr",)}
            registry.propose_client(session, sealed_rows.CLIENT.model_copy(update=named), "kari")
            registry.approve_client(session, f"klient-{number}", "ola")
    app = create_app(settings, Edges(now=lambda: NOW, zone_of=lambda _: zone[0]))
    with served(app, port):
        yield Portal(app, origin, database, settings, zone)
    app.extensions["portal"].database.close()
    database.close()


def cards(page: requests.Response) -> dict[str, bool]:
    """Every service that a page shows as a card, and whether it has a button that opens it."""
    assert page.status_code == 200
    tree: Any = html.document_fromstring(page.text)
    found = tree.xpath("//article[contains(@class, 'service')]")
    return {
        card.get("id"): bool(
            card.xpath(".//*[@class='bottom']//*[contains(@class, 'ds-button')][not(@href='?level=4')]")
        )
        for card in found
    }


def test_listed_is_launchable_and_nothing_hidden_is_told_of(portal: Portal) -> None:
    @chance.tried(chance.N // 10)
    @given(chance.catalogues(), chance.persons, chance.offices, chance.zones, chance.facts)
    def each(
        drawn: list[dict[str, Any]], person: Person, office: Organisation | None, zone: str, facts: ContextFacts
    ) -> None:
        portal.zone[0] = zone
        portal.put_in_force(a_catalogue(*drawn))
        catalogue = portal.app.extensions["portal"].shelf.stock().catalogue
        browser, base = portal.visitor(person, office, facts)
        at = office or (Organisation(ORGANISATIONS[0]) if facts.patient else None)
        answers = {one.id: decide(person, at, zone, facts, one, NOW).answer for one in catalogue.services}
        assert_for_the_visitor(browser, base, answers, listed=f"{base}/" if facts.patient else f"{base}/mine")
        plain = {one.id: decide(person, office, zone, NO_CONTEXT, one, NOW).answer for one in catalogue.services}
        opened = {service for service, answer in answers.items() if facts.patient and answer is Answer.OPEN}
        assert_nothing_hidden(browser, portal.origin, catalogue, plain, opened)
        assert_for_everyone(portal, catalogue, zone)
        browser.close()

    each()


def assert_for_the_visitor(browser: requests.Session, base: str, answers: dict[str, Answer], listed: str) -> None:
    """The list, a search for all of it, and the launch of each say the same."""
    told = {service: answer is Answer.OPEN for service, answer in answers.items() if answer is not Answer.HIDDEN}
    assert cards(browser.get(listed)) == told
    assert cards(browser.get(listed, params={"q": "tjeneste"})) == told
    statuses = {service: browser.post(f"{base}/open/{service}").status_code for service in answers}
    expected = {Answer.OPEN: 200, Answer.SHOWN: 403, Answer.HIDDEN: 404}
    assert statuses == {service: expected[answer] for service, answer in answers.items()}


def assert_nothing_hidden(
    browser: requests.Session, origin: str, catalogue: Catalogue, answers: dict[str, Answer], reachable: set[str]
) -> None:
    """Without a patient: short links, favourites and the explanation know nothing of what is hidden.

    `reachable` are the services that a live context opens: a short link asks whether it is meant.
    """
    for service in catalogue.services:
        hidden = answers[service.id] is Answer.HIDDEN
        gone = hidden and service.id not in reachable
        assert browser.get(f"{origin}/go/{service.id}").status_code == (404 if gone else 200)
        marked = browser.post(f"{origin}/mine/favoritter/{service.id}", data={"marked": "1"})
        assert marked.status_code == (404 if hidden else 200)
        why: Any = html.document_fromstring(browser.get(f"{origin}/mine/hvorfor", params={"q": service.title.nb}).text)
        named = service.title.nb in [title.strip() for title in why.xpath("//*[@role='status']//dt/text()")]
        assert named is (not hidden or service.access.visibility == "public")


def assert_for_everyone(portal: Portal, catalogue: Catalogue, zone: str) -> None:
    """The public page and the public API open what is open to nobody in particular, and know of nothing else."""
    answers = {
        one.id: decide(None, None, zone, NO_CONTEXT, one, NOW).answer
        for one in catalogue.services
        if one.access.visibility == "public"
    }
    told = {service: answer is Answer.OPEN for service, answer in answers.items() if answer is not Answer.HIDDEN}
    assert cards(requests.get(f"{portal.origin}/", timeout=10)) == told
    listed = requests.get(f"{portal.origin}/api/catalogue/public", timeout=10).json()["services"]
    assert {one["id"]: one["access"][zone]["answer"] == "open" for one in listed} == told
    assert {one["id"]: "url" in one["access"][zone] for one in listed} == told
