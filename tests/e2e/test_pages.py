"""Every page and state in light, dark and at 320 px (a desktop at 400 %): axe finds nothing, nothing sticks out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from support.workstation import choose, keep_picture, overflow, violations

from portal.demo import people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page
    from support.workstation import Workstation

pytestmark = pytest.mark.e2e

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 320, "height": 640}},
}


@pytest.mark.parametrize(("look", "lang"), [("light", "nb"), ("dark", "nn"), ("narrow", "en")])
def test_every_page(workstation: Callable[..., Workstation], look: str, lang: str) -> None:
    faults = {}
    for name, page in pages(workstation(**LOOKS[look]), lang):
        expect(page.locator("html")).to_have_attribute("lang", lang)
        found = {"axe": violations(page), "too wide by": overflow(page)}
        if any(value for value in found.values() if value != 0):
            faults[name] = found
        keep_picture(page, f"{name}-{look}-{lang}")
    assert faults == {}


def pages(desk: Workstation, lang: str) -> Iterator[tuple[str, Page]]:
    """Each page and state of the portal that a clinician can meet, one after the other."""
    journal = desk.log_in_at_journal()
    page = journal.context.new_page()
    for name, path in {"public": "/", "start": "/start", "signed-out": "/logout", "unknown": "/finnes-ikke"}.items():
        page.goto(f"{desk.at.portal}{path}?lang={lang}")
        yield name, page
    page = desk.open_patient(journal)
    patient = page.url
    for name, path in {
        "patient": patient,
        "confirm": f"{patient}open/demo-melding",
        "mine": f"{desk.at.portal}/mine",
        "which-patient": f"{desk.at.portal}/go/demo-melding",
        "receipts-empty": f"{desk.at.portal}/kvitteringer",
    }.items():
        page.goto(f"{path}?lang={lang}")
        yield name, page
    yield "leaving", leaving(desk, page, patient)
    page.goto(patient)
    page.locator("summary").click()
    yield "patient-unfolded", page
    desk.open_patient(journal, "trygve").close()
    page.reload()
    yield "newer-patient", page
    yield "receipts", with_a_receipt(desk, page, patient)


def leaving(desk: Workstation, page: Page, patient: str) -> Page:
    """The page that sends the browser on, with a target that does not take it away."""
    desk.context.route(f"{desk.at.target}/**", lambda route: route.fulfill(status=204))
    page.goto(patient)
    with page.expect_response(f"{desk.at.target}/**"):
        page.locator("form[action$='/open/demo-melding'] button").click()
    desk.context.unroute(f"{desk.at.target}/**")
    return page


def with_a_receipt(desk: Workstation, page: Page, patient: str) -> Page:
    """The receipts once something has been sent."""
    page.goto(patient)
    page.locator("form[action$='/open/demo-melding'] button").click()
    page.wait_for_url(f"{desk.at.target}/meldinger/*")
    page.get_by_role("button", name="Send melding").click()
    page.wait_for_url("**/kvittering")
    page.goto(f"{desk.at.portal}/kvitteringer")
    page.locator("summary").first.click()
    return page


def test_another_person_is_told_so_accessibly(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/mine")
    choose(page, people.BO)
    page.wait_for_url(f"{desk.at.portal}/mine")
    page.goto(f"{desk.at.helseid}/connect/endsession")
    page.get_by_role("button").first.click()
    arrived = desk.open_patient(desk.log_in_at_journal())
    assert violations(arrived) == []


def test_a_language_is_remembered_where_one_is_known_and_not_on_the_public_page(
    workstation: Callable[..., Workstation],
) -> None:
    desk = workstation()
    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Every report, one entrance")
    assert desk.context.cookies() == []
    page.get_by_role("link", name="Log in with HelseID").click()
    choose(page, people.ANNA)
    expect(page.get_by_role("heading", level=1)).to_have_text("My services")
    page.goto(f"{desk.at.portal}/kvitteringer")
    expect(page.get_by_role("heading", level=1)).to_have_text("Receipts")


def test_a_doctor_without_authorisation_is_told_why_the_list_is_short(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/mine")
    choose(page, people.CATO)
    expect(page.get_by_role("banner")).to_contain_text("Cato Utenfor")
    assert page.locator("form[action*='demo-melding']").count() == 0
    assert violations(page) == []
