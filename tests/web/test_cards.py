"""A card says what it opens, in the right language, and has a button exactly when the decision is OPEN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.pages import in_each_language, pages_app

from portal.domain.access import Answer, Decision, Reason
from portal.domain.catalogue import Catalogue, Service
from portal.web import cards

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

OPEN = Decision(Answer.OPEN)
MSIS: dict[str, Any] = {
    "id": "msis",
    "kind": "portal",
    "level": "sso_context",
    "owner": "fhi",
    "category": "smittevern",
    "title": {"nb": "Klinikermelding", "nn": "Klinikarmelding", "en": "Clinician report"},
    "summary": {"nb": "Meld smittsom sykdom."},
    "keywords": {"nb": ["meslinger"], "en": ["measles"]},
    "patient": "required",
    "endpoints": [{"zone": "helsenett", "url": "https://msis.example.no/"}],
    "login": {"methods": ["helseid"], "sso": True},
    "context": {"mechanism": "smart_launch"},
    "writeback": {"by": "portal", "mechanisms": ["dialogmelding"]},
    "access": {"visibility": "authenticated"},
    "languages": ["nb"],
    "status": {"state": "active"},
    "provenance": {"state": "unverified", "source": "test", "checked": "2026-11-20"},
}


def catalogue(**changes: Any) -> Catalogue:
    owners = {"fhi": {"name": {"nb": "Folkehelseinstituttet"}}}
    return Catalogue.model_validate({"schema_version": 1, "owners": owners, "services": [MSIS | changes]})


def service(**changes: Any) -> Service:
    return catalogue(**changes).services[0]


def card(decision: Decision, language: str = "nb", **changes: Any) -> cards.Card:
    whole = catalogue(**changes)
    return cards.card(whole, whole.services[0], decision, language, cards.for_patient("k1"))


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return pages_app(tmp_path)


def test_text_in_another_language_than_the_page_is_marked(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        made = card(OPEN, "en")
    assert (made.title, made.title.lang) == ("Clinician report", None)
    assert (made.summary, made.summary.lang) == ("Meld smittsom sykdom.", "nb")


@pytest.mark.parametrize("answer", [Answer.OPEN, Answer.SHOWN])
def test_a_button_stands_exactly_where_the_launch_is_accepted(app: Flask, answer: Answer) -> None:
    with app.test_request_context("/?lang=nb"):
        made = card(Decision(answer))
    assert made.opening == (cards.Opening("/k/k1/open/msis", "post") if answer is Answer.OPEN else None)


def test_what_is_hidden_is_not_mentioned_and_leaves_no_empty_category(app: Flask) -> None:
    whole = catalogue()
    with app.test_request_context("/?lang=nb"):
        decided = [(whole.services[0], Decision(Answer.HIDDEN, (Reason.PROFESSION,)))]
        assert cards.groups(whole, decided, "nb", cards.without_patient) == []


def test_without_a_patient_only_a_service_that_takes_none_opens_at_once() -> None:
    assert cards.without_patient(service()) == cards.Opening("/go/msis")
    unbound = service(patient="none")
    assert cards.without_patient(unbound) == cards.Opening("/open/msis", "post")


def test_the_public_page_opens_the_address_of_its_own_zone() -> None:
    assert cards.at_address("helsenett")(service()).url == "https://msis.example.no/"


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_said_in_every_language(app: Flask, reason: Reason) -> None:
    decision = Decision(Answer.SHOWN, (reason,))
    notes = [card(decision, code).notes for code in in_each_language(app)]
    assert all(len(said) == 1 and said[0].endswith(".") for said in notes)
    assert len(set(notes)) >= 2


def test_a_wrong_network_is_named(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        made = card(Decision(Answer.SHOWN, (Reason.OTHER_NETWORK,)), "en")
    assert made.notes == ("Opens from the health network only.",)


def test_every_category_has_a_heading(app: Flask) -> None:
    categories = Service.model_json_schema()["properties"]["category"]["enum"]
    with app.test_request_context("/?lang=nn"):
        for category in categories:
            whole = catalogue(category=category)
            (group,) = cards.groups(whole, [(whole.services[0], OPEN)], "nn", cards.without_patient)
            assert group.title
            assert group.title != category


def test_only_what_helps_the_clinician_becomes_a_tag(app: Flask) -> None:
    with app.test_request_context("/?lang=nb"):
        full = [tag.text for tag in card(OPEN).tags]
        link = card(OPEN, level="link").tags
    assert full == ["Engangspålogging", "Pasienten følger med", "Kopi til journalen"]
    assert link == ()


def test_a_search_reads_the_words_of_every_language(app: Flask) -> None:
    with app.test_request_context("/?lang=nb"):
        assert card(OPEN).search == "meslinger measles"
