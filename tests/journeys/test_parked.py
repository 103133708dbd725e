"""Path 3, parked: the launch comes back in a browser that nobody is logged in at, or is logged in at otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest
from sqlalchemy import select
from support.bodies import answered
from support.helseid import ANNA, BO

from portal.demo.browser import Hop
from portal.store.tables.log import AuditRow

if TYPE_CHECKING:
    from support.world import Profile, World

    from portal.demo.browser import Browser, Page


@pytest.fixture(params=["strict", "classic"])
def profile(request: pytest.FixtureRequest) -> Profile:
    return cast("Profile", request.param)


def pushed(world: World, anna: tuple[Browser, Page]) -> tuple[str, str]:
    """A request_uri of a launch that Anna has begun, and its verifier."""
    answer, verifier = world.push("demo-melding", world.handle(*anna))
    return answer.json()["request_uri"], verifier


def logged_in_on_the_way(world: World, browser: Browser, request_uri: str, person: str = ANNA.sub) -> Page:
    """Where the browser ends that has to log in first."""
    parked = world.authorize(browser, "demo-melding", request_uri)
    assert parked.status == 303
    page = browser.follow(Hop("GET", f"{world.origin}{parked.response.headers['Location']}"))
    return world.until_it_leaves(browser, browser.pressed(page, page.form(), person=person))


def confirmed(browser: Browser, asked: Page, **fields: str) -> dict[str, str]:
    """Press a button of the page that asks, and read what the target is sent."""
    click = browser.pressed(asked, asked.form("/oauth/confirm"), **fields)
    left = browser.step(click)
    assert (left.status, left.response.headers["Referrer-Policy"]) == (200, "no-referrer")
    onwards = browser.next(left, click)
    assert onwards is not None
    return onwards.query()


def log_out(world: World, browser: Browser) -> None:
    browser.step(Hop("POST", f"{world.origin}/logout", {}, world.origin))


def said(world: World, action: str) -> list[str]:
    """The outcomes that are audited of an action."""
    with world.database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.id))
        return [row.outcome for row in rows]


def test_who_is_not_logged_in_does_so_and_is_asked_whom_it_is_for(world: World, anna: tuple[Browser, Page]) -> None:
    request_uri, verifier = pushed(world, anna)
    elsewhere = world.browser()
    asked = logged_in_on_the_way(world, elsewhere, request_uri)
    assert "Åpne Demomelding for pasient L.D.?" in asked.text
    given = world.redeem("demo-melding", confirmed(elsewhere, asked)["code"], verifier)
    assert given.json()["fhirContext"][0]["identifier"]["value"]
    assert said(world, "launch_confirmed") == ["ok"]


def test_the_login_that_confirmed_a_launch_ends_it_with_itself(world: World, anna: tuple[Browser, Page]) -> None:
    request_uri, verifier = pushed(world, anna)
    elsewhere = world.browser()
    asked = logged_in_on_the_way(world, elsewhere, request_uri)
    code = confirmed(elsewhere, asked)["code"]
    log_out(world, elsewhere)
    assert world.redeem("demo-melding", code, verifier).json()["error"] == "invalid_grant"


def test_who_says_no_is_obeyed_and_the_launch_is_burned(world: World, anna: tuple[Browser, Page]) -> None:
    request_uri, _ = pushed(world, anna)
    elsewhere = world.browser()
    asked = logged_in_on_the_way(world, elsewhere, request_uri)
    told = confirmed(elsewhere, asked, declined="")
    assert (told["error"], told["iss"]) == ("access_denied", world.origin)
    assert answered(world.authorize(anna[0], "demo-melding", request_uri))["error"] == "invalid_request"
    assert said(world, "launch_confirmed") == ["declined"]


def test_another_person_who_logs_in_is_refused_and_the_launch_is_burned(
    world: World, anna: tuple[Browser, Page]
) -> None:
    request_uri, _ = pushed(world, anna)
    page = logged_in_on_the_way(world, world.browser(), request_uri, BO.sub)
    assert answered(page)["error"] == "access_denied"
    assert answered(world.authorize(anna[0], "demo-melding", request_uri))["error"] == "invalid_request"
    assert said(world, "launch_authorized") == ["other_person"]


def test_it_waits_ten_minutes_and_no_longer(world: World, anna: tuple[Browser, Page]) -> None:
    request_uri, _ = pushed(world, anna)
    elsewhere = world.browser()
    assert world.authorize(elsewhere, "demo-melding", request_uri).status == 303
    world.clock.ahead += timedelta(minutes=9, seconds=30)
    world.log_in(elsewhere, ANNA)
    assert "for pasient L.D.?" in world.authorize(elsewhere, "demo-melding", request_uri).text
    world.clock.ahead += timedelta(seconds=31)
    assert world.authorize(elsewhere, "demo-melding", request_uri).status == 400


def test_asking_again_and_again_does_not_let_it_wait_longer(world: World, anna: tuple[Browser, Page]) -> None:
    request_uri, _ = pushed(world, anna)
    for _ in range(3):
        assert world.authorize(world.browser(), "demo-melding", request_uri).status == 303
        world.clock.ahead += timedelta(minutes=3, seconds=10)
    assert world.authorize(world.browser(), "demo-melding", request_uri).status == 303
    world.clock.ahead += timedelta(seconds=31)
    assert world.authorize(world.browser(), "demo-melding", request_uri).status == 400


def test_a_launch_that_is_too_old_is_not_parked(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    world.clock.ahead += timedelta(seconds=61)
    request_uri = world.push("demo-melding", handle)[0].json()["request_uri"]
    assert answered(world.authorize(world.browser(), "demo-melding", request_uri))["error"] == "invalid_request"


def test_her_other_browser_is_asked_and_her_first_goes_on_without(world: World, anna: tuple[Browser, Page]) -> None:
    request_uri, verifier = pushed(world, anna)
    other = world.browser()
    world.log_in(other, ANNA)
    assert "for pasient L.D.?" in world.authorize(other, "demo-melding", request_uri).text
    code = answered(world.authorize(anna[0], "demo-melding", request_uri))["code"]
    assert world.redeem("demo-melding", code, verifier).status == 200
    assert world.authorize(other, "demo-melding", request_uri).status == 400


@pytest.mark.parametrize(("logged_in", "error"), [(False, "login_required"), (True, "interaction_required")])
def test_who_wants_no_page_gets_none(world: World, anna: tuple[Browser, Page], *, logged_in: bool, error: str) -> None:
    request_uri = world.push("demo-melding", world.handle(*anna), prompt="none")[0].json()["request_uri"]
    other = world.browser()
    if logged_in:
        world.log_in(other, ANNA)
    assert answered(world.authorize(other, "demo-melding", request_uri))["error"] == error
    assert "code" in answered(world.authorize(anna[0], "demo-melding", request_uri))


def test_another_sites_form_cannot_confirm(world: World, anna: tuple[Browser, Page]) -> None:
    request_uri, _ = pushed(world, anna)
    other = world.browser()
    world.log_in(other, ANNA)
    world.authorize(other, "demo-melding", request_uri)
    form = {"client_id": "demo-melding", "request_uri": request_uri}
    forged = other.step(Hop("POST", f"{world.origin}/oauth/confirm", form, "https://evil.example"))
    assert forged.status == 403


def test_nobody_confirms_what_another_began(world: World, anna: tuple[Browser, Page]) -> None:
    request_uri, _ = pushed(world, anna)
    bo = world.browser()
    world.log_in(bo, BO)
    form = {"client_id": "demo-melding", "request_uri": request_uri}
    left = bo.step(Hop("POST", f"{world.origin}/oauth/confirm", form, world.origin))
    onwards = bo.next(left, Hop("POST", f"{world.origin}/oauth/confirm"))
    assert onwards is not None
    assert onwards.query()["error"] == "access_denied"


def test_a_context_that_ended_while_it_waited_is_not_given(world: World, anna: tuple[Browser, Page]) -> None:
    request_uri, _ = pushed(world, anna)
    log_out(world, anna[0])
    elsewhere = world.browser()
    assert answered(world.authorize(elsewhere, "demo-melding", request_uri))["error"] == "invalid_request"
