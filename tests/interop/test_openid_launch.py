"""openid-client (npm, certified) as a target portal that is launched with a patient, in every way to be registered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.bodies import LINE, OLE
from support.counterpart import is_login_page
from support.helseid import ANNA, BO
from support.openid_target import CLASSIC, IN_THE_SANDBOX, STRICT, WAYS, openid_target, passes
from support.third_party import (
    carried,
    click,
    given,
    no_number_is_in_an_address,
    numbers,
    offer,
    press,
    refusal,
)

from portal.demo.browser import Browser, Hop

if TYPE_CHECKING:
    from support.openid_target import Way
    from support.world import World

    from portal.demo.browser import Page
    from portal.domain.catalogue import Service

pytestmark = pytest.mark.interop

BOTH = pytest.mark.parametrize("way", [STRICT, CLASSIC], ids=["strict", "classic"])
BY_GET_OR_POST = pytest.mark.parametrize("method", ["get", "post"])
SANDBOX = pytest.mark.parametrize("environment", ["sandbox"])


def is_line_s(tokens: dict[str, object]) -> bool:
    """Whether it is what a launch for Line by Anna gives."""
    return numbers(tokens) == {"Patient": LINE["number"], "Practitioner": ANNA.hpr_number, "Organization": "999977775"}


def logs_in(browser: Browser, page: Page, sub: str = ANNA.sub) -> Page:
    assert is_login_page(page), page.text
    return browser.submit(page, page.form(), person=sub)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_launch_brings_patient_practitioner_and_office(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    with openid_target(world, way) as target:
        tokens = given(click(*anna))
        asked = target.do("asked")
    assert is_line_s(tokens)
    assert tokens["token_type"] == ("dpop" if way.dpop else "bearer")
    assert (["/oauth/par", 201] in asked) is way.par
    assert no_number_is_in_an_address(anna[0])


@SANDBOX
@pytest.mark.parametrize("way", IN_THE_SANDBOX.values(), ids=IN_THE_SANDBOX)
def test_in_the_sandbox_a_secret_will_do_or_none(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    with openid_target(world, way):
        assert is_line_s(given(click(*anna)))


@pytest.mark.parametrize("way", [IN_THE_SANDBOX["public"]])
def test_outside_the_sandbox_such_a_target_is_nobody(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    with openid_target(world, way) as target:
        page = click(*anna)
    assert (page.status, page.url.startswith(world.origin)) == (400, True)
    assert not [url for url in anna[0].visited if url.startswith(target.back)]


@pytest.mark.parametrize("discovery", ["oidc", "oauth2", "smart"])
def test_it_finds_us_by_each_of_our_discovery_documents(
    world: World, anna: tuple[Browser, Page], discovery: str
) -> None:
    with openid_target(world, STRICT, discovery=discovery):
        assert is_line_s(given(click(*anna)))


@pytest.mark.parametrize("zone", ["helsenett"])
@BY_GET_OR_POST
@BOTH
def test_it_is_launched_by_get_or_by_post_on_helsenett_too(
    world: World, anna: tuple[Browser, Page], way: Way, method: str
) -> None:
    with openid_target(world, way, {"launch_method": method}) as target:
        page = click(*anna)
    assert is_line_s(given(page))
    at_launch = [url for url in anna[0].visited if url.startswith(target.client.launch_url or "")]
    assert [url.endswith("/launch") for url in at_launch] == [method == "post"]


@pytest.mark.parametrize("zone", ["helsenett", "internett"])
def test_a_target_that_this_network_does_not_reach_is_shown_with_the_reason(world: World, zone: str) -> None:
    def only_on_helsenett(service: Service) -> Service:
        return service.model_copy(update={"endpoints": service.endpoints[:1]})

    offer(world, change=only_on_helsenett)
    browser = world.browser()
    listed = world.open_patient(browser, ANNA)
    opened = browser.step(Hop("POST", f"{listed.url}open/demo-melding", {}, world.origin))
    reaches = zone == "helsenett"
    assert ("Åpnes bare fra helsenettet." in listed.text) is not reaches
    assert any(link.endswith("/open/demo-melding") for link in listed.links()) is reaches
    assert opened.status == (200 if reaches else 403)


@BOTH
def test_it_may_post_its_authorization_request(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    with openid_target(world, way, post=True):
        assert is_line_s(given(click(*anna)))
    assert f"{world.origin}/oauth/authorize" in anna[0].visited


@BOTH
def test_a_patient_opened_later_leaves_the_first_launch_as_it_was(
    world: World, anna: tuple[Browser, Page], way: Way
) -> None:
    browser, listed = anna
    with openid_target(world, way) as target:
        first = given(click(browser, listed))
        told = target.do("introspect", token="access_token")
        world.clock.ahead += timedelta(seconds=1)
        second = given(click(browser, world.open_patient(browser, ANNA, OLE)))
    assert (numbers(first)["Patient"], numbers(second)["Patient"]) == (LINE["number"], OLE["number"])
    assert first["patient"] == told["patient"] != second["patient"]
    assert first["need_patient_banner"] is second["need_patient_banner"] is True


@BY_GET_OR_POST
@BOTH
def test_in_another_browser_it_waits_for_the_login_and_a_yes(
    world: World, anna: tuple[Browser, Page], way: Way, method: str
) -> None:
    elsewhere = world.browser()
    with openid_target(world, way, {"launch_method": method}):
        asked = logs_in(elsewhere, elsewhere.follow(carried(*anna)))
        assert "Åpne Demomelding for pasient L.D.?" in asked.text
        assert is_line_s(given(press(elsewhere, asked, "Åpne Demomelding")))
    assert no_number_is_in_an_address(elsewhere)


@BOTH
def test_who_is_logged_in_at_the_other_browser_is_asked_for_the_yes_alone(
    world: World, anna: tuple[Browser, Page], way: Way
) -> None:
    elsewhere = world.browser()
    world.log_in(elsewhere, ANNA)
    with openid_target(world, way):
        asked = elsewhere.follow(carried(*anna))
        assert is_line_s(given(press(elsewhere, asked, "Åpne Demomelding")))


@BOTH
def test_a_no_reaches_the_target_and_the_launch_is_burned(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    elsewhere = world.browser()
    with openid_target(world, way):
        launch = carried(*anna)
        asked = logs_in(elsewhere, elsewhere.follow(launch))
        said = refusal(press(elsewhere, asked, "Nei, avbryt"))
        again = refusal(anna[0].follow(launch))
    assert (said["error"], said["said"]["iss"]) == ("access_denied", world.origin)
    assert again["error"] == "invalid_request"


@BOTH
def test_another_person_is_refused_and_the_launch_is_burned(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    elsewhere = world.browser()
    with openid_target(world, way):
        launch = carried(*anna)
        said = refusal(logs_in(elsewhere, elsewhere.follow(launch), BO.sub))
        again = refusal(anna[0].follow(launch))
    assert (said["error"], said["said"]["iss"]) == ("access_denied", world.origin)
    assert again["error"] == "invalid_request"


@BOTH
def test_a_launch_that_is_too_old_is_refused(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    with openid_target(world, way) as target:
        launch = carried(*anna)
        passes(world, target, 61)
        said = refusal(anna[0].follow(launch))
    assert (said["error"], said["said"]["iss"]) == ("invalid_request", world.origin)


@BOTH
def test_a_parked_launch_waits_ten_minutes_and_then_leads_nowhere(
    world: World, anna: tuple[Browser, Page], way: Way
) -> None:
    elsewhere = world.browser()
    with openid_target(world, way) as target:
        asked = logs_in(elsewhere, elsewhere.follow(carried(*anna)))
        passes(world, target, 601)
        ended = press(elsewhere, asked, "Åpne Demomelding")
    assert (ended.status, ended.url.startswith(world.origin)) == (400, True)
    assert not [url for url in elsewhere.visited if url.startswith(target.back)]


@BOTH
def test_a_launch_whose_patient_the_journal_has_closed_is_refused(world: World, way: Way) -> None:
    browser, token = world.browser(), world.epj_token(ANNA)
    opened = world.open_session(token)
    listed = logs_in(browser, world.start(browser, opened))
    with openid_target(world, way):
        launch = carried(browser, listed)
        world.call("POST", "/api/session/end", token, {"sessionId": opened["sessionId"]})
        assert refusal(browser.follow(launch))["error"] == "invalid_request"
