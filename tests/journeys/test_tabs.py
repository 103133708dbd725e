"""Several patients in one browser: each page knows when the journal has turned to another one, and asks first then."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from support.bodies import LINE, OLE
from support.helseid import ANNA, BO
from support.statements import queries

from portal.demo.browser import Hop
from portal.domain.norwegian_time import OSLO
from portal.store.tables.launches import LaunchRow

if TYPE_CHECKING:
    from support.world import World

    from portal.adapters.http import Answer
    from portal.demo.browser import Browser, Page

KARI = {"number": "01817512484", "family": "Røyskatt", "given": "Kari", "birth_date": "1975-01-01"}
ALIVE = {"newer": False, "live": True}
SECRETS = ("Danser", "Line", "318175", "Havørn", "EksempelEPJ")


@dataclass
class Desk:
    """Anna at one machine, with one session at the EPJ."""

    world: World
    token: str
    browser: Browser
    sessions: dict[str, str] = field(default_factory=dict)

    def open(self, patient: dict[str, str], **changes: Any) -> Page:
        """The patient's page, a second after whatever was opened before."""
        self.world.clock.ahead += timedelta(seconds=1)
        opened = self.world.open_session(self.token, patient, **changes)
        page = self.world.start(self.browser, opened)
        if page.url.startswith(self.world.provider.issuer):
            page = self.browser.submit(page, page.form(), person=ANNA.sub)
        self.sessions[page.url] = opened["sessionId"]
        return page

    def tell(self, what: str, page: Page) -> None:
        """Say as the EPJ that the page's patient was closed (`end`) or is still open (`refresh`)."""
        body = {"sessionId": self.sessions[page.url]}
        assert self.world.call("POST", f"/api/session/{what}", self.token, body).status in {200, 204}

    def ask(self, page: Page, **headers: str) -> Answer:
        """What the page's script asks."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.browser.cookies)
        return self.world.egress.send("GET", f"{page.url}state", headers={"Cookie": cookies, **headers})

    def dimmed(self, *pages: Page) -> list[bool]:
        """Whether each page has a newer patient, as the script and as a reload say."""
        asked = [self.ask(page).json()["newer"] for page in pages]
        assert [shows_newer(self.browser.open(page.url)) for page in pages] == asked
        return asked

    def press(self, page: Page, **fields: str) -> Page:
        """Press the button of a service there, and stay where that leads."""
        return self.browser.step(self.browser.pressed(page, page.form("/open/demo-melding"), **fields))


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world, world.epj_token(ANNA), world.browser())


def shows_newer(page: Page) -> bool:
    return bool(page.tree.xpath("//section[@data-newer='true']//p[@role='alert'][not(@hidden)]"))


def launches(world: World) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(LaunchRow)) or 0


def leaves(page: Page) -> bool:
    return "launch=" in page.response.headers.get("Refresh", "")


def asks(page: Page) -> str | None:
    """The hidden answer of a page that asks whether this patient is meant."""
    (heading,) = page.tree.xpath("//main//h1")
    if "Åpne Demomelding for Line Danser likevel?" not in heading.text_content():
        return None
    assert "Du har åpnet en annen pasient i journalen." in page.text
    (answer,) = page.tree.xpath("//main//form//input[@name='confirmed']/@value")
    return str(answer)


def test_a_page_is_told_what_has_changed_and_nothing_of_the_patient(desk: Desk) -> None:
    page = desk.open(LINE)
    answer = desk.ask(page)
    until = (desk.world.clock() + timedelta(minutes=30)).astimezone(OSLO).strftime("%H:%M")
    assert answer.json() == {**ALIVE, "until": until}
    assert not [secret for secret in SECRETS if secret in answer.body.decode() + str(answer.headers)]
    assert answer.headers["cache-control"] == "private, no-cache"


def test_what_has_not_changed_is_not_sent_again(desk: Desk) -> None:
    page = desk.open(LINE)
    tag = desk.ask(page).headers["etag"]
    again = desk.ask(page, **{"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    desk.open(OLE)
    changed = desk.ask(page, **{"If-None-Match": tag})
    assert (changed.status, changed.json()["newer"]) == (200, True)


def test_asking_keeps_no_session_alive(desk: Desk) -> None:
    page = desk.open(LINE)
    seen = desk.world.login_of(ANNA).seen_at
    for _ in range(3):
        desk.world.clock.ahead += timedelta(minutes=9)
        assert desk.ask(page).status == 200
    assert desk.world.login_of(ANNA).seen_at == seen
    desk.world.clock.ahead += timedelta(minutes=4)
    assert desk.ask(page).status == 303


def test_asking_costs_little_more_than_knowing_who_asks(desk: Desk) -> None:
    page = desk.open(LINE)
    database = desk.world.app.extensions["portal"].database
    with queries(database) as of_the_session:
        desk.browser.step(Hop("GET", f"{desk.world.origin}/mine/okt"))
    with queries(database) as of_the_state:
        desk.ask(page)
    assert of_the_session
    assert len(of_the_state) - len(of_the_session) <= 2, of_the_state


def test_anybody_else_s_patient_and_a_made_up_one_do_not_exist(desk: Desk, world: World) -> None:
    page = desk.open(LINE)
    other = Desk(world, "", world.browser())
    assert other.ask(page).status == 303
    world.log_in(other.browser, BO)
    assert other.ask(page).status == 404
    assert desk.browser.step(Hop("GET", f"{world.origin}/k/made-up/state")).status == 404


def test_a_patient_who_was_closed_is_said_to_be(desk: Desk) -> None:
    page = desk.open(LINE)
    desk.tell("end", page)
    answer = desk.ask(page)
    assert (answer.status, answer.json()["live"], answer.json()["newer"]) == (200, False, False)


def test_a_patient_whose_time_is_over_is_said_to_be(desk: Desk) -> None:
    page, mine = desk.open(LINE), Hop("GET", f"{desk.world.origin}/mine")
    for _ in range(2):
        desk.world.clock.ahead += timedelta(minutes=16)
        assert desk.browser.step(mine).status == 200
    assert desk.ask(page).json()["live"] is False


def test_the_time_follows_when_the_journal_says_that_the_patient_is_still_open(desk: Desk) -> None:
    page = desk.open(LINE)
    before = desk.ask(page).json()["until"]
    desk.world.clock.ahead += timedelta(minutes=4)
    desk.tell("refresh", page)
    assert desk.ask(page).json()["until"] != before


def test_of_several_patients_all_but_the_newest_are_dimmed(desk: Desk) -> None:
    first, second = desk.open(LINE), desk.open(OLE)
    assert desk.dimmed(first, second) == [True, False]
    third = desk.open(KARI)
    assert desk.dimmed(first, second, third) == [True, True, False]
    desk.tell("end", third)
    assert desk.dimmed(first, second) == [True, False]


def test_the_same_patient_twice_dims_nothing(desk: Desk) -> None:
    first, again = desk.open(LINE), desk.open(LINE)
    assert first.url != again.url
    assert desk.dimmed(first, again) == [False, False]


def test_back_at_the_first_patient_the_second_alone_is_dimmed(desk: Desk) -> None:
    pages = [desk.open(LINE), desk.open(OLE), desk.open(LINE)]
    assert desk.dimmed(*pages) == [False, True, False]


def test_another_session_at_the_epj_dims_nothing(desk: Desk, world: World) -> None:
    page = desk.open(LINE)
    other = Desk(world, world.epj_token(ANNA), desk.browser)
    assert desk.dimmed(page, other.open(OLE)) == [False, False]


def test_an_action_at_the_newest_patient_asks_nothing(desk: Desk) -> None:
    page = desk.open(LINE)
    assert leaves(desk.press(page))
    desk.open(OLE)
    assert leaves(desk.press(desk.open(LINE)))


def test_an_action_at_an_older_patient_asks_first_and_goes_on_after_the_answer(desk: Desk, world: World) -> None:
    page = desk.open(LINE)
    desk.open(OLE)
    asked = desk.press(page)
    assert (asked.status, launches(world)) == (200, 0)
    assert asks(asked)
    assert shows_newer(asked)
    assert not [secret for secret in ("Ole", "Havørn", OLE["number"]) if secret in asked.response.text]
    assert leaves(desk.press(asked))
    assert launches(world) == 1


def test_the_page_before_a_launch_asks_the_same_once(desk: Desk, world: World) -> None:
    page = desk.open(LINE)
    desk.open(OLE)
    asked = desk.browser.open(f"{page.url}open/demo-melding")
    assert asks(asked)
    assert leaves(desk.press(asked))
    assert launches(world) == 1


@pytest.mark.parametrize("answer", ["", "1", "made-up"])
def test_no_other_answer_goes_on(desk: Desk, world: World, answer: str) -> None:
    page = desk.open(LINE)
    desk.open(OLE)
    assert asks(desk.press(page, confirmed=answer))
    assert launches(world) == 0


def test_an_answer_holds_for_the_patient_that_was_asked_about(desk: Desk, world: World) -> None:
    page = desk.open(LINE)
    desk.open(OLE)
    asked = desk.press(page)
    desk.open(KARI)
    again = desk.press(asked)
    assert launches(world) == 0
    assert asks(again) not in {None, asks(asked)}
    assert leaves(desk.press(again))


def test_an_answer_ends_with_a_patient_whom_the_browser_has_not_brought_yet(desk: Desk, world: World) -> None:
    page = desk.open(LINE)
    desk.open(OLE)
    asked = desk.press(page)
    world.clock.ahead += timedelta(seconds=1)
    world.open_session(desk.token, KARI)
    assert asks(desk.press(asked)) not in {None, asks(asked)}
    assert launches(world) == 0


def test_the_question_is_gone_when_the_journal_is_back(desk: Desk, world: World) -> None:
    page = desk.open(LINE)
    second = desk.open(OLE)
    assert asks(desk.press(page))
    desk.tell("end", second)
    assert leaves(desk.press(page))
    assert launches(world) == 1
