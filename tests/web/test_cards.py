"""A card says what it opens, in the right language, and has a button exactly when the decision is OPEN."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import pytest
from support.pages import in_each_language, pages_app

from portal.domain.access import Answer, Decision, Reason
from portal.domain.arrangement import Offered
from portal.domain.catalogue import Catalogue, Category, Service
from portal.domain.client_registration import Handover
from portal.domain.launch import Success
from portal.domain.stock import stock_of
from portal.web.cards.article import article
from portal.web.cards.card import Card, Cards
from portal.web.cards.categories import CATEGORIES
from portal.web.cards.place import Opening, Place
from portal.web.cards.rules import rule_texts

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

OPEN = Decision(Answer.OPEN)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
HANDOVER = Handover(("patient_number", "hpr", "organisation"), writeback=True)
MSIS: dict[str, Any] = {
    "id": "msis",
    "kind": "portal",
    "level": "sso_context",
    "owner": "fhi",
    "category": "smittevern",
    "title": {"nb": "Klinikermelding", "nn": "Klinikarmelding", "en": "Clinician report"},
    "summary": {"nb": "Meld smittsom sykdom."},
    "patient": "required",
    "endpoints": [{"zone": "helsenett", "url": "https://msis.example.no/"}],
    "login": {"methods": ["eid"], "sso": True},
    "context": {"mechanism": "smart_launch"},
    "writeback": {"by": "portal", "mechanisms": ["dialogmelding"]},
    "access": {"visibility": "authenticated"},
    "languages": ["nb"],
    "status": {"state": "active"},
    "fallback": {"nb": "Ring kommuneoverlegen."},
    "provenance": {"state": "unverified", "source": "test", "checked": "2026-11-20"},
}


def catalogue(**changes: Any) -> Catalogue:
    owners = {"fhi": {"name": {"nb": "Folkehelseinstituttet"}}}
    return Catalogue.model_validate({"schema_version": 1, "owners": owners, "services": [MSIS | changes]})


def service(**changes: Any) -> Service:
    return catalogue(**changes).services[0]


def cards(language: str = "nb", handover: Handover | None = HANDOVER, **changes: Any) -> Cards:
    handovers = {"msis": handover} if handover else {}
    stock = stock_of(1, catalogue(**changes), handovers, {})
    return Cards(stock, language, NOW, Place.PATIENT, known={}, poor={})


def card(decision: Decision = OPEN, language: str = "nb", handover: Handover | None = HANDOVER, **changes: Any) -> Card:
    made = cards(language, handover, **changes)
    return made.card(Offered(made.stock.service("msis"), decision))


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return pages_app(tmp_path)


def test_text_in_another_language_than_the_page_is_marked(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        made = card(language="en")
    assert (made.title, made.title.lang) == ("Clinician report", None)
    assert (made.summary, made.summary.lang) == ("Meld smittsom sykdom.", "nb")


@pytest.mark.parametrize("answer", [Answer.OPEN, Answer.SHOWN])
def test_a_button_stands_exactly_where_the_launch_is_accepted(app: Flask, answer: Answer) -> None:
    with app.test_request_context("/?lang=nb"):
        made = card(Decision(answer))
    opening = Opening("./open/msis", "post", service().level)
    assert made.opening == (opening if answer is Answer.OPEN else None)


def test_without_a_patient_only_a_service_that_takes_none_opens_at_once() -> None:
    assert Place.MINE.opening(service()) == Opening("/go/msis")
    assert Place.MINE.opening(service(patient="none")) == Opening("/open/msis", "post")


def test_the_public_page_opens_the_address_of_its_own_zone() -> None:
    assert Place.HELSENETT.opening(service()).url == "https://msis.example.no/"
    assert Place.HELSENETT.marking(service()) is None


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_said_in_every_language(app: Flask, reason: Reason) -> None:
    explained = []
    for code in in_each_language(app):
        made = cards(code)
        offered = Offered(made.stock.service("msis"), Decision(Answer.SHOWN, (reason,)))
        explained.append(made.explanation(offered).reasons)
    assert all(len(said) == 1 and said[0].endswith(".") for said in explained)
    assert len(set(explained)) >= 2


def test_a_wrong_network_is_named(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        made = card(Decision(Answer.SHOWN, (Reason.OTHER_NETWORK,)), "en")
    assert made.notes == ("Opens from the health network only.",)


def test_every_category_has_a_heading_in_every_language(app: Flask) -> None:
    assert set(CATEGORIES) == set(get_args(Category))
    for _ in in_each_language(app):
        assert all(str(title) and str(title) != name for name, title in CATEGORIES.items())


def tags(app: Flask, **changes: Any) -> list[str]:
    with app.test_request_context("/?lang=nb"):
        return [tag.text for tag in card(**changes).tags]


def test_before_the_click_it_says_sign_on_what_goes_along_network_and_what_comes_back(app: Flask) -> None:
    assert tags(app) == [
        "Engangspålogging",
        "Sendes med: pasienten, HPR-nummeret ditt, kontoret",
        "Bare helsenettet",
        "Kopi til journalen",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"handover": None}, "Pasienten følger ikke med"),
        ({"handover": None}, "Egen innlogging: BankID eller annen eID"),
        ({"handover": None, "patient": "none"}, "Ingenting sendes med"),
        ({"handover": Handover()}, "Ingenting sendes med"),
        ({"handover": Handover(("hpr",))}, "Sendes med: HPR-nummeret ditt"),
        ({"handover": Handover(("hpr",))}, "Ingenting til journalen"),
        ({"writeback": {"by": "user", "mechanisms": ["pdf_download"]}}, "Du legger selv kopien i journalen"),
        ({"writeback": {"by": "service", "mechanisms": []}}, "Kopi til journalen er ikke bekreftet"),
        (
            {"writeback": {"by": "service", "mechanisms": [], "verified": "verified"}},
            "Tjenesten skriver selv til journalen",
        ),
        ({"writeback": {"by": "none", "mechanisms": []}}, "Ingenting til journalen"),
        ({"endpoints": [{"zone": "internett", "url": "https://x.example"}]}, "Internett"),
        (
            {"endpoints": [{"zone": zone, "url": "https://x.example"} for zone in ("internett", "helsenett")]},
            "Begge nett",
        ),
        ({"status": {"state": "pilot"}}, "Pilot"),
    ],
)
def test_nothing_is_promised_that_is_not_so(app: Flask, changes: dict[str, Any], said: str) -> None:
    assert said in tags(app, **changes)


def test_what_is_done_in_the_journal_needs_no_tags(app: Flask) -> None:
    assert tags(app, level="epj_only") == []


def stop(kind: str, begins: timedelta, ends: timedelta) -> dict[str, Any]:
    return {
        "kind": kind,
        "from": (NOW + begins).isoformat(),
        "to": (NOW + ends).isoformat(),
        "message": {"nb": "Nede.", "en": "Down."},
    }


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_stop_says_what_until_when_and_what_to_do_instead(app: Flask) -> None:
    fault = stop("fault", -HOUR, HOUR)
    with app.test_request_context("/?lang=en"):
        made = card(Decision(Answer.OPEN, warnings=(Reason.FAULT,)), "en", maintenance=[fault])
    (said,) = made.stops
    assert (said.title, said.text, said.goes_on) == ("Service disruption", "Down.", True)
    assert said.when == "Expected end: Friday 20 November at 11:00"
    assert made.fallback == "Ring kommuneoverlegen."
    assert made.notes == ()
    assert made.opening


def test_a_planned_stop_is_told_a_week_ahead_and_is_no_reason_to_do_anything_else(app: Flask) -> None:
    ahead, far = stop("planned", 6 * DAY, 7 * DAY), stop("planned", 8 * DAY, 9 * DAY)
    with app.test_request_context("/?lang=nb"):
        made = card(maintenance=[ahead, far])
    assert [said.when for said in made.stops] == [
        "Fra torsdag 26. november kl. 10.00 til fredag 27. november kl. 10.00"
    ]
    assert made.fallback is None


def test_a_service_that_fails_for_most_says_so_with_what_to_do_instead(app: Flask) -> None:
    with app.test_request_context("/?lang=nb"):
        made = cards()
        offered = Offered(made.stock.service("msis"), OPEN)
        good, poor = made.card(offered), replace(made, poor={"msis": Success(10, 3)}).card(offered)
    assert poor.notes == ("Få kommer inn nå: 3 av 10 forsøk lyktes den siste timen.",)
    assert poor.fallback
    assert (good.notes, good.fallback) == ((), None)


def test_a_card_names_no_service_that_its_reader_may_not_know_of(app: Flask) -> None:
    deep = catalogue()
    leads = {"parent": "msis", "status": {"state": "deprecated", "replaced_by": "msis"}}
    child = Service.model_validate(MSIS | {"id": "dyp"} | leads)
    both = deep.model_copy(update={"services": (*deep.services, child)})
    with app.test_request_context("/?lang=nb"):
        made = replace(cards(), stock=stock_of(1, both, {}, {}))
        unknown = made.card(Offered(child, OPEN))
        known = replace(made, known={"msis": deep.services[0].title}).card(Offered(child, OPEN))
    assert (unknown.part_of, unknown.notes) == (None, ())
    assert (known.part_of, known.notes) == ("Klinikermelding", ("Bruk Klinikermelding i stedet.",))


def test_a_card_is_drawn_once_for_each_way_that_it_can_look(app: Flask) -> None:
    made, other = cards(), cards("en")
    offered = Offered(made.stock.service("msis"), OPEN)
    with app.test_request_context("/?lang=nb"):
        drawn = [article(made, offered), article(made, offered)]
        closed = article(made, Offered(offered.service, Decision(Answer.SHOWN, (Reason.NEEDS_PATIENT,))))
        marked = article(replace(made, marked=frozenset({"msis"})), offered)
        mine = article(replace(made, place=Place.MINE), offered)
    with app.test_request_context("/?lang=en"):
        english = article(replace(other, stock=made.stock), offered)
    assert drawn[0] is drawn[1]
    assert len({drawn[0], closed, marked, mine, english}) == 5
    assert len(made.stock.made) == 5


def test_what_changes_with_the_clock_is_drawn_each_time(app: Flask) -> None:
    made = cards(maintenance=[stop("fault", -HOUR, HOUR)])
    offered = Offered(made.stock.service("msis"), OPEN)
    with app.test_request_context("/?lang=nb"):
        before, after = article(made, offered), article(replace(made, now=NOW + 2 * HOUR), offered)
    assert "Driftsforstyrrelse" in before
    assert "Driftsforstyrrelse" not in after


def test_details_say_what_the_catalogue_knows(app: Flask) -> None:
    with app.test_request_context("/?lang=nb"):
        made = card(
            minutes=5,
            deadline={"nb": "Straks"},
            legal=[{"act": "MSIS-forskriften", "section": "§ 2-1", "duty": "meldeplikt"}],
            docs=[{"title": "Guide", "url": "https://x.example/", "lang": "en"}],
            contact={"phone": "02800", "email": "hjelp@x.example", "url": "https://x.example/"},
        )
    said = {(detail.label, str(detail.text), detail.url) for detail in made.details}
    assert said == {
        ("Tar vanligvis", "5 minutter", None),
        ("Frist", "Straks", None),
        ("Når den er nede", "Ring kommuneoverlegen.", None),
        ("Hjemmel", "MSIS-forskriften § 2-1 (meldeplikt)", None),
        ("Veiledning", "Guide", "https://x.example/"),
        ("Brukerstøtte", "https://x.example/", "https://x.example/"),
        ("Brukerstøtte", "hjelp@x.example", "mailto:hjelp@x.example"),
        ("Brukerstøtte", "02800", "tel:02800"),
        ("Sist kontrollert", "20. november 2026", None),
    }


def test_rules_are_said_in_words(app: Flask) -> None:
    rules = [
        {"professions": ["LE", "JO"], "authorization": ["autorisasjon", "lisens"], "min_security_level": 4},
        {"roles": ["kommuneoverlege"], "municipalities": ["0301"], "organizations": ["983744516"]},
        {"requisition_rights": ["1"], "specialities": ["2"]},
    ]
    access = service(access={"visibility": "authorised", "rules": rules}).access
    with app.test_request_context("/?lang=nb"):
        assert rule_texts(access) == (
            "lege eller jordmor, autorisasjon eller lisens, sikkerhetsnivå 4",
            "kommuneoverlege, bestemte kommuner, bestemte kontorer",
            "en bestemt rekvisisjonsrett, en bestemt spesialitet",
        )
