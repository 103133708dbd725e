"""Finding the right service: while typing, by keyboard, without script, on paper; and making the list one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from support.workstation import choose, keep_picture, press_by_keyboard, tab_to

from portal.demo import people

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from support.workstation import Workstation

pytestmark = pytest.mark.e2e
SEARCH = "Søk i tjenester"


def at_my_list(desk: Workstation) -> Page:
    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/mine")
    choose(page, people.ANNA)
    page.wait_for_url(f"{desk.at.portal}/mine")
    return page


def test_what_is_typed_is_found_and_never_comes_into_the_address(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    page = at_my_list(desk)
    page.get_by_label(SEARCH).type("bivrikning")
    expect(page.locator("article h3").first).to_have_text("Meld bivirkning")
    assert urlsplit(page.url).query == ""
    page.get_by_label(SEARCH).fill("xyzzyq")
    expect(page.get_by_role("status")).to_have_text("Ingen treff på «xyzzyq»")
    expect(page.locator("article")).to_have_count(0)
    page.get_by_role("link", name="Tøm søket").click()
    expect(page.get_by_label(SEARCH)).to_have_value("")


def test_a_number_is_not_even_sent(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    page = at_my_list(desk)
    before = len(desk.seen)
    page.get_by_label(SEARCH).fill("131169 00216")
    expect(page.get_by_role("status")).to_contain_text("Søk etter tjenester, ikke etter personer.")
    page.keyboard.press("Enter")
    page.wait_for_timeout(400)
    assert [url for url in desk.seen[before:] if "?" in url] == []


@pytest.mark.parametrize("path", ["/mine", "/"])
def test_it_is_found_without_script(workstation: Callable[..., Workstation], path: str) -> None:
    desk = workstation(java_script_enabled=False)
    page = at_my_list(desk)
    page.goto(f"{desk.at.portal}{path}")
    page.get_by_label(SEARCH).fill("blaa resept")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=blaa+resept**")
    assert "Blåreseptsøknad" in page.locator("article h3").all_text_contents()[:2]
    expect(page.get_by_role("status")).to_contain_text("treff på «blaa resept»")


def test_filters_narrow_while_they_are_chosen_and_without_script(workstation: Callable[..., Workstation]) -> None:
    for script in (True, False):
        page = at_my_list(workstation(java_script_enabled=script))
        page.get_by_text("Avgrens").click()
        page.get_by_label("Engangspålogging").check()
        if not script:
            page.get_by_role("button", name="Søk", exact=True).click()
        expect(page.get_by_role("status")).to_have_text("2 tjenester")
        expect(page.locator("#demo-sso")).to_be_visible()


def test_a_star_and_what_was_used_follow_to_another_machine(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    page = at_my_list(desk)
    for _ in range(page.locator(".star[aria-pressed=true]").count()):
        page.locator(".star[aria-pressed=true]").first.click()
    press_by_keyboard(page, "Favoritt: Mine oppgjør")
    expect(page.get_by_role("heading", name="Mine favoritter")).to_be_visible()
    expect(page.locator("#helfo-mine-oppgjor .star")).to_have_attribute("aria-pressed", "true")
    with desk.context.expect_event("request", lambda request: desk.at.target in request.url):
        page.locator("#demo-sso").get_by_role("button", name="Åpne").click()

    elsewhere = at_my_list(workstation())
    quick = elsewhere.locator("section[aria-labelledby=favoritter]").get_by_role("button")
    expect(quick).to_have_text(["Åpne Mine oppgjør"])
    used = elsewhere.locator("section[aria-labelledby=sist-brukt]")
    expect(used.get_by_role("button", name="Åpne Demooppslag")).to_be_visible()
    used.get_by_role("button", name="Tøm listen").click()
    expect(elsewhere.locator("section[aria-labelledby=sist-brukt]")).to_have_count(0)


def test_the_focus_goes_through_the_page_as_it_is_read(workstation: Callable[..., Workstation]) -> None:
    page = at_my_list(workstation())
    read = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")]
            .filter((one) => one.checkVisibility() && one.getClientRects().length)
            .map((one) => one.outerHTML)"""
    )
    reached = []
    for _ in read:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.outerHTML"))
    assert reached == read
    tab_to(page, "Hopp til hovedinnhold")


def test_an_owner_s_stop_is_told_of_with_its_end_and_leads_to_the_card(workstation: Callable[..., Workstation]) -> None:
    page = at_my_list(workstation())
    told = page.get_by_role("region", name="Driftsmeldinger")
    told.get_by_role("link", name="Demooppslag").click()
    card = page.locator("#demo-sso")
    expect(card).to_contain_text("Driftsforstyrrelse. Innsending feiler for noen. Ventet slutt:")
    expect(card).to_be_in_viewport()


def test_a_language_is_chosen_once_and_for_all_machines(workstation: Callable[..., Workstation]) -> None:
    desk = workstation(locale="en-GB")
    page = desk.context.new_page()
    page.goto(f"{desk.at.portal}/mine")
    choose(page, people.BO)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Nynorsk").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine tenester")
    other = workstation(locale="en-GB")
    page = other.context.new_page()
    page.goto(f"{other.at.portal}/mine")
    choose(page, people.BO)
    expect(page.locator("html")).to_have_attribute("lang", "nn")
    page.get_by_role("button", name="Bokmål").click()


def test_on_paper_there_are_services_and_no_buttons(workstation: Callable[..., Workstation]) -> None:
    page = at_my_list(workstation())
    page.emulate_media(media="print")
    expect(page.locator("article").first).to_be_visible()
    for gone in ("search", "footer", ".star >> nth=0", "nav >> nth=0"):
        expect(page.locator(gone).first).to_be_hidden()
    keep_picture(page, "mine-print")
