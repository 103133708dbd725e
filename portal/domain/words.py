"""Words as a search compares them: without case, accents, æøå and endings, however they were typed."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import snowballstemmer

_STEMMER = snowballstemmer.stemmer("norwegian")
_LETTERS = str.maketrans({"ø": "o", "æ": "a", "đ": "d", "ð": "d", "ß": "s"})
# What people write who have no æøå on the keyboard; folded alike on both sides, so real double vowels do no harm.
_WRITTEN_OUT = (("ae", "a"), ("oe", "o"), ("aa", "a"))
_WORD = re.compile(r"[a-z0-9]+(?:[./-][0-9]+)*")


def folded(text: str) -> str:
    """Lower case, without accents, æ and å as a, ø as o: `Førerkort`, `foererkort` and `forerkort` are the same."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    for written, letter in _WRITTEN_OUT:
        plain = plain.replace(written, letter)
    return plain


def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded; the number of a form (`08-07.04`) is one word without its marks."""
    return tuple(re.sub(r"[./-]", "", word) for word in _WORD.findall(folded(text)))


@cache
def stem(word: str) -> str:
    """A folded word without its Norwegian ending."""
    return str(_STEMMER.stemWord(word))
