"""The right service is found by what doctors type.

The phrases were written by people who did not see the keywords. Those of the first two lists must all be found; the
held-out list was never used to better anything, so it tells what to expect of a phrase that nobody thought of.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.catalogue import DOCTOR, SHIPPED, a_catalogue

from portal.adapters import catalogue_file
from portal.domain.access import NO_CONTEXT, decide
from portal.domain.arrangement import Offered, Wish, arranged
from portal.domain.search import LONGEST, SearchIndex
from portal.domain.stock import stock_of

PHRASES = json.loads((Path(__file__).parent / "phrases.json").read_text(encoding="utf-8"))
MUST = PHRASES["everyday"] + PHRASES["typos_and_dialect"]
CATALOGUE = stock_of(1, catalogue_file.read(SHIPPED), {}, {}).catalogue
INDEX = SearchIndex(CATALOGUE)
EVERY = {service.id for service in CATALOGUE.services}
OFFICER = replace(DOCTOR, roles=frozenset({"kommuneoverlege:0301", "sjomannslege"}))
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def first_two(phrase: str, zone: str) -> list[str]:
    """What stands on top for a doctor with every role, on one network."""
    offered = [Offered(one, decide(OFFICER, None, zone, NO_CONTEXT, one, NOW)) for one in CATALOGUE.services]
    found = arranged(offered, Wish(phrase), INDEX).found or ()
    return [one.service.id for one in found[:2]]


def test_there_are_twenty_everyday_phrases_and_forty_others_for_most_of_the_catalogue() -> None:
    assert (len(PHRASES["everyday"]), len(PHRASES["typos_and_dialect"])) == (20, 40)
    said = {phrase for phrase, _ in PHRASES["everyday"]}
    assert {"meld smitte", "sykmelding", "dødsfall", "bivirkning", "førerkort", "blå resept", "yrkesskade"} <= said
    assert len({service for _, services in MUST for service in services}) >= 35
    assert all(services and set(services) <= EVERY for _, services in MUST + PHRASES["held_out"])


@pytest.mark.parametrize("zone", ["helsenett", "internett"])
@pytest.mark.parametrize(("phrase", "services"), MUST)
def test_the_right_service_is_first_or_second(phrase: str, services: list[str], zone: str) -> None:
    assert not set(first_two(phrase, zone)).isdisjoint(services)


def test_nine_in_ten_phrases_that_nobody_looked_at_are_found() -> None:
    held_out = PHRASES["held_out"]
    found = [not set(first_two(phrase, "helsenett")).isdisjoint(services) for phrase, services in held_out]
    assert len(found) == 60
    assert sum(found) >= 54


def test_a_word_that_was_typed_as_two_is_one() -> None:
    assert [hit.service_id for hit in INDEX.find("fører rett", EVERY)][:1] == ["digital-forerrett"]


@pytest.mark.parametrize("nothing", ["", "  ", "?!", "xyzzyq"])
def test_nothing_is_found_by_nothing(nothing: str) -> None:
    assert INDEX.find(nothing, EVERY) == []


def test_only_the_beginning_of_a_long_query_is_read() -> None:
    assert INDEX.find("x" * LONGEST + " sykmelding", EVERY) == []


def test_what_is_out_of_reach_has_no_influence() -> None:
    with_it = a_catalogue({"id": "apen", "keywords": {"nb": ["smitte"]}}, {"id": "skjult", "title": {"nb": "Smitte"}})
    without_it = a_catalogue({"id": "apen", "keywords": {"nb": ["smitte"]}})
    for query in ("smitte", "smite", "smittevern melding", "skjult"):
        assert SearchIndex(with_it).find(query, {"apen"}) == SearchIndex(without_it).find(query, {"apen"})


@given(st.text(max_size=120))
def test_no_query_breaks_the_search(query: str) -> None:
    hits = INDEX.find(query, EVERY)
    assert {hit.service_id for hit in hits} <= EVERY
    assert hits == sorted(hits, key=lambda hit: -hit.score)


@given(st.sampled_from([phrase for phrase, _ in MUST]), st.randoms(use_true_random=False))
def test_upper_case_and_spaces_change_nothing(phrase: str, chance: Any) -> None:
    typed = "".join(letter.upper() if chance.random() < 0.5 else letter for letter in f"  {phrase} ")
    assert INDEX.find(typed, EVERY) == INDEX.find(phrase, EVERY)
