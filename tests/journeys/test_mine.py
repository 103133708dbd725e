"""The clinician's list: searched without script, marked, remembered, explained, and in the person's own language."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.helseid import ANNA, BO

from portal.adapters import catalogue_file
from portal.demo.browser import Hop
from portal.domain.catalogue import Catalogue, overlay
from portal.store.publishing import publish

if TYPE_CHECKING:
    from support.world import World

    from portal.demo.browser import Browser, Page


@pytest.fixture
def listed(world: World, request: pytest.FixtureRequest) -> tuple[Browser, Page]:
    """Anna at her list, with the shipped catalogue and the demo's."""
    demo = world.app.extensions["portal"].shelf.stock().catalogue
    shipped = catalogue_file.read(request.config.rootpath / "link_catalog.yaml")
    publish(world.settings, overlay(shipped, demo), by="test", based_on=1)
    browser = world.browser()
    return browser, world.log_in(browser, ANNA)


def titles(page: Page, path: str = "//main//article//h3") -> list[str]:
    return [" ".join(title.text_content().split()) for title in page.tree.xpath(path)]


def section(page: Page, name: str) -> list[str]:
    """What stands in a section of quick ways in, without the word that only screen readers hear."""
    found = page.tree.xpath(f"//section[@aria-labelledby='{name}']//li")
    return [" ".join(one.text_content().split()).removeprefix("Åpne ") for one in found]


def said(page: Page) -> str:
    return str(page.tree.xpath("string(//*[@role='status'])")).strip()


def test_a_search_finds_what_was_mistyped_and_says_how_much(listed: tuple[Browser, Page]) -> None:
    browser, page = listed
    found = browser.submit(page, page.form("/mine"), q="blåresppt")
    assert "Blåreseptsøknad" in titles(found)[:2]
    assert said(found) == f"{len(titles(found))} treff på «blåresppt»"
    assert found.tree.xpath("//input[@name='q']/@value") == ["blåresppt"]
    nothing = browser.submit(page, page.form("/mine"), q="xyzzyq")
    assert said(nothing) == "Ingen treff på «xyzzyq»"
    assert titles(nothing) == []
    assert found.tree.xpath("//a[text()='Tøm søket']/@href") == ["/mine"]


def test_filters_narrow_the_list(listed: tuple[Browser, Page], world: World) -> None:
    browser, _ = listed
    sso = browser.open(f"{world.origin}/mine?vis=sso")
    assert titles(sso) == ["Demooppslag", "Demomelding"]
    assert said(sso) == "2 tjenester"
    nav = browser.open(f"{world.origin}/mine?kategori=nav")
    assert all("nav" in one.get("id") for one in nav.tree.xpath("//main//article"))
    assert titles(browser.open(f"{world.origin}/mine?kategori=tull&vis=tull")) == titles(
        browser.open(f"{world.origin}/mine")
    )


@pytest.mark.parametrize("path", ["/mine", "/mine/hvorfor", "/"])
def test_somebody_s_number_does_not_stay_in_an_address(listed: tuple[Browser, Page], world: World, path: str) -> None:
    browser, _ = listed
    hop = browser.step(Hop("GET", f"{world.origin}{path}?lang=nn&q=131169%2000216"))
    assert (hop.status, hop.response.headers["Location"]) == (303, f"{path}?lang=nn&person=1")
    warned = browser.open(f"{world.origin}{path}?lang=nb&person=1")
    assert "Søk etter tjenester, ikke etter personer." in warned.text


def test_favourites_belong_to_a_person_at_an_office(listed: tuple[Browser, Page], world: World) -> None:
    browser, page = listed
    assert section(page, "favoritter") == []
    marked = browser.submit(page, page.form("/favoritter/blareseptsoknad"))
    assert marked.url == f"{world.origin}/mine#blareseptsoknad"
    assert section(marked, "favoritter") == ["Blåreseptsøknad"]
    elsewhere = world.browser()
    assert section(world.log_in(elsewhere, ANNA), "favoritter") == ["Blåreseptsøknad"]
    assert section(world.log_in(world.browser(), BO), "favoritter") == []
    office = world.open_patient(world.browser(), ANNA)
    assert section(office, "favoritter") == []
    off = browser.submit(marked, marked.form("/favoritter/blareseptsoknad"))
    assert section(off, "favoritter") == []


def test_a_mark_on_the_patient_s_page_leads_back_to_it(world: World) -> None:
    browser = world.browser()
    page = world.open_patient(browser, ANNA)
    marked = browser.submit(page, page.form("/favoritter/demo-melding"))
    assert marked.url == f"{page.url}#demo-melding"
    assert section(marked, "favoritter") == ["Demomelding"]
    # Without the patient it cannot be opened, but its place in the list is a click away; at another office it is none.
    elsewhere = world.browser()
    assert section(world.log_in(elsewhere, ANNA), "favoritter") == ["Demomelding"]
    asked = elsewhere.open(f"{world.origin}/mine/kontor")
    assert section(elsewhere.submit(asked, asked.form("/mine/kontor"), office=""), "favoritter") == []


