from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.journal_text import journal_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Blåbærsyltetøy «på» æøå ÆØÅ é ½ µg °C ±", "Blåbærsyltetøy «på» æøå ÆØÅ é ½ µg °C ±"),
        ("fra – til — “sitat” ‘enkelt’ …", "fra - til - \"sitat\" 'enkelt' ..."),
        ("linje\r\nlinje\rlinje\u2028linje\tslutt", "linje\nlinje\nlinje\nlinje\tslutt"),
        ("1\u202f000 mg", "1 000 mg"),
        ("null\u200bbredde og\u00ad del", "nullbredde og del"),
        ("a\u030a", "å"),
        ("Šárá Čoavječohkka, đŋŧž", "Sárá Coavjecohkka, dntz"),
        ("5 μg", "5 µg"),
        ("≤ 5, ≥ 7, ≠ 9, ≈ 3", "<= 5, >= 7, != 9, ~ 3"),
        ("10⁹/l, 10¹², 10⁻⁵, m², CO₂, 1⅓", "10^9/l, 10¹², 10^-5, m², CO2, 1 1/3"),
        ("CRP ↑, Hb ↓", "CRP (opp), Hb (ned)"),
        ("α-blokker 4 ‰ 10 €", "alfa-blokker 4 promille 10 EUR"),
    ],
)
def test_typography_becomes_latin_1_without_loss(text: str, expected: str) -> None:
    assert journal_text(text) == (expected, 0)


@pytest.mark.parametrize(
    ("text", "expected", "stripped"),
    [("ok 👍", "ok ", 1), ("a\x00b\x1bc\x85d\x7fe", "abcde", 4), ("日本", "", 2), ("5 ≯ 3", "5  3", 1)],
)
def test_the_rest_is_stripped_and_counted(text: str, expected: str, stripped: int) -> None:
    assert journal_text(text) == (expected, stripped)


@given(st.text())
def test_any_text_becomes_latin_1_that_stays_as_it_is(text: str) -> None:
    written, stripped = journal_text(text)

    written.encode("latin-1")
    assert not any(ord(character) < 0x20 and character not in "\t\n" for character in written)
    assert not any(0x7F <= ord(character) < 0xA0 for character in written)
    assert 0 <= stripped <= len(text)
    assert journal_text(written) == (written, 0)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc", "Cf"])))
def test_latin_1_is_left_alone(text: str) -> None:
    assert journal_text(text) == (text, 0)
