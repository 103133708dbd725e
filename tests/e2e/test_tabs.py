"""Several patients at one workstation, in a real browser: pages look after themselves, and ask before they act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from support.workstation import Workstation

pytestmark = pytest.mark.e2e

SOON = 3_000
"""Milliseconds within which a visible page knows."""
NEWER = "Du har åpnet en annen pasient i journalen."
CLOSED = "Pasienten er ikke lenger åpen her"
OPEN_SERVICE = "Åpne Demomelding"
_HIDE = "(hidden) => Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })"
_TURNED = "document.dispatchEvent(new Event('visibilitychange'))"


class Desk:
    """A journal and the pages that were opened from it. A headless browser shows all of its tabs at once."""

    def __init__(self, station: Workstation) -> None:
        self.station = station
        self.journal = station.log_in_at_journal()

    def open(self, patient: str) -> Page:
        return self.station.open_patient(self.journal, patient)

    def close(self, patient: str) -> None:
        """Close a patient in the journal."""
        self.journal.reload()
        self.journal.locator(f"#{patient}").get_by_role("button", name="Lukk").click()


@pytest.fixture
def desk(workstation: Callable[..., Workstation]) -> Desk:
    return Desk(workstation())


def is_dimmed(page: Page, timeout: float = SOON) -> None:
    banner = page.get_by_role("region", name="Pasient")
    expect(banner).to_have_attribute("data-newer", "true", timeout=timeout)
    expect(page.get_by_role("alert")).to_contain_text(NEWER)


def is_not_dimmed(page: Page) -> None:
    """Nor after it has asked."""
    with page.expect_response("**/state"):
        page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_timeout(100)
    expect(page.get_by_role("region", name="Pasient")).to_have_attribute("data-newer", "false")
    expect(page.get_by_role("alert")).to_be_hidden()


def hidden(page: Page) -> None:
    """Let another tab be in front; whatever was asked before that is answered."""
    page.evaluate(_HIDE, arg=True)
    page.wait_for_timeout(500)


def shown(page: Page) -> None:
    page.evaluate(_HIDE, arg=False)
    page.evaluate(_TURNED)


def test_a_visible_page_is_dimmed_within_three_seconds_of_the_next_patient(desk: Desk) -> None:
    first = desk.open("solvi")
    is_not_dimmed(first)
    second = desk.open("trygve")
    is_dimmed(first)
    expect(first.get_by_role("alert")).to_contain_text("gjelder fortsatt Sølvi Fjellrev")
    expect(first.locator("body")).not_to_contain_text("Havørn")
    is_not_dimmed(second)


def test_a_hidden_page_asks_nothing_and_is_dimmed_when_it_is_seen_again(desk: Desk) -> None:
    first = desk.open("solvi")
    hidden(first)
    asked: list[str] = []
    first.on("request", lambda request: asked.append(request.url))
    desk.open("trygve")
    first.wait_for_timeout(SOON)
    assert asked == []
    expect(first.get_by_role("region", name="Pasient")).to_have_attribute("data-newer", "false")
    shown(first)
    is_dimmed(first, timeout=1_000)


def test_of_three_patients_the_two_older_ones_are_dimmed(desk: Desk) -> None:
    pages = [desk.open(patient) for patient in ("solvi", "trygve", "ingeborg")]
    for page in pages[:2]:
        is_dimmed(page)
    is_not_dimmed(pages[2])


def test_the_same_patient_twice_is_not_dimmed(desk: Desk) -> None:
    for page in [desk.open("solvi"), desk.open("solvi")]:
        is_not_dimmed(page)


def test_going_back_to_the_first_patient_lights_its_page_again(desk: Desk) -> None:
    first, second = desk.open("solvi"), desk.open("trygve")
    is_dimmed(first)
    desk.open("solvi")
    is_dimmed(second)
    expect(first.get_by_role("region", name="Pasient")).to_have_attribute("data-newer", "false", timeout=SOON)


def test_an_action_on_a_dimmed_page_asks_first_and_goes_on_after_the_answer(desk: Desk) -> None:
    first = desk.open("solvi")
    desk.open("trygve")
    is_dimmed(first)
    first.locator("#demo-melding").get_by_role("button", name=OPEN_SERVICE).click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Åpne Demomelding for Sølvi Fjellrev likevel?")
    is_dimmed(first)
    first.get_by_role("button", name="Åpne Demomelding for Sølvi Fjellrev").click()
    first.wait_for_url(f"{desk.station.at.target}/meldinger/*")


def test_it_asks_first_without_script_as_well(workstation: Callable[..., Workstation]) -> None:
    station = workstation(java_script_enabled=False)
    journal = station.log_in_at_journal()
    pages = []
    for patient in ("solvi", "trygve"):
        with station.context.expect_page() as opened:
            journal.locator(f"#{patient}").get_by_role("button", name="Åpne pasienten").click()
        opened.value.get_by_role("button", name="Fortsett").click()
        opened.value.wait_for_url(f"{station.at.portal}/k/**")
        pages.append(opened.value)
    pages[0].locator("#demo-melding").get_by_role("button", name=OPEN_SERVICE).click()
    expect(pages[0].get_by_role("heading", level=1)).to_have_text("Åpne Demomelding for Sølvi Fjellrev likevel?")
    pages[0].get_by_role("button", name="Åpne Demomelding for Sølvi Fjellrev").click()
    pages[0].wait_for_url(f"{station.at.target}/meldinger/*")


def test_a_patient_who_is_closed_in_the_journal_is_gone_from_the_page(desk: Desk) -> None:
    page = desk.open("solvi")
    desk.close("solvi")
    expect(page.get_by_role("heading", level=1)).to_have_text(CLOSED, timeout=SOON)
    expect(page.get_by_role("region", name="Pasient")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_text("Åpne pasienten på nytt fra journalen.")
    expect(page.locator("#innhold")).to_be_focused()
    assert "Fjellrev" not in page.content()


def test_the_time_in_the_banner_follows_the_journal(desk: Desk) -> None:
    page = desk.open("solvi")
    said = page.locator(".patient [data-until]")
    expect(said).not_to_have_text("23:59")
    page.route("**/state", lambda route: route.fulfill(json={"newer": False, "live": True, "until": "23:59"}))
    expect(said).to_have_text("23:59", timeout=SOON)


def test_a_page_that_gets_no_answer_stays_as_it_is_until_it_gets_one(desk: Desk) -> None:
    page = desk.open("solvi")
    page.route("**/state", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.evaluate(_TURNED)
    page.unroute("**/state")
    page.route("**/state", lambda route: route.fulfill(status=429))
    with page.expect_response("**/state"):
        page.evaluate(_TURNED)
    page.wait_for_timeout(100)
    expect(page.get_by_role("region", name="Pasient")).to_contain_text("Sølvi Fjellrev")
    page.unroute("**/state")
    # Chromium notes what the test itself has stopped.
    desk.station.complaints.clear()
    desk.close("solvi")
    expect(page.get_by_role("heading", level=1)).to_have_text(CLOSED, timeout=SOON)


def test_a_session_that_is_over_leaves_no_patient_on_the_page(desk: Desk) -> None:
    page = desk.open("solvi")
    desk.station.context.clear_cookies(name="__Host-portal-session")
    page.wait_for_url("**/logout?utlopt", timeout=SOON + 2_000)
    assert "Fjellrev" not in page.content()
