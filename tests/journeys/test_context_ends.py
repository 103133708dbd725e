"""What closes a patient: the EPJ, time, the login's end and another office; what may come back still comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from support.helseid import ANNA
from support.staging import living

from portal.demo.browser import Hop
from portal.domain.assignment import OfficeAssignment
from portal.lifetimes import Lifetimes
from portal.store import assignments, endings

if TYPE_CHECKING:
    from pathlib import Path

    from support.world import World

    from portal.demo.browser import Browser, Page


def is_open(browser: Browser, page: Page) -> bool:
    """Whether the patient's page still shows the patient."""
    again = browser.open(page.url)
    assert again.status in {200, 404}
    assert again.status == 200 or "Danser" not in again.response.text
    return again.status == 200


def log_out(browser: Browser, page: Page) -> Page:
    (form,) = [one for one in page.tree.forms if one.action == "/logout" and "switch" not in one.fields]
    return browser.submit(page, form)


def test_the_end_of_the_login_closes_her_patient_and_the_report_still_comes_back(world: World) -> None:
    browser = world.browser()
    page = world.open_patient(browser, ANNA)
    launched = world.launch(browser, page)
    log_out(browser, page)
    world.log_in(browser, ANNA)
    assert not is_open(browser, page)
    assert world.put(launched).status == 202


def test_a_logout_at_another_machine_closes_nothing_here(world: World) -> None:
    here, elsewhere = world.browser(), world.browser()
    page = world.open_patient(here, ANNA)
    log_out(elsewhere, world.log_in(elsewhere, ANNA))
    assert is_open(here, page)


def test_a_session_that_ends_at_helseid_closes_its_patients(world: World) -> None:
    browser = world.browser()
    page = world.open_patient(browser, ANNA)
    with world.database.write() as session:
        endings.of_sid(session, world.login_of(ANNA).sid, None, world.clock())
    assert browser.open(f"{world.origin}/mine").url == f"{world.origin}/mine"
    assert not is_open(browser, page)


def test_a_new_login_in_the_same_browser_goes_on_with_her_patient(world: World) -> None:
    browser = world.browser()
    page = world.open_patient(browser, ANNA)
    again = browser.open(f"{world.origin}/login")
    assert again.url == f"{world.origin}/mine"
    assert is_open(browser, page)
    log_out(browser, again)
    world.log_in(browser, ANNA)
    assert not is_open(browser, page)


def test_a_login_after_the_idle_time_goes_on_with_her_patient(sqlite_url: str, tmp_path: Path) -> None:
    with living(sqlite_url, tmp_path, lifetimes=Lifetimes(session_idle=timedelta(minutes=5))) as world:
        browser = world.browser()
        page = world.open_patient(browser, ANNA)
        world.clock.ahead += timedelta(minutes=6)
        assert browser.step(Hop("GET", page.url)).status == 303
        back = browser.open(page.url)
        assert back.url == page.url
        log_out(browser, back)
        world.log_in(browser, ANNA)
        assert not is_open(browser, page)


def test_another_office_chosen_by_hand_closes_the_patient_of_the_first(world: World) -> None:
    with world.database.write() as session:
        office = OfficeAssignment(parent="310000124", child=None, name="Legevakta")
        assignments.assign(session, f"sub:{ANNA.sub}", office, "kari", world.clock())
    browser = world.browser()
    page = world.open_patient(browser, ANNA)
    launched = world.launch(browser, page)
    asked = browser.open(f"{world.origin}/mine/kontor")
    browser.submit(asked, asked.form("/mine/kontor"), office="310000124")
    assert not is_open(browser, page)
    assert world.put(launched).status == 202


def test_time_closes_a_patient_whom_the_epj_does_not_refresh(world: World) -> None:
    browser = world.browser()
    page = world.open_patient(browser, ANNA)
    world.clock.ahead += timedelta(minutes=29)
    assert is_open(browser, page)
    world.clock.ahead += timedelta(minutes=2)
    assert not is_open(browser, page)


def test_who_is_disabled_has_no_patient_open(world: World) -> None:
    browser = world.browser()
    page = world.open_patient(browser, ANNA)
    with world.database.write() as session:
        assignments.disable(session, f"sub:{ANNA.sub}", "kari", world.clock())
        endings.of_person(session, f"sub:{ANNA.sub}", world.clock())
    answer = browser.step(Hop("GET", page.url))
    assert answer.status == 303
    assert "Danser" not in answer.response.text
