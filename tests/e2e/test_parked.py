"""An EPJ that opens windows elsewhere: the launch is parked, its clinician logs in, and is asked whom it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from support.workstation import choose, keep_picture, overflow, press_by_keyboard, violations

from portal.demo import people
from portal.domain.person_number import masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route
    from support.workstation import Workstation

pytestmark = pytest.mark.e2e

LOOKS = {
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 320, "height": 640}},
}


def carried_elsewhere(desk: Workstation) -> str:
    """The address of a launch that this browser began, and never got to."""
    held: list[str] = []

    def hold(route: Route) -> None:
        held.append(route.request.url)
        route.fulfill(status=204)

    page = desk.open_patient(desk.log_in_at_journal())
    desk.context.route(f"{desk.at.target}/**", hold)
    with page.expect_response(f"{desk.at.target}/**"):
        page.locator("#demo-melding form[action$='open/demo-melding'] button").click()
    desk.context.unroute(f"{desk.at.target}/**")
    return held[0]


def parked(desk: Workstation, launch: str) -> Page:
    """The page that asks, in a browser that nobody was logged in at."""
    page = desk.context.new_page()
    page.goto(launch)
    choose(page, people.ANNA)
    expect(page.get_by_role("heading", level=1)).to_have_text("Åpne Demomelding for pasient S.F.?")
    return page


@pytest.mark.parametrize("look", LOOKS)
def test_who_has_logged_in_is_asked_and_goes_on(workstation: Callable[..., Workstation], look: str) -> None:
    launch, elsewhere = carried_elsewhere(workstation()), workstation(**LOOKS[look])
    page = parked(elsewhere, launch)
    assert violations(page) == []
    assert overflow(page) <= 0
    keep_picture(page, f"parked-{look}")
    press_by_keyboard(page, "Åpne Demomelding")
    page.wait_for_url(f"{elsewhere.at.target}/meldinger/*")
    expect(page.locator("#patient")).to_have_text(masked(people.SOLVI.number))


@pytest.mark.parametrize("look", LOOKS)
def test_who_says_no_is_told_that_nothing_was_opened(workstation: Callable[..., Workstation], look: str) -> None:
    launch, elsewhere = carried_elsewhere(workstation()), workstation(**LOOKS[look])
    page = parked(elsewhere, launch)
    page.get_by_role("button", name="Nei, avbryt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Demomelding ble ikke åpnet")
    assert violations(page) == []
    assert overflow(page) <= 0
    keep_picture(page, f"not-opened-{look}")


def test_another_person_who_logs_in_sees_no_patient(workstation: Callable[..., Workstation]) -> None:
    launch, elsewhere = carried_elsewhere(workstation()), workstation()
    page = elsewhere.context.new_page()
    page.goto(launch)
    choose(page, people.BO)
    page.wait_for_url(f"{elsewhere.at.portal}/**")
    assert people.SOLVI.family not in page.content()
    assert "S.F." not in page.content()
