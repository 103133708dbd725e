"""From the journal, through the portal, to the target, and back into the journal: as a person does it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from support.workstation import choose, press_by_keyboard, tab_to

from portal.demo import people
from portal.domain.person_number import masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from support.workstation import Workstation

pytestmark = pytest.mark.e2e

OPEN_SERVICE = "Åpne Demomelding"
RECEIVED = "Mottatt i journalsystemet"


def becomes_received(page: Page) -> None:
    """Reload until the journal's receipt is here."""
    lamp = page.locator("article").first.locator(".ds-tag", has_text=RECEIVED)
    for _ in range(60):
        if lamp.get_attribute("data-color") == "success":
            return
        page.wait_for_timeout(500)
        page.reload()
    pytest.fail("the journal never acknowledged")


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without script"])
def test_from_the_journal_and_back(workstation: Callable[..., Workstation], *, javascript: bool) -> None:
    desk = workstation(java_script_enabled=javascript)
    journal = desk.log_in_at_journal()
    listed = opened(desk, journal, javascript=javascript)
    banner = listed.get_by_role("region", name="Pasient")
    expect(banner).to_contain_text("Sølvi Fjellrev")
    expect(banner).to_contain_text(masked(people.SOLVI.number))
    expect(listed.get_by_role("banner")).to_contain_text("Anna Fastlege")

    listed.locator("#demo-melding").get_by_role("button", name=OPEN_SERVICE).click()
    listed.wait_for_url(f"{desk.at.target}/meldinger/*")
    expect(listed.locator("#patient")).to_have_text(masked(people.SOLVI.number))
    listed.get_by_role("button", name="Send melding").click()
    expect(listed.get_by_role("heading", name="Meldingen er sendt")).to_be_visible()

    listed.goto(f"{desk.at.portal}/kvitteringer")
    becomes_received(listed)
    listed.get_by_role("button", name="Ført i journalen").first.click()
    filed = listed.locator("article").first.locator(".ds-tag", has_text="I journalen")
    expect(filed).to_have_attribute("data-color", "success")
    journal.reload()
    expect(journal.locator("#solvi li[data-message]").first).to_be_visible()


def opened(desk: Workstation, journal: Page, *, javascript: bool) -> Page:
    """The patient's list; without script the journal's own page needs one more click."""
    if javascript:
        page = desk.open_patient(journal)
    else:
        with desk.context.expect_page() as new:
            journal.locator("#solvi").get_by_role("button", name="Åpne pasienten").click()
        page = new.value
        page.get_by_role("button", name="Fortsett").click()
    page.wait_for_url(re.compile(rf"{re.escape(desk.at.portal)}/k/[^/]+/$"))
    return page


def test_by_keyboard_alone(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    page = desk.open_patient(desk.log_in_at_journal())
    tab_to(page, "Søk i tjenester")
    page.keyboard.type("demomeldign")
    expect(page.get_by_role("status")).to_contain_text("treff på «demomeldign»")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=OPEN_SERVICE)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.at.target}/meldinger/*")
    page.goto(f"{desk.at.portal}/mine")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#innhold")).to_be_focused()
    page.reload()
    press_by_keyboard(page, "Logg ut")
    expect(page.get_by_role("heading", name="Du er logget ut")).to_be_visible()


def test_straight_to_one_service(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    page = desk.open_patient(desk.log_in_at_journal(), button="Rett til Demomelding")
    expect(page.get_by_role("heading", level=1)).to_have_text("Åpne Demomelding for Sølvi Fjellrev?")
    page.get_by_role("button", name=OPEN_SERVICE).click()
    page.wait_for_url(f"{desk.at.target}/meldinger/*")


def test_another_person_at_the_workstation(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/mine")
    choose(page, people.BO)
    page.wait_for_url(f"{desk.at.portal}/mine")
    # Bo's session at HelseID runs out, the portal's has not; then Anna comes.
    desk.context.clear_cookies(name="helseid-demo")

    arrived = desk.open_patient(desk.log_in_at_journal(people.ANNA))
    expect(arrived.get_by_role("heading", level=1)).to_have_text("Pasienten ble åpnet av en annen")
    expect(arrived.get_by_role("main")).to_contain_text("Bo Vikar")
    expect(arrived.locator("body")).not_to_contain_text("Fjellrev")
    arrived.get_by_role("button", name="Bytt bruker").click()
    expect(arrived.get_by_role("region", name="Pasient")).to_contain_text("Sølvi Fjellrev")


def test_the_journal_hands_over_in_the_fragment(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    journal = desk.log_in_at_journal()
    desk.context.route(f"{desk.at.portal}/start", lambda route: route.abort())
    with desk.context.expect_event("requestfailed") as failed:
        journal.locator("#solvi").get_by_role("button", name="Åpne pasienten").click()
    handed = failed.value.post_data
    desk.context.unroute(f"{desk.at.portal}/start")

    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/start#{handed}")
    expect(page.get_by_role("region", name="Pasient")).to_contain_text("Sølvi Fjellrev")
    again = desk.context.new_page()
    again.goto(f"{desk.at.portal}/start#{handed}")
    expect(again.get_by_role("alert")).to_contain_text("Pasienten kom ikke med.")
