"""Debian's mod_auth_openidc, as it is packaged, as a legacy target that somebody else may send people to."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from support.apache import Legacy, apache, told
from support.counterpart import is_login_page
from support.helseid import ANNA, BO
from support.third_party import click, log_out, no_number_is_in_an_address, offer

from portal.demo.ports import free_port
from portal.domain.client_registration import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.world import World

    from portal.demo.browser import Browser, Page

pytestmark = pytest.mark.interop

SECRET = "a-secret-that-both-know"


@pytest.fixture
def environment() -> str:
    return "sandbox"


@pytest.fixture
def legacy(world: World) -> Iterator[Legacy]:
    """It is `demo-sso`: people are signed on there by us, and nothing else goes along."""
    port = free_port()
    with apache(port, world.origin, "demo-annen", SECRET) as running:
        offer(world, port)
        registered = {
            "client_id": "demo-annen",
            "service": "demo-sso",
            "owner": "Demo-eier",
            "profile": "classic",
            "authentication": "client_secret_basic",
            "secret_sha256": sha256(SECRET.encode()).hexdigest(),
            "initiate_login_uri": running.back,
            "redirect_uris": (running.back,),
            "sign_on": True,
        }
        world.put_in_force(Client.model_validate(registered))
        yield running


def initiated(world: World, legacy: Legacy, target_link_uri: str) -> str:
    """Where anybody can send a browser (OpenID Connect Core §4)."""
    return f"{legacy.back}?{urlencode({'iss': world.origin, 'target_link_uri': target_link_uri})}"


@pytest.mark.parametrize("zone", ["helsenett", "internett"])
def test_a_click_on_the_card_opens_the_page_with_her_signed_on(world: World, legacy: Legacy) -> None:
    browser = world.browser()
    page = click(browser, world.log_in(browser, ANNA), "demo-sso")
    claims = told(page)
    assert page.url == f"{legacy.address}/"
    assert (claims["sub"], claims["iss"], claims["aud"]) == (ANNA.sub, world.origin, "demo-annen")
    assert claims["fhirUser"].startswith("Practitioner/")
    assert claims["auth_time"].isdigit()


def test_the_card_sends_the_browser_to_the_registered_address_with_iss_and_target_alone(
    world: World, legacy: Legacy
) -> None:
    browser = world.browser()
    click(browser, world.log_in(browser, ANNA), "demo-sso")
    (address,) = [url for url in browser.visited if url.startswith(legacy.back) and "target_link_uri" in url]
    assert parse_qs(urlsplit(address).query) == {"iss": [world.origin], "target_link_uri": [f"{legacy.address}/"]}


@pytest.mark.usefixtures("legacy")
def test_nothing_of_the_open_patient_goes_along(anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    page = click(browser, browser.open(listed.url), "demo-sso")
    claims = told(page)
    assert claims["sub"] == ANNA.sub
    assert not {name for name in claims if "patient" in name or "hpr" in name}
    assert no_number_is_in_an_address(browser)


@pytest.mark.usefixtures("legacy")
def test_a_second_click_asks_nothing_of_anybody(world: World) -> None:
    browser = world.browser()
    listed = world.log_in(browser, ANNA)
    before = told(click(browser, listed, "demo-sso"))
    seen = len(browser.visited)
    assert told(click(browser, listed, "demo-sso"))["sub"] == before["sub"]
    assert not [url for url in browser.visited[seen:] if url.startswith(world.provider.issuer)]


def test_who_comes_directly_logs_in_with_helseid_and_lands_where_she_was_going(world: World, legacy: Legacy) -> None:
    browser = world.browser()
    asked = browser.open(f"{legacy.address}/index.shtml?sak=7")
    assert is_login_page(asked)
    page = browser.submit(asked, asked.form(), person=ANNA.sub)
    assert (page.url, told(page)["sub"]) == (f"{legacy.address}/index.shtml?sak=7", ANNA.sub)


def test_it_refuses_to_send_her_on_to_somebody_else_s_page(world: World, legacy: Legacy) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    page = browser.open(initiated(world, legacy, "http://fremmed.test/"))
    assert page.url.startswith(legacy.back)
    assert not page.tree.xpath("//*[@id='told']")
    assert not [url for url in browser.visited if url.startswith(f"{world.origin}/oauth")]


def test_it_refuses_a_provider_that_it_does_not_know(world: World, legacy: Legacy) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    query = urlencode({"iss": "http://127.0.0.1:9", "target_link_uri": f"{legacy.address}/"})
    page = browser.open(f"{legacy.back}?{query}")
    assert not [url for url in browser.visited if url.startswith("http://127.0.0.1:9/")]
    assert not page.tree.xpath("//*[@id='told']")


def test_after_our_logout_it_takes_a_new_login_and_another_person_gets_her_own_page(
    world: World, legacy: Legacy
) -> None:
    browser = world.browser()
    listed = world.log_in(browser, ANNA)
    first = told(click(browser, listed, "demo-sso"))
    log_out(browser, listed)
    # Its own session goes on, as it may: what we are asked about is the next one.
    browser.cookies.clear(domain="127.0.0.1", path="/", name="mod_auth_openidc_session")
    asked = browser.open(f"{legacy.address}/")
    assert is_login_page(asked)
    second = told(browser.submit(asked, asked.form(), person=BO.sub))
    assert (first["sub"], second["sub"]) == (ANNA.sub, BO.sub)
    assert first["fhirUser"] != second["fhirUser"]


def test_a_login_that_is_cancelled_lets_nobody_in(world: World, legacy: Legacy) -> None:
    browser = world.browser()
    asked = browser.open(f"{legacy.address}/")
    page = browser.submit(asked, asked.form(), person="")
    assert not page.tree.xpath("//*[@id='told']")
    assert is_login_page(browser.open(f"{legacy.address}/"))


def test_with_the_switch_off_it_signs_nobody_on(world: World, legacy: Legacy) -> None:
    browser = world.browser()
    listed = world.log_in(browser, ANNA)
    registered = {
        "client_id": "demo-annen",
        "service": "demo-sso",
        "owner": "Demo-eier",
        "profile": "classic",
        "authentication": "client_secret_basic",
        "secret_sha256": sha256(SECRET.encode()).hexdigest(),
        "launch_url": f"{legacy.address}/launch",
        "redirect_uris": (legacy.back,),
    }
    world.put_in_force(Client.model_validate(registered))
    page = click(browser, listed, "demo-sso")
    assert "error=invalid_scope" in page.url
    assert not page.tree.xpath("//*[@id='told']")
