"""Both doors from the journal: each page keeps its own patient, to the target and back, whoever else is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from support.workstation import PATIENT_BUTTON, SMART_BUTTON, choose

from portal.demo import people
from portal.domain.person_number import masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from support.workstation import Workstation

    from portal.demo.epj.config import Patient

pytestmark = pytest.mark.e2e

DOORS = pytest.mark.parametrize("button", [PATIENT_BUTTON, SMART_BUTTON], ids=["session/create", "SMART"])
OPENED = ((people.SOLVI, PATIENT_BUTTON), (people.TRYGVE, SMART_BUTTON), (people.INGEBORG, PATIENT_BUTTON))


def shows(page: Page, patient: Patient) -> None:
    """The page is about this patient and about nobody else."""
    banner = page.get_by_role("region", name="Pasient")
    expect(banner).to_contain_text(f"{patient.given} {patient.family}")
    expect(banner).to_contain_text(masked(patient.number))
    for other in people.PATIENTS:
        if other is not patient:
            expect(page.locator("body")).not_to_contain_text(other.family)


def forget(desk: Workstation, *cookies: str) -> None:
    for name in cookies:
        desk.context.clear_cookies(name=name)


def asked_at_helseid(desk: Workstation, button: str) -> Page:
    """Sølvi is opened from the journal in a browser without a HelseID session: where it asks who is there."""
    journal = desk.log_in_at_journal()
    forget(desk, "helseid-demo")
    with desk.context.expect_page() as opened:
        journal.locator("#solvi").get_by_role("button", name=button).click()
    return opened.value


def test_three_patients_from_three_epj_sessions_through_both_doors(workstation: Callable[..., Workstation]) -> None:
    desk, pages = workstation(), []
    for patient, button in OPENED:
        # Another session at the journal and at HelseID; the portal's own goes on.
        forget(desk, "epj-demo", "helseid-demo")
        pages.append(desk.open_patient(desk.log_in_at_journal(), patient.id, button))
    for page, (patient, _) in zip(pages, OPENED, strict=True):
        page.bring_to_front()
        page.wait_for_timeout(2500)
        shows(page, patient)
        expect(page.get_by_role("region", name="Pasient")).to_have_attribute("data-newer", "false")
    for page, (patient, _) in zip(pages, OPENED, strict=True):
        page.locator("#demo-melding").get_by_role("button", name="Åpne Demomelding").click()
        page.wait_for_url(f"{desk.at.target}/meldinger/*")
        expect(page.locator("#patient")).to_have_text(masked(patient.number))


@DOORS
def test_the_patient_waits_while_a_browser_without_a_helseid_session_logs_in(
    workstation: Callable[..., Workstation], button: str
) -> None:
    desk = workstation()
    page = asked_at_helseid(desk, button)
    choose(page, people.ANNA)
    page.wait_for_url(f"{desk.at.portal}/k/*/")
    shows(page, people.SOLVI)


@DOORS
def test_the_patient_is_not_for_another_person_than_the_journals(
    workstation: Callable[..., Workstation], button: str
) -> None:
    page = asked_at_helseid(workstation(), button)
    choose(page, people.BO)
    expect(page.get_by_role("heading", level=1)).to_have_text("Pasienten ble åpnet av en annen")
    expect(page.locator("body")).not_to_contain_text("Fjellrev")
    page.get_by_role("button", name="Bytt bruker").click()
    choose(page, people.ANNA)
    shows(page, people.SOLVI)


def test_two_patients_of_one_smart_session_dim_the_first(workstation: Callable[..., Workstation]) -> None:
    desk = workstation()
    journal = desk.log_in_at_journal()
    first = desk.open_patient(journal, "solvi", SMART_BUTTON)
    second = desk.open_patient(journal, "trygve", SMART_BUTTON)
    first.bring_to_front()
    expect(first.get_by_role("region", name="Pasient")).to_have_attribute("data-newer", "true", timeout=3000)
    shows(first, people.SOLVI)
    shows(second, people.TRYGVE)
