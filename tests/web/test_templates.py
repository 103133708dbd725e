"""Every page, in every language: nothing inline that our CSP stops, and the outline that assistive technology reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from flask import get_template_attribute, render_template
from lxml import html
from markupsafe import Markup
from support.pages import in_each_language, pages_app

from portal.domain.arrangement import Wish
from portal.domain.assignment import Office
from portal.domain.client_registration import Client
from portal.domain.conformance.case import Outcome
from portal.domain.conformance.cases import ORDERED
from portal.domain.conformance.report import Report, Reported
from portal.domain.conformance.target.cases import DECLARED
from portal.domain.conformance.target.cases import ORDERED as TARGET_ORDERED
from portal.domain.delivery import Lamps
from portal.domain.identity import Organisation
from portal.domain.registration import Epj
from portal.domain.translated import Translated
from portal.errors import ContextRejected
from portal.web.accessibility import measured
from portal.web.banner import Banner
from portal.web.browser_check import Answer, Row
from portal.web.cards.card import Card, Explanation
from portal.web.cards.details import Detail
from portal.web.cards.phrase import Phrase
from portal.web.cards.place import Opening
from portal.web.cards.stops import StopText
from portal.web.cards.tags import Tag
from portal.web.language import links
from portal.web.listing import Choice, Group, Listing
from portal.web.my_sessions import Line as SessionLine
from portal.web.page import SignedIn
from portal.web.receipts.choosing import Choosable, Option
from portal.web.receipts.codes import Reason
from portal.web.receipts.line import Event, Line
from portal.web.receipts.page import Group as Receipts

if TYPE_CHECKING:
    from pathlib import Path

INLINE = "//script[not(@src)] | //style | //@style | //@*[starts-with(name(), 'on')]"
NOT_OURS = "//script/@src | //link/@href | //img/@src | //form/@action"
BANNER = Banner("Line Danser", 57, "131169 *****", "EksempelEPJ", "09:14", "09:44", newer=True)
RECEIPT = Line(
    id="d1",
    title="Dødsmelding, kopi",
    service="Dødsmelding",
    patient="L.D.",
    at="20.11.2026 09:18",
    lamps=Lamps(sent=True, received=False, filed=False),
    state_text="Sendt",
    reasons=(Reason("X99", "Avvist:", "Rett det.", "<b>Nei</b>"),),
    advice=("Rett det.",),
    history=(Event("09:18", "Sendt"),),
    asks=True,
    may_go=True,
    again="Send på nytt",
    has_pdf=True,
    may_file=True,
)
CHOOSABLE = Choosable("dod", Phrase(Translated(nb="Dødsmelding"), "en"), (Option("always", "Alltid", chosen=True),))


CLIENT = Client(
    client_id="register",
    service="register",
    owner="Eksempeletaten",
    authentication="none",
    profile="classic",
    launch_url="https://melding.example.no/launch",
    redirect_uris=("https://melding.example.no/callback",),
)
EXPIRED = Reported(id="target-fault-expired", title="Gammel", source="RFC 6749", outcome=Outcome.NOT_SEEN, todo="B")
BANNERED = Reported(id="target-patient-banner", title="Hvem", source="ATT-4", outcome=Outcome.NOT_SEEN, why="A")
EPJ = Epj(id="epj", name="EksempelEPJ", helseid_client_ids=("epj",))
FAULTY = Reported(id="fault-nonce", title="Nonce", source="RFC 9449", outcome=Outcome.FAILED, why="A", todo="B")


def made_up_card() -> Card:
    text = Phrase(Translated(nb="Dødsmelding <elektronisk>"), "en")
    return Card(
        id="dod",
        title=text,
        summary=text,
        owner=text,
        part_of=text,
        tags=(Tag("Pilot", "neutral"), Tag("Begge nett")),
        notes=("Krever rekvisisjonsrett.",),
        stops=(StopText("Driftsforstyrrelse", text, "Ventet slutt: snart", goes_on=True),),
        fallback=text,
        details=(Detail("Frist", text), Detail("Veiledning", text, "https://x.example/")),
        opening=Opening("/open/dod", "post"),
        step_up=False,
        marking="/mine/favoritter/dod",
        marked=False,
    )


CARD = made_up_card()
LISTING = Listing(
    wish=Wish(),
    status="",
    filters=(Choice("sso", "Engangspålogging", chosen=True),),
    categories=(Choice("dodsfall", "Dødsfall", chosen=True), Choice("nav", "Nav", chosen=False)),
    favourites=(CARD,),
    recent=(CARD,),
    found=None,
    groups=(),
    closed=(),
    down=(CARD,),
)
CHECKED = (
    Row("cookies", "Informasjonskapsler", (Answer("ok", "Beholdes."),)),
    Row("script", "Skript", (Answer("bad", "Kjører ikke.", "Slå på skript."), Answer("ok", "Kjører."))),
)
FOUND = replace(LISTING, wish=Wish("død"), status="1 treff på «død»", found=())
PAGES: dict[str, dict[str, Any]] = {
    "public.html": {"listing": replace(LISTING, favourites=(), recent=())},
    "services.html": {"listing": LISTING, "banner": BANNER},
    "why.html": {"asked": "død", "found": [Explanation(CARD.title, CARD.notes, ("lege",))], "me": [("Kontor", "1")]},
    "confirm.html": {
        "card": CARD,
        "banner": BANNER,
        "newer": "a1",
        "sent": ["kontoret ditt"],
        "writeback": "on",
        "action": "/x",
    },
    "which_patient.html": {"card": CARD, "contexts": [("L.D.", "/k/1/open/dod")], "without_url": "/open/dod"},
    "leaving.html": {"url": "https://dod.example.no/", "title": "Dødsmelding"},
    "start.html": {},
    "other_person.html": {"signed_in_name": "Kari Lege"},
    "receipts.html": {
        "groups": [Receipts("Ferdig", (RECEIPT,))],
        "page": 2,
        "more": True,
        "office": "310000124",
        "choices": (CHOOSABLE,),
    },
    "problem.html": {
        "title": "Noe gikk galt",
        "text": "Prøv igjen.",
        "reference": "a1",
        "retry_url": "/login",
        "from_epj": True,
        "vendor": ContextRejected("epj_unknown", "client_id"),
    },
    "browser_check.html": {"rows": CHECKED, "line": "cookies=ok", "now": 0},
    "sandbox.html": {"epjs": [EPJ]},
    "conformance.html": {
        "at": "/sandkasse/epj/epj",
        "registered": EPJ,
        "report": Report(epj=EPJ.id, at=datetime(2026, 11, 26, 9, tzinfo=UTC), cases=(FAULTY,)),
        "ordered": ORDERED,
        "waiting": {"unavailable"},
        "when": "26.11.2026",
    },
    "targets.html": {"targets": [CLIENT], "written": "{}", "faults": ["client_id: somebody has it"]},
    "target_registered.html": {"client_id": "register", "secret": "s", "issuer": "https://p", "iss": "https://p/fhir"},
    "target.html": {
        "at": "/sandkasse/mal/register",
        "registered": CLIENT,
        "report": Report(target="register", at=datetime(2026, 11, 26, 9, tzinfo=UTC), cases=(EXPIRED, BANNERED)),
        "ordered": TARGET_ORDERED,
        "declared": DECLARED,
        "waiting": set(),
        "when": "26.11.2026",
        "mine": True,
        "protected": True,
        "patients": {"solvi": "Sølvi Fjellrev"},
        "written": "{}",
        "issuer": "https://p",
    },
    "office.html": {
        "offices": [Office(Organisation("999977774"), "Granfjelldal legekontor")],
        "mine": "",
        "placed": True,
    },
    "sessions.html": {"sessions": [SessionLine("a1", None, "09:14", "09:44", is_this=False)], "ends": "19:14"},
    "signed_out.html": {"alone": True, "still_at_helseid": True},
    "accessibility.html": {"measured": measured(), "day": "25. november 2026"},
}

# They are the same for everybody, or stand between two pages.
NOBODYS = {"public.html", "start.html", "leaving.html", "signed_out.html"}


@pytest.mark.parametrize("template", PAGES)
def test_page(template: str, tmp_path: Path) -> None:
    for language in in_each_language(pages_app(tmp_path)):
        page = parsed(template)
        ids = page.xpath("//@id")
        assert page.get("lang") == language
        assert page.get("data-zone") == "helsenett"
        assert page.xpath(INLINE) == []
        assert all(address.startswith("/") for address in page.xpath(NOT_OURS))
        assert len(page.xpath("//main//h1")) == 1
        assert page.xpath("//head/title/text()")[0].strip(" –").endswith("Inngangsportalen")
        assert len(ids) == len(set(ids))
        assert all(button.get("type") in {"submit", "reset"} for button in page.xpath("//button"))


@pytest.mark.parametrize("template", sorted(PAGES.keys() - NOBODYS))
def test_every_page_of_whoever_is_signed_in_has_the_way_out(template: str, tmp_path: Path) -> None:
    with pages_app(tmp_path).test_request_context("/?lang=nb"):
        page = parsed(template)
    assert page.xpath("//header//form[@method='post'][@action='/logout']//button/text()") == ["Ikke deg?", "Logg ut"]


def test_a_search_has_one_list_and_says_how_many_it_found(tmp_path: Path) -> None:
    with pages_app(tmp_path).test_request_context("/?lang=nb"):
        page = parsed("services.html", listing=FOUND)
    assert page.xpath("//*[@role='status']/text()") == ["1 treff på «død»"]
    assert page.xpath("//input[@name='q']/@value") == ["død"]
    assert len(page.xpath("//article")) == 1
    assert page.xpath("//main//h2/text()") == ["Treff"]


def test_the_journals_own_words_are_quoted_and_do_nothing(tmp_path: Path) -> None:
    with pages_app(tmp_path).test_request_context("/?lang=nb"):
        (quote,) = parsed("receipts.html").xpath("//blockquote")
    assert (quote.text, len(quote)) == ("<b>Nei</b>", 0)


@pytest.mark.parametrize("asked", [0, 3])
def test_every_page_says_how_many_reports_wait_for_an_answer(tmp_path: Path, asked: int) -> None:
    with pages_app(tmp_path).test_request_context("/?lang=nb"):
        page = parsed("office.html", signed_in=SignedIn("Kari Lege", None, 1800, 36000, asked))
    (link,) = page.xpath("//header//a[@href='/kvitteringer']")
    assert ("3 venter på svar fra deg" in link.text_content()) is bool(asked)
    assert link.xpath(".//@data-count") == (["3"] if asked else [])


def test_text_of_the_catalogue_is_escaped_and_marked_with_its_language(tmp_path: Path) -> None:
    with pages_app(tmp_path).test_request_context("/?lang=en"):
        title = parsed("services.html").xpath("//h3/span")[0]
    assert (title.text, title.get("lang")) == ("Dødsmelding <elektronisk>", "nb")


def test_the_public_page_knows_nobody(tmp_path: Path) -> None:
    with pages_app(tmp_path).test_request_context("/?lang=nb"):
        assert "Kari Lege" not in rendered("public.html")


@pytest.mark.parametrize("newer", [True, False])
def test_a_tab_says_that_the_journal_has_moved_on(tmp_path: Path, *, newer: bool) -> None:
    banner = Banner("Line Danser", 57, "131169 *****", "EksempelEPJ", "09:14", "09:44", newer=newer)
    with pages_app(tmp_path).test_request_context("/?lang=nb"):
        page = parsed("services.html", banner=banner)
    assert bool(page.xpath("//section[@data-newer='true']//*[@role='alert']")) is newer


def rendered(template: str, **changes: Any) -> str:
    base = {
        "zone": "helsenett",
        "environment": "test",
        "languages": links("/"),
        "path": "/mine",
        "warned": False,
        "contact": "mailto:hjelp@x.example",
        "signed_in": SignedIn("Kari Lege", None, 1800, 36000),
    }
    known: dict[str, Any] = base | PAGES[template] | changes
    if "listing" in known:
        known["listing"] = with_an_article(known["listing"])
    return render_template(template, **known)


def with_an_article(listing: Listing) -> Listing:
    """The listing with the made-up card in it, drawn in the language of the request."""
    drawn = Markup(get_template_attribute("_services.html", "service")(CARD))  # noqa: S704  Jinja has escaped it
    if listing.found is not None:
        return replace(listing, found=(drawn,))
    return replace(listing, groups=(Group("dodsfall", "Dødsfall", (drawn,)),))


def parsed(template: str, **changes: Any) -> Any:
    return html.fromstring(rendered(template, **changes))
