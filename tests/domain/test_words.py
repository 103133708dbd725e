from __future__ import annotations

import pytest

from portal.domain.words import folded, stem, words


@pytest.mark.parametrize("typed", ["Førerkort", "forerkort", "foererkort", "FØRERKORT", "fo\u0308rerkort"])
def test_a_word_is_the_same_however_it_was_typed(typed: str) -> None:
    assert folded(typed) == "forerkort"


@pytest.mark.parametrize(
    ("text", "plain"), [("blå", "bla"), ("blaa", "bla"), ("ærfugl", "arfugl"), ("aerfugl", "arfugl")]
)
def test_every_norwegian_letter_has_its_other_spellings(text: str, plain: str) -> None:
    assert folded(text) == plain


def test_the_number_of_a_form_is_one_word() -> None:
    assert words("NAV 08-07.04, takst L40 og 7/17/39") == ("nav", "080704", "takst", "l40", "og", "71739")


def test_endings_do_not_count() -> None:
    assert {stem(word) for word in ("melding", "meldinga", "meldingen", "meldinger")} == {"melding"}
