"""The page *kvitteringer*: as many questions to the database however long it is, and whole whatever has gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest
from sqlalchemy import select
from support.catalogue import demo_catalogue
from support.statements import queries

from portal.domain.delivery import State
from portal.store import catalogue, retention
from portal.store.publishing import publish
from portal.store.tables.journal import DeliveryRow, DocumentRow

if TYPE_CHECKING:
    from support.world import World

    from portal.demo.browser import Browser, Page
    from portal.store.database import Database

SERVICE = "demo-melding"
TITLE = "Demomelding"


def receipts(world: World, browser: Browser) -> Page:
    page = browser.open(f"{world.origin}/kvitteringer")
    assert page.status == 200
    return page


def headings(page: Page) -> list[str]:
    return [heading.text_content() for heading in page.tree.xpath("//article/h3")]


def asked_for(world: World, browser: Browser, deliveries: int) -> list[str]:
    """What the page asks the database, when it shows so many deliveries."""
    with queries(cast("Database", world.app.extensions["portal"].database)) as asked:
        page = receipts(world, browser)
    assert headings(page) == [TITLE] * deliveries
    return [one.sql for one in asked]


def test_twenty_deliveries_cost_as_many_queries_as_one(world: World, anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    given = world.launch(browser, listed)
    assert world.put(given, "d-1").status == 202
    one = asked_for(world, browser, 1)
    for number in range(2, 21):
        assert world.put(given, f"d-{number}").status == 202
    twenty = asked_for(world, browser, 20)
    assert len(twenty) == len(one) > 2
    assert not [sql for sql in twenty if "sealed_pdf" in sql]


def test_fifty_stand_on_a_page_and_the_rest_on_the_next(world: World, anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    assert world.put(world.launch(browser, listed)).status == 202
    with world.database.write() as session:
        one, launched = session.scalars(select(DeliveryRow)).one(), session.scalars(select(DocumentRow)).one()
        for number in range(51):
            same = {"client_id": launched.client_id, "launch_id": launched.launch_id, "digest": "0" * 64}
            at = launched.accepted_at - timedelta(minutes=number + 1)
            document = DocumentRow(id=f"o-{number}", document_id=f"o-{number}", accepted_at=at, **same)
            session.add(document)
            session.flush()
            named = {"id": f"o-{number}", "document_id": document.id, "msg_id": f"m-{number}"}
            session.add(DeliveryRow(**named, epj_id=one.epj_id, state=State.CANCELLED if number == 50 else State.SENT))
    first = receipts(world, browser)
    assert len(headings(first)) == 50
    assert first.tree.xpath("//main//h2/text()")[:-1] == ["Ikke bekreftet ennå"]
    (onwards,) = first.tree.xpath("//a[normalize-space()='Neste side']/@href")
    second = browser.open(f"{world.origin}{onwards}")
    assert len(headings(second)) == 2
    assert second.tree.xpath("//main//h2/text()")[:-1] == ["Ikke bekreftet ennå", "Ferdig"]
    assert second.tree.xpath("//a[normalize-space()='Neste side']") == []
    ticked = browser.submit(second, second.form("/kvitteringer/o-49/fort?side=2"))
    assert (ticked.url, ticked.status) == (f"{world.origin}/kvitteringer?side=2", 200)


@pytest.mark.parametrize("page", ["0", "-3", "x", "99999999999999999999"])
def test_a_page_that_is_none_is_no_trouble(world: World, anna: tuple[Browser, Page], page: str) -> None:
    browser, _ = anna
    assert browser.open(f"{world.origin}/kvitteringer?side={page}").status == 200


def test_a_service_that_left_the_catalogue_is_shown_by_its_id(world: World, anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    world.put(world.launch(browser, listed))
    (before,) = receipts(world, browser).tree.xpath("//article//*[@class='subtle']")
    assert SERVICE not in before.text_content()
    whole = demo_catalogue(9)
    rest = tuple(service for service in whole.services if service.id != SERVICE)
    with world.database.read() as session:
        revision = catalogue.newest(session)
    publish(world.settings, whole.model_copy(update={"services": rest}), by="test", based_on=revision)
    page = receipts(world, browser)
    (after,) = page.tree.xpath("//article//*[@class='subtle']")
    assert after.text_content().startswith(f"{SERVICE}, ")
    assert headings(page) == [TITLE]


def test_what_was_forgotten_is_still_a_line(world: World, anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    world.put(world.launch(browser, listed))
    done_at, lifetimes = world.clock(), world.settings.lifetimes
    with world.database.write() as session:
        delivery = session.scalars(select(DeliveryRow)).one()
        delivery.state, delivery.settled_at, delivery.due_at = State.COMPLETED, done_at, None
    retention.run(world.database, done_at + lifetimes.payload, lifetimes)
    page = receipts(world, browser)
    assert headings(page) == ["Slettet etter lagringstiden"]
    assert "Mottatt i journalsystemet" in page.text
    assert "Danser" not in page.text
