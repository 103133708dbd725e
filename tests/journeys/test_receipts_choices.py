"""What an office wants of a service's reports decides what its clinicians and its targets are told, and what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from support.helseid import ANNA, BO
from support.journal import turn

from portal.domain.delivery import State
from portal.store import audit
from portal.store.tables.journal import DeliveryRow, WritebackChoiceRow

if TYPE_CHECKING:
    from support.journal import Journal
    from support.world import World

    from portal.demo.browser import Browser, Page
    from portal.worker.tools import Tools

SERVICE = "demo-melding"
OFFICE = "999977774/999977775"


def choose(world: World, browser: Browser, wanted: str, **fields: str) -> Page:
    """Say on the receipts' page what the office wants."""
    page = browser.open(f"{world.origin}/kvitteringer")
    if not page.tree.xpath("//form[@action='/kvitteringer/valg']"):
        asked = browser.open(f"{world.origin}/mine/kontor")
        browser.submit(asked, asked.form("/mine/kontor"), office=OFFICE)
        page = browser.open(f"{world.origin}/kvitteringer")
    (form,) = page.tree.xpath(f"//form[@action='/kvitteringer/valg'][input[@value='{SERVICE}']]")
    return browser.submit(page, form, valg=wanted, **fields)


def confirm(anna: tuple[Browser, Page]) -> str:
    """What the page before the launch says."""
    browser, listed = anna
    return browser.open(f"{listed.url.rstrip('/')}/open/{SERVICE}").text


def delivery(world: World) -> DeliveryRow:
    with world.database.read() as session:
        return session.scalars(select(DeliveryRow)).one()


def chosen(world: World) -> list[tuple[str, str, str, str]]:
    with world.database.read() as session:
        rows = session.scalars(select(WritebackChoiceRow)).all()
        return [(row.office, row.service_id, row.choice, row.sub) for row in rows]


def test_a_choice_is_made_for_the_office_and_stands_there(world: World, anna: tuple[Browser, Page]) -> None:
    browser, _ = anna
    page = choose(world, browser, "ask")
    assert page.url == f"{world.origin}/kvitteringer#valg"
    assert page.tree.xpath(f"//select[@id='valg-{SERVICE}']/option[@selected]/@value") == ["ask"]
    assert chosen(world) == [(OFFICE, SERVICE, "ask", ANNA.sub)]
    with world.database.read() as session:
        (act,) = [row for row in audit.export(session) if row["action"] == "writeback_chosen"]
    assert (act["outcome"], act["subject"], act["organisation"]) == ("ask", f"service {SERVICE}", OFFICE)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("always", "Kopien kommer tilbake til journalen av seg selv."),
        ("ask", "Kopien legges i journalen når du har sagt ja under Kvitteringer."),
        ("never", "Kontoret har valgt at kopien ikke legges i journalen."),
    ],
)
def test_it_is_said_before_the_click(world: World, anna: tuple[Browser, Page], wanted: str, says: str) -> None:
    choose(world, anna[0], wanted)
    assert says in confirm(anna)


def test_never_gives_the_target_no_right_to_write_back(world: World, anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    assert "writeback_token" in world.launch(browser, listed)
    choose(world, browser, "never")
    given = world.launch(browser, listed)
    assert "patient" in given
    assert not {"writeback_token", "writeback_expires_in"} & given.keys()


@pytest.mark.parametrize("wanted", ["ask", "never"])
def test_what_comes_by_a_right_from_before_waits_for_its_clinician(
    world: World, anna: tuple[Browser, Page], wanted: str
) -> None:
    browser, listed = anna
    given = world.launch(browser, listed)
    choose(world, browser, wanted)
    assert world.put(given).status == 202
    assert (delivery(world).state, delivery(world).due_at) == (State.QUEUED, None)


def test_asked_she_says_yes_and_it_is_sent(
    world: World, journal: Journal, tools: Tools, anna: tuple[Browser, Page]
) -> None:
    browser, listed = anna
    choose(world, browser, "ask")
    assert world.put(world.launch(browser, listed)).status == 202
    assert not turn(tools)
    assert "1 venter på svar fra deg" in browser.open(f"{world.origin}/mine").text
    page = browser.open(f"{world.origin}/kvitteringer")
    assert page.tree.xpath("//main//h2/text()")[0] == "Skal kopien legges i journalen?"
    page = answer(browser, page, "ja")
    assert "venter på svar" not in page.text
    assert turn(tools)
    assert len(journal.messages) == 1
    assert outcomes(world) == ["wanted"]


def test_asked_she_says_no_and_it_never_leaves(
    world: World, journal: Journal, tools: Tools, anna: tuple[Browser, Page]
) -> None:
    browser, listed = anna
    choose(world, browser, "ask")
    given = world.launch(browser, listed)
    world.put(given)
    page = answer(browser, browser.open(f"{world.origin}/kvitteringer"), "nei")
    assert "Ikke lagt i journalen" in page.text
    assert not turn(tools)
    assert journal.messages == {}
    assert world.state_of(given).json()["state"] == "cancelled"
    assert outcomes(world) == ["not_wanted"]


def test_an_answer_is_yes_or_no(world: World, anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    choose(world, browser, "ask")
    world.put(world.launch(browser, listed))
    page = browser.open(f"{world.origin}/kvitteringer")
    assert answer(browser, page, "kanskje").status == 400
    assert delivery(world).due_at is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"valg": "kanskje"}, 400),
        ({"office": "310000124"}, 400),
        ({"office": ""}, 400),
        ({"service": "finnes-ikke"}, 404),
        ({"service": "x" * 5000}, 404),
    ],
)
def test_what_is_no_choice_is_refused(
    world: World, anna: tuple[Browser, Page], fields: dict[str, str], status: int
) -> None:
    wanted: dict[str, Any] = {"wanted": "ask"} | {{"valg": "wanted"}.get(name, name): to for name, to in fields.items()}
    assert choose(world, anna[0], **wanted).status == status
    assert chosen(world) == []


def test_who_has_no_office_is_asked_to_choose_one_first(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, BO)
    page = browser.open(f"{world.origin}/kvitteringer")
    assert page.tree.xpath("//form[@action='/kvitteringer/valg']") == []
    assert "Velg kontor først" in page.text


def answer(browser: Browser, page: Page, word: str) -> Page:
    form = page.tree.xpath("//form[contains(@action, '/svar')]")[0]
    return browser.submit(page, form, svar=word)


def outcomes(world: World) -> list[str]:
    with world.database.read() as session:
        return [row["outcome"] for row in audit.export(session) if row["action"] == "delivery_answered"]
