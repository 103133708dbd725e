from __future__ import annotations

import pytest

from portal.domain.vocabulary import Vocabulary


def likeness(typed: str, known: str) -> float:
    return Vocabulary([known]).meant(typed).get(known, 0)


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("forerkort", "forerkort"),
        ("sykmelding", "sykmeldinga"),
        ("blares", "blaresept"),
        ("fastlegevakt", "fastlege"),
        ("resept", "blaresept"),
        ("bivrikning", "bivirkning"),
        ("dødsmleding", "dødsmelding"),
    ],
)
def test_words_are_alike(typed: str, known: str) -> None:
    assert 0.5 < likeness(typed, known) <= 1


@pytest.mark.parametrize(
    ("typed", "known"),
    [("tbc", "tbt"), ("meld", "sykemelding"), ("nav", "kommunenav"), ("om", "omsorg"), ("lege", "vega")],
)
def test_words_are_not_alike(typed: str, known: str) -> None:
    assert likeness(typed, known) == 0


def test_the_nearer_word_is_likelier() -> None:
    known = ["sykmelding", "sykmeldinga", "sykmeldingsdato", "sykemelding", "fastlege"]
    meant = Vocabulary(known).meant("sykmelding")
    assert sorted(meant, key=lambda word: -meant[word]) == [
        "sykmelding",
        "sykmeldinga",
        "sykmeldingsdato",
        "sykemelding",
    ]
