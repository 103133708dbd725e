"""What a login asks of our own database, besides HelseID's calls."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import event
from support.helseid import ANNA

from portal.demo.browser import Hop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.world import World

    from portal.demo.browser import Browser
    from portal.store.database import Database


class Cost(NamedTuple):
    """Transactions that wrote something, and SELECTs, as the database got them."""

    writes: list[str]
    selects: list[str]


@contextmanager
def cost(database: Database) -> Iterator[Cost]:
    seen, writing = Cost([], []), [False]

    def note(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        if sql.startswith("SELECT"):
            seen.selects.append(sql)
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            writing[0] = True

    def committed(_connection: object) -> None:
        if writing[0]:
            seen.writes.append("commit")
        writing[0] = False

    event.listen(database.engine, "before_cursor_execute", note)
    event.listen(database.engine, "commit", committed)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
        event.remove(database.engine, "commit", committed)


def at_the_callback(world: World, browser: Browser) -> Hop:
    """The browser comes back from HelseID and has not asked yet."""
    asked = browser.open(f"{world.origin}/login")
    if asked.url.startswith(world.provider.issuer):
        click = browser.pressed(asked, asked.form(), person=ANNA.sub)
        return Hop("GET", browser.step(click).response.headers["Location"])
    return Hop("GET", next(url for url in reversed(browser.visited) if "/login/callback" in url))


@pytest.fixture
def database(world: World) -> Database:
    """The one that the portal itself uses, warm."""
    world.log_in(world.browser(), ANNA)
    found: Database = world.app.extensions["portal"].database
    return found


def test_a_callback_costs_two_transactions_and_three_questions(world: World, database: Database) -> None:
    browser = world.browser()
    callback = at_the_callback(world, browser)
    with cost(database) as seen:
        assert browser.step(callback).status == 303
    assert (len(seen.writes), len(seen.selects) <= 3) == (2, True), seen.selects


def test_a_second_login_in_the_same_browser_costs_no_more(world: World, database: Database) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    begun = browser.step(Hop("GET", f"{world.origin}/login"))
    silent = browser.step(Hop("GET", begun.response.headers["Location"]))
    with cost(database) as seen:
        assert browser.step(Hop("GET", silent.response.headers["Location"])).status == 303
    assert (len(seen.writes), len(seen.selects) <= 3) == (2, True), seen.selects


def test_a_waiting_patient_costs_one_transaction_more(world: World, database: Database) -> None:
    browser = world.browser()
    asked = world.start(browser, world.open_session(world.epj_token(ANNA)))
    callback = browser.step(browser.pressed(asked, asked.form(), person=ANNA.sub)).response.headers["Location"]
    with cost(database) as seen:
        arrived = browser.step(Hop("GET", callback))
        assert arrived.response.headers["Location"].startswith("/start/videre/")
    assert (len(seen.writes), len(seen.selects) <= 3) == (2, True), seen.selects
    with cost(database) as activated:
        onwards = f"{world.origin}{arrived.response.headers['Location']}"
        assert browser.step(Hop("GET", onwards)).status == 303
    assert len(activated.writes) == 1
