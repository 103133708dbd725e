"""Which office somebody works for: from the journal, else chosen before the list, and changed when it is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from support.helseid import ANNA, BO, CATO
from support.staging import living

from portal.demo.browser import Hop
from portal.domain.assignment import OfficeAssignment
from portal.store import assignments
from portal.store.tables.launches import LaunchRow
from portal.store.tables.log import AuditRow

if TYPE_CHECKING:
    from pathlib import Path

    from support.world import World

    from portal.demo.browser import Browser, Page

HOME, AWAY = ("999977774", "999977775", "Granfjelldal legekontor"), ("310000124", None, "Legevakta")


def assign(world: World, *offices: tuple[str, str | None, str]) -> None:
    with world.database.write() as session:
        for parent, child, name in offices:
            office = OfficeAssignment(parent=parent, child=child, name=name)
            assignments.assign(session, f"sub:{BO.sub}", office, "kari", world.clock())


def press(browser: Browser, page: Page, office: str) -> Page:
    return browser.submit(page, page.form("/mine/kontor"), office=office)


def open_first(browser: Browser, page: Page) -> None:
    """Press the first button that leaves the portal; nobody listens where it leads."""
    leaving = next(form for form in page.tree.forms if (form.action or "").startswith("/open/"))
    assert browser.step(browser.pressed(page, leaving)).status == 200


def audited(world: World, action: str) -> list[str | None]:
    with world.database.read() as session:
        found = select(AuditRow.organisation).where(AuditRow.action == action).order_by(AuditRow.id)
        return list(session.scalars(found))


def test_who_has_no_office_gets_the_list_for_all_of_them(world: World) -> None:
    page = world.log_in(world.browser(), BO)
    assert page.url == f"{world.origin}/mine"
    assert "Ukjent kontor" in page.text


def test_the_only_office_is_chosen_unasked(world: World) -> None:
    assign(world, HOME)
    page = world.log_in(world.browser(), BO)
    assert page.url == f"{world.origin}/mine"
    assert "999977775" in page.text


def test_several_offices_are_chosen_between_before_the_list(world: World) -> None:
    assign(world, HOME, AWAY)
    browser = world.browser()
    page = world.log_in(browser, BO)
    assert page.url == f"{world.origin}/mine/kontor"
    assert "Granfjelldal legekontor" in page.text
    page = press(browser, page, "310000124")
    assert page.url == f"{world.origin}/mine"
    assert "310000124" in page.text
    assert browser.open(f"{world.origin}/mine").url == f"{world.origin}/mine"
    assert audited(world, "office_chosen") == ["310000124"]


def test_another_office_than_the_known_ones_is_asked_for_once(world: World) -> None:
    assign(world, HOME, AWAY)
    browser = world.browser()
    page = press(browser, world.log_in(browser, BO), "")
    assert page.url == f"{world.origin}/mine"
    assert "Ukjent kontor" in page.text
    assert browser.open(f"{world.origin}/mine").url == f"{world.origin}/mine"


def test_nobody_works_for_an_office_that_is_neither_assigned_nor_seen(world: World) -> None:
    assign(world, HOME, AWAY)
    browser = world.browser()
    world.log_in(browser, BO)
    for office in ("310000043", "999977774", "999977774/310000043", "x"):
        hop = Hop("POST", f"{world.origin}/mine/kontor", {"office": office}, world.origin)
        assert browser.step(hop).status == 400


def test_the_journal_s_office_is_there_the_next_time(world: World) -> None:
    browser = world.browser()
    page = world.open_patient(browser, ANNA)
    assert "999977775" in page.text
    page = world.log_in(world.browser(), ANNA)
    assert page.url == f"{world.origin}/mine"
    assert "999977775" in page.text


def test_the_office_is_part_of_launch_and_audit(world: World) -> None:
    browser = world.browser()
    world.handle(browser, world.open_patient(browser, ANNA))
    page = browser.open(f"{world.origin}/mine")
    open_first(browser, page)
    with world.database.read() as session:
        offices = list(session.scalars(select(LaunchRow.organisation).order_by(LaunchRow.created_at)))
    assert offices == ["999977774/999977775"] * 2
    assert audited(world, "launch") == ["999977774/999977775"] * 2


def test_changing_the_office_ends_what_was_launched_for_the_other(world: World) -> None:
    assign(world, HOME, AWAY)
    browser = world.browser()
    page = press(browser, world.log_in(browser, BO), "999977774/999977775")
    open_first(browser, page)
    page = browser.open(f"{world.origin}/mine/kontor")
    assert "avsluttes tilgangen" in page.text
    press(browser, page, "310000124")
    with world.database.read() as session:
        assert session.scalar(select(LaunchRow.revoked_at))
    assert audited(world, "office_chosen") == ["999977774/999977775", "310000124"]


def test_who_has_no_hpr_number_gets_what_is_for_everyone(database_url: str, tmp_path: Path) -> None:
    with living(database_url, tmp_path, helseid_min_security_level=3) as world:
        page = world.log_in(world.browser(), CATO, "/mine/hvorfor")
        assert "Godkjenning i HPRIngen" in page.text
        listed = world.browser()
        assert world.log_in(listed, CATO).url == f"{world.origin}/mine"
