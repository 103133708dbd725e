from __future__ import annotations

from typing import Any

import pytest
from support.catalogue import a_catalogue

from portal.domain.access import Answer, Decision, Reason
from portal.domain.arrangement import FILTERS, Offered, Wish, arranged
from portal.domain.search import SearchIndex

OPEN, CLOSED = Decision(Answer.OPEN), Decision(Answer.SHOWN, (Reason.OTHER_NETWORK,))
HIDDEN = Decision(Answer.HIDDEN, (Reason.ROLE,))
SMART = {"mechanism": "smart_launch"}
SERVICES: dict[str, tuple[Decision, dict[str, Any]]] = {
    "lenke": (OPEN, {"category": "nav", "title": {"nb": "Smittemelding"}}),
    "stengt": (CLOSED, {"category": "nav", "title": {"nb": "Smittemelding for andre"}}),
    "skjult": (HIDDEN, {"category": "attest", "title": {"nb": "Smittemelding"}}),
    "sso": (OPEN, {"category": "oppslag", "level": "sso"}),
    "kontekst": (OPEN, {"category": "oppslag", "level": "sso_context", "context": SMART}),
    "kopi": (
        OPEN,
        {
            "category": "smittevern",
            "level": "sso_context",
            "context": SMART,
            "writeback": {"by": "portal", "mechanisms": ["dialogmelding"]},
        },
    ),
}
CATALOGUE = a_catalogue(*({"id": name} | changes for name, (_, changes) in SERVICES.items()))
INDEX = SearchIndex(CATALOGUE)
OFFERED = [Offered(service, SERVICES[service.id][0]) for service in CATALOGUE.services]


def ids(*offered: Offered) -> list[str]:
    return [one.service.id for one in offered]


def test_what_is_open_stands_in_its_category_and_what_is_closed_below() -> None:
    whole = arranged(OFFERED, Wish(), INDEX)

    assert {category: ids(*group) for category, group in whole.groups.items()} == {
        "nav": ["lenke"],
        "oppslag": ["sso", "kontekst"],
        "smittevern": ["kopi"],
    }
    assert ids(*whole.closed) == ["stengt"]
    assert whole.found is None
    assert whole.count == 5


def test_a_search_has_one_list_with_what_may_be_opened_first() -> None:
    both = arranged(OFFERED, Wish("smittemeldinger"), INDEX)
    nearer = arranged(OFFERED, Wish("smittemelding for andre"), INDEX)

    assert ids(*(both.found or ())) == ["lenke", "stengt"]
    assert ids(*(nearer.found or ()))[0] == "stengt"
    assert (both.groups, both.closed, both.count) == ({}, (), 2)


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("open", ["lenke", "sso", "kontekst", "kopi"]),
        ("sso", ["sso", "kontekst", "kopi"]),
        ("context", ["kontekst", "kopi"]),
        ("journal", ["kopi"]),
    ],
)
def test_each_filter(name: str, left: list[str]) -> None:
    narrowed = arranged(OFFERED, Wish(only=frozenset({name})), INDEX)

    assert ids(*(one for group in narrowed.groups.values() for one in group), *narrowed.closed) == left
    assert name in FILTERS


def test_filters_category_and_search_add_up() -> None:
    assert arranged(OFFERED, Wish(category="nav", only=frozenset({"sso"})), INDEX).count == 0
    assert arranged(OFFERED, Wish("smittemelding", only=frozenset({"open"})), INDEX).count == 1
    assert list(arranged(OFFERED, Wish(category="oppslag"), INDEX).groups) == ["oppslag"]


def test_what_is_hidden_changes_nothing() -> None:
    without = [one for one in OFFERED if not one.is_hidden]
    for wish in (Wish(), Wish("smittemelding"), Wish(category="attest"), Wish(only=frozenset({"open"}))):
        assert arranged(OFFERED, wish, INDEX) == arranged(without, wish, INDEX)
