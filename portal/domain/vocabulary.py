"""The words of a catalogue, and which of them somebody may have meant who typed another one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rapidfuzz import process
from rapidfuzz.distance import OSA

from portal.domain.words import stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ALIKE = 0.75
"""No two words are alike that have more than a quarter of their letters apart."""


class Vocabulary:
    """Folded words (domain/words), each known once."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = list(known)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for word in self._known:
            self._by_stem[stem(word)].append(word)

    def meant(self, typed: str) -> Mapping[str, float]:
        """Every word that may have been meant, and how likely it is: 1 the same, 0 not at all."""
        found: dict[str, float] = {}
        for word, likeness in (*self._mistyped(typed), *self._parts(typed), *self._inflected(typed)):
            found[word] = max(likeness, found.get(word, 0.0))
        return found

    def _inflected(self, typed: str) -> Iterator[tuple[str, float]]:
        for word in self._by_stem.get(stem(typed), ()):
            # `et` and `er` are nobody's stem.
            if word == typed or len(typed) > 2:  # noqa: PLR2004
                yield word, 1.0 if word == typed else 0.95

    def _parts(self, typed: str) -> Iterator[tuple[str, float]]:
        """Norwegian compounds, and words that are not typed to their end; two letters begin anything."""
        if len(typed) > 2:  # noqa: PLR2004
            for word in self._known:
                if (word in typed or typed in word) and (likeness := _part(typed, word)):
                    yield word, likeness

    def _mistyped(self, typed: str) -> Iterator[tuple[str, float]]:
        """One letter wrong, missing, extra or swapped for every five, more or less."""
        near = process.extract(typed, self._known, scorer=OSA.normalized_similarity, score_cutoff=_ALIKE, limit=None)
        for word, similarity, _ in near:
            longest = max(len(typed), len(word))
            if round((1 - similarity) * longest) <= (longest + 1) // 5:
                yield word, 0.9 * similarity


def _part(typed: str, known: str) -> float:
    if known.startswith(typed):
        return 0.9
    short = min(len(typed), len(known))
    if short < 4:  # noqa: PLR2004  three letters are inside anything
        return 0.0
    if typed.startswith(known):
        return 0.8
    return 0.65 if short > 4 else 0.0  # noqa: PLR2004  `meld` is inside half of them
