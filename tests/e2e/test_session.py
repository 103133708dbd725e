"""The end of a session in a real browser: a warning two minutes before, and one key to go on."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route
    from support.workstation import Workstation

pytestmark = pytest.mark.e2e

STATE = "**/mine/okt"


def left(page: Page, idle: int, ends: int = 30_000) -> None:
    """Let the server's clock say so, and the page look at it, as after a while; what is posted goes to the server."""

    def answer(route: Route) -> None:
        if route.request.method == "GET":
            route.fulfill(content_type="application/json", body=json.dumps({"idle": idle, "ends": ends}))
        else:
            route.continue_()

    page.unroute(STATE)
    page.route(STATE, answer)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.fixture
def listed(workstation: Callable[..., Workstation]) -> Page:
    desk = workstation()
    return desk.open_patient(desk.log_in_at_journal())


@pytest.mark.parametrize("key", ["Enter", "Space", "Escape"])
def test_one_key_keeps_the_session(listed: Page, key: str) -> None:
    dialog = listed.get_by_role("alertdialog", name="Du blir snart logget ut")
    expect(dialog).to_be_hidden()
    left(listed, idle=121)
    expect(dialog).to_be_hidden()
    left(listed, idle=119)
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text(re.compile(r"logget ut kl\. [0-2][0-9]:[0-5][0-9]\."))
    expect(listed.get_by_role("button", name="Fortsett")).to_be_focused()
    with listed.expect_response(
        lambda answer: answer.request.method == "POST" and answer.url.endswith("/mine/okt")
    ) as said:
        listed.keyboard.press(key)
    assert said.value.json()["idle"] > 1790
    expect(dialog).to_be_hidden()


def test_another_tab_s_use_takes_the_warning_away(listed: Page) -> None:
    left(listed, idle=60)
    dialog = listed.get_by_role("alertdialog")
    expect(dialog).to_be_visible()
    left(listed, idle=1800)
    expect(dialog).to_be_hidden()


def test_the_longest_life_leads_to_a_new_login_and_back(listed: Page) -> None:
    where = listed.url
    left(listed, idle=1800, ends=110)
    expect(listed.get_by_role("alertdialog")).to_contain_text("så lenge den kan")
    listed.get_by_role("link", name="Logg inn på nytt").click()
    listed.wait_for_url(where)
    expect(listed.get_by_role("alertdialog")).to_be_hidden()


def test_a_page_that_was_left_alone_shows_no_patient_any_more(listed: Page) -> None:
    left(listed, idle=0)
    listed.wait_for_url("**/logout?utlopt")
    expect(listed.get_by_role("heading", name="Du er logget ut")).to_be_visible()
    assert "Fjellrev" not in listed.content()


def test_a_session_that_was_ended_elsewhere_shows_no_patient_any_more(
    listed: Page, workstation: Callable[..., Workstation]
) -> None:
    desk = workstation()
    other = desk.open_patient(desk.log_in_at_journal(), "trygve")
    other.goto(f"{desk.at.portal}/mine/okter")
    while other.get_by_role("button", name="Avslutt").count():
        other.get_by_role("button", name="Avslutt").first.click()
    listed.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    listed.wait_for_url("**/logout?utlopt")