def test_what_was_opened_last_comes_first_and_can_be_forgotten(listed: tuple[Browser, Page], world: World) -> None:
    browser, page = listed
    for service in ("helfo-mine-oppgjor", "demo-sso"):
        browser.step(browser.pressed(page, page.form(f"/open/{service}")))
        world.clock.ahead += timedelta(seconds=1)
    again = browser.open(page.url)
    assert section(again, "sist-brukt") == ["Demooppslag", "Mine oppgjør"]
    forgotten = browser.submit(again, again.form("/sist-brukt/tom"))
    assert section(forgotten, "sist-brukt") == []


def test_a_language_follows_the_person_and_beats_the_browser(listed: tuple[Browser, Page], world: World) -> None:
    browser, page = listed
    english = {"Accept-Language": "en-GB,en;q=0.9"}
    guest = world.egress.send("GET", f"{world.origin}/tilgjengelighet", headers=english)
    assert b'<html lang="en"' in guest.body
    other_languages = [form for form in page.tree.forms if form.action == "/mine/sprak"]
    chosen = browser.submit(page, other_languages[0], lang="nn")
    assert chosen.tree.get("lang") == "nn"
    elsewhere = world.browser()
    elsewhere._session.headers.update(english)  # noqa: SLF001  a browser has a language
    assert world.log_in(elsewhere, ANNA).tree.get("lang") == "nn"
    assert world.log_in(world.browser(), BO).tree.get("lang") == "nb"
    assert elsewhere.open(f"{world.origin}/mine?lang=en").tree.get("lang") == "en"
    assert elsewhere.step(Hop("POST", f"{world.origin}/mine/sprak", {"lang": "se"}, world.origin)).status == 400


def test_it_explains_what_is_not_in_the_list(listed: tuple[Browser, Page], world: World) -> None:
    browser, _ = listed
    why = browser.open(f"{world.origin}/mine/hvorfor?q=vesuv")
    assert "Utbruddsvarsel (Vesuv) Krever en rolle du ikke er tildelt. Er for: lege, kommuneoverlege" in why.text
    assert why.tree.xpath("//dt[text()='Godkjenning i HPR']/following-sibling::dd/text()") == ["Lege"]
    opened = browser.open(f"{world.origin}/mine/hvorfor?q=mine+oppgj%C3%B8r")
    assert "Mine oppgjør Den kan du åpne: den står i listen din." in opened.text
    journal = browser.open(f"{world.origin}/mine/hvorfor?q=sykmelding")
    assert "Gjøres i journalsystemet." in journal.text


def as_told(page: Page) -> str:
    """All that a page says but for the seconds that the session has left."""
    return re.sub(r'data-(idle|ends)="\d+"', "", page.response.text)


def test_what_must_not_be_known_is_explained_as_what_does_not_exist(listed: tuple[Browser, Page], world: World) -> None:
    browser, _ = listed
    stock = world.app.extensions["portal"].shelf.stock().catalogue
    asked = [
        f"{world.origin}/mine/hvorfor?q={query}" for query in ("demotjeneste", "jordm%C3%B8dre", "kommuneoverleger")
    ]
    asked += [f"{world.origin}/mine?q={query}" for query in ("demotjeneste", "jordm%C3%B8dre")]
    before = [as_told(browser.open(url)) for url in asked]
    without = [one for one in stock.services if one.id not in {"demo-jordmor", "demo-kommuneoverlege"}]
    left: Catalogue = stock.model_copy(update={"services": tuple(without)})
    publish(world.settings, left, by="test", based_on=2)
    assert [as_told(browser.open(url)) for url in asked] == before
    assert "Demotjeneste" not in "".join(before).replace("demotjeneste", "")


def test_a_page_view_asks_no_other_server(listed: tuple[Browser, Page], world: World) -> None:
    browser, _ = listed
    session = browser.cookies["portal-session"]
    with world.app_with(helseid_issuer="http://127.0.0.1:9", egress_allow=()) as client:
        client.set_cookie("portal-session", session, domain="127.0.0.1")
        for path in ("/mine", "/mine?q=smitte", "/mine/hvorfor?q=smitte", "/go/demo-sso", "/"):
            assert client.get(path, base_url=world.origin).status_code == 200


def test_a_short_link_says_why_it_cannot_open(listed: tuple[Browser, Page], world: World) -> None:
    browser, _ = listed
    journal = browser.open(f"{world.origin}/go/nav-sykmelding-epj")
    assert (journal.status, "Gjøres i journalsystemet." in journal.text) == (200, True)
    assert all("/open/" not in link for link in journal.links())
    assert browser.open(f"{world.origin}/go/demo-jordmor").status == 404
    deep = browser.open(f"{world.origin}/go/blareseptsoknad")
    assert any(link.endswith("/open/blareseptsoknad") for link in deep.links())


def test_a_short_link_survives_the_login(world: World) -> None:
    page = world.log_in(world.browser(), ANNA, "/go/demo-sso")
    assert page.url == f"{world.origin}/go/demo-sso"
