"""Path 1: from a page that needs a login, through HelseID, and back to that page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.helseid import ANNA, CATO

from portal.demo.browser import Hop

if TYPE_CHECKING:
    from support.world import World


def test_a_login_ends_on_the_page_that_asked_for_it(world: World) -> None:
    page = world.log_in(world.browser(), ANNA, "/kvitteringer")
    assert page.url == f"{world.origin}/kvitteringer"
    assert "Anna Fastlege" in page.text


def test_no_more_is_asked_for_than_a_login_needs(world: World) -> None:
    leaving = world.browser().step(Hop("GET", f"{world.origin}/login"))
    asked = Hop("GET", leaving.response.headers["Location"]).query()
    pushed = world.provider.memory.pushed.look(asked["request_uri"], world.clock())
    assert pushed
    assert pushed.scopes == (
        "openid",
        "profile",
        "helseid://scopes/identity/security_level",
        "helseid://scopes/hpr/hpr_number",
    )
    assert (pushed.acr_values, pushed.prompt, pushed.max_age, pushed.resources) == ("Level4", None, None, ())
    assert len(pushed.nonce or "") == 43


def test_the_callback_is_good_once_and_friendly_twice(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    callback = next(url for url in browser.visited if "/login/callback" in url)
    assert browser.open(callback).url == f"{world.origin}/mine"
    stranger = world.browser().open(callback)
    assert stranger.status == 400
    assert "Logg inn på nytt" in stranger.text


def test_an_answer_that_another_browser_asked_for_is_refused(world: World) -> None:
    victim, attacker = world.browser(), world.browser()
    asked = attacker.open(f"{world.origin}/mine")
    answered = attacker.step(attacker.pressed(asked, asked.form(), person=ANNA.sub))
    callback = answered.response.headers["Location"]
    assert victim.open(callback).status == 400
    assert victim.open(f"{world.origin}/mine").url.startswith(world.provider.issuer)
    assert attacker.open(callback).url == f"{world.origin}/mine"


def test_a_low_security_level_is_refused_whatever_was_asked_for(world: World) -> None:
    page = world.log_in(world.browser(), CATO)
    assert page.status == 403
    assert "høyere sikkerhetsnivå" in page.text


@pytest.mark.parametrize(
    ("lowest", "path", "asked"),
    [(4, "/login", "idp:testidp-oidc"), (3, "/login", "idp:testidp-oidc"), (3, "/login?level=4", "Level4")],
)
def test_helseid_is_asked_for_what_is_configured_or_for_more(world: World, lowest: int, path: str, asked: str) -> None:
    configured: dict[str, Any] = {
        "helseid_acr_values": "idp:testidp-oidc",
        "helseid_min_security_level": lowest,
    }
    with world.app_with(**configured) as client:
        answer = client.get(path, headers={"Host": world.settings.host})
    request_uri = parse_qs(urlsplit(answer.headers["Location"]).query)["request_uri"][0]
    pushed = world.provider.memory.pushed.look(request_uri, world.clock())
    assert pushed
    assert pushed.acr_values == asked


def test_a_cancelled_login_says_so(world: World) -> None:
    browser = world.browser()
    asked = browser.open(f"{world.origin}/mine")
    page = browser.submit(asked, asked.form(), person="")
    assert page.status == 403
    assert "avbrutt" in page.text


@pytest.mark.parametrize(
    "path", ["//evil.example", "/%09/evil.example", "https://evil.example/", "/nowhere", "/static/x", "http://["]
)
def test_a_login_never_ends_at_an_address_that_somebody_chose(world: World, path: str) -> None:
    browser = world.browser()
    asked = browser.follow(Hop("GET", f"{world.origin}/login?next={path}"))
    page = browser.submit(asked, asked.form(), person=ANNA.sub)
    assert page.url == f"{world.origin}/mine"


def test_a_login_gives_a_new_session_and_the_old_one_ends(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    cookie = next(c for c in browser.cookies if c.name == "portal-session")
    before = cookie.value or ""
    browser.open(f"{world.origin}/login")
    old = world.browser()
    old.cookies.set("portal-session", before, domain="127.0.0.1")
    assert old.open(f"{world.origin}/mine").url.startswith(world.provider.issuer)


def test_a_session_ends_when_it_has_been_idle_too_long(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    world.clock.ahead += timedelta(minutes=29)
    assert browser.open(f"{world.origin}/mine").url == f"{world.origin}/mine"
    world.clock.ahead += timedelta(minutes=29)
    assert browser.open(f"{world.origin}/mine").url == f"{world.origin}/mine"
    world.clock.ahead += timedelta(minutes=31)
    assert "Location" in browser.step(Hop("GET", f"{world.origin}/mine")).response.headers


def test_logging_out_ends_the_session_here_and_at_helseid(world: World) -> None:
    browser = world.browser()
    page = world.log_in(browser, ANNA)
    (log_out,) = [form for form in page.tree.forms if form.action == "/logout" and "switch" not in form.fields]
    assert browser.submit(page, log_out).url.startswith(f"{world.origin}/logout")
    assert browser.open(f"{world.origin}/mine").tree.xpath("//button[@name='person']")


def test_not_you_lets_the_next_person_log_in_at_once(world: World) -> None:
    browser = world.browser()
    page = world.log_in(browser, ANNA)
    (switch,) = [form for form in page.tree.forms if form.action == "/logout" and "switch" in form.fields]
    assert browser.submit(page, switch).tree.xpath("//button[@name='person']")


def test_a_form_from_another_page_is_refused(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    for origin in ("https://evil.example", "null", None):
        assert browser.step(Hop("POST", f"{world.origin}/logout", {}, origin)).status == 403
    assert browser.open(f"{world.origin}/mine").url == f"{world.origin}/mine"


def test_another_name_for_the_host_is_misdirected(world: World) -> None:
    name = world.origin.replace("127.0.0.1", "localhost")
    assert world.browser().open(f"{name}/mine").status == 421
    assert world.browser().open(f"{name}/health/live").status == 200
