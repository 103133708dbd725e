"""The receipts' pages in the states that a report and its office can bring them to, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page
    from support.workstation import Workstation

SERVICE, PATIENT = "demo-melding", "trygve"


def receipt_states(desk: Workstation, journal: Page, query: str) -> Iterator[tuple[str, Page]]:
    """Say never, ask and always, answer no, and be rejected by the journal; all is as before when it ends."""
    page = desk.open_patient(journal, PATIENT)
    patient, receipts = page.url.partition("?")[0], f"{desk.at.portal}/kvitteringer?{query}"
    for wanted in ("never", "ask"):
        choose(page, receipts, wanted)
        page.goto(f"{patient}open/{SERVICE}?{query}")
        yield f"confirm-{wanted}", page
    send(desk, page)
    page.goto(receipts)
    yield "receipts-asked", page
    page.locator("button[name=svar][value=nei]").click()
    choose(page, receipts, "always")
    reply(journal, "avvist")
    page.goto(f"{patient}open/{SERVICE}?{query}")
    send(desk, page)
    page.goto(receipts)
    rejected = page.locator("form[action*='/igjen']")
    for _ in range(60):
        if rejected.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(rejected).not_to_have_count(0)
    yield "receipts-rejected", page
    page.locator("form[action*='/fort'] button").first.click()
    reply(journal, "ok")


def choose(page: Page, receipts: str, wanted: str) -> None:
    """Let the office want this of the service."""
    page.goto(receipts)
    page.locator(f"#valg-{SERVICE}").select_option(wanted)
    page.locator("form", has=page.locator(f"#valg-{SERVICE}")).get_by_role("button").click()
    page.wait_for_url("**/kvitteringer#valg")


def send(desk: Workstation, page: Page) -> None:
    """Go on to the target and send a report there."""
    page.locator(f"main form[action$='open/{SERVICE}'] button").click()
    page.wait_for_url(f"{desk.at.target}/meldinger/*")
    page.get_by_role("button", name="Send melding").click()
    page.wait_for_url("**/kvittering")


def reply(journal: Page, wanted: str) -> None:
    """Choose the AppRec that the journal gives next."""
    journal.reload()
    article = journal.locator(f"#{PATIENT}")
    article.locator("select[name=reply]").select_option(wanted)
    article.get_by_role("button", name="Velg").click()
