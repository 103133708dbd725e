"""Finding a service by what people type: titles, keywords in three languages, codes, summaries and owners.

Every typed word is held against every word of the catalogue; how much a word counts depends on how few services have
it. A service that is found by less than half of what the best one has is left out.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from math import log1p
from typing import TYPE_CHECKING, NamedTuple

from portal.domain.vocabulary import Vocabulary
from portal.domain.words import words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from portal.domain.catalogue import Catalogue, Service
    from portal.domain.translated import Translated

LONGEST = 80
"""Characters of a query that are read."""

_TITLE, _KEYWORD, _CODE, _OWNER, _SUMMARY = 1.0, 0.95, 1.0, 0.5, 0.45
_WHOLE = 0.5
"""What is added when the query is, or holds, one title, keyword or code from end to end."""

_ENOUGH = 0.3
_RELEVANT = 0.5
"""How much a hit must have, in all and of what the best hit has."""


class Hit(NamedTuple):
    """A service that was found; a higher score is nearer."""

    service_id: str
    score: float


class _Said(NamedTuple):
    """A text of a service, and how much it counts to be found by it."""

    text: str
    weight: float


class SearchIndex:
    """The words of one catalogue; made once a revision, asked at every search."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._weights: dict[str, dict[str, float]] = defaultdict(dict)
        self._phrases: dict[str, set[str]] = defaultdict(set)
        for service in catalogue.services:
            for said in _all_said(catalogue, service):
                self._learn(service.id, said)
        self._vocabulary = Vocabulary(self._weights)

    def find(self, query: str, among: Collection[str]) -> list[Hit]:
        """The services that a query is about, nearest first; none when nothing is near.

        What is not `among` has no influence at all: nobody can tell that it is there.
        """
        asked = tuple(dict.fromkeys(words(query[:LONGEST])))
        weighed = [
            (near, _rarity(near, among)) for meant in self._readings(asked) if (near := self._near(meant, among))
        ]
        total = sum(rarity for _, rarity in weighed)
        scores: dict[str, float] = defaultdict(float)
        for near, rarity in weighed:
            for service_id, nearness in near.items():
                scores[service_id] += nearness * rarity / total
        for service_id in self._whole(" ".join(asked)) & scores.keys():
            scores[service_id] += _WHOLE
        return _relevant(scores)

    def _learn(self, service_id: str, said: _Said) -> None:
        found = words(said.text)
        for word in (*found, *_joined(found)):
            held = self._weights[word]
            held[service_id] = max(held.get(service_id, 0.0), said.weight)
        if said.weight > _OWNER:
            self._phrases[" ".join(found)].add(service_id)

    def _near(self, meant: Mapping[str, float], among: Collection[str]) -> Mapping[str, float]:
        """By service, how near its nearest word is, times what that word counts."""
        best: dict[str, float] = {}
        for word, likeness in meant.items():
            for service_id, weight in self._weights[word].items():
                if service_id in among:
                    best[service_id] = max(best.get(service_id, 0.0), likeness * weight)
        return best

    def _readings(self, asked: Sequence[str]) -> Iterator[Mapping[str, float]]:
        """What each word may stand for: itself, or a part of a word that was typed as two (`blå resept`, `NA 0202`)."""
        joined = _joined(asked)
        for place, word in enumerate(asked):
            meant = dict(self._vocabulary.meant(word))
            for whole in joined[max(place - 1, 0) : place + 1]:
                # A joined word is never meant by its first half alone.
                longer = {
                    one: likeness for one, likeness in self._vocabulary.meant(whole).items() if len(one) >= len(whole)
                }
                meant |= {one: max(likeness, meant.get(one, 0.0)) for one, likeness in longer.items()}
            yield meant

    def _whole(self, asked: str) -> set[str]:
        """Services with a text that the query is, or of several words that it holds."""
        said = [
            phrase for phrase in self._phrases if f" {phrase} " in f" {asked} " and (" " in phrase or phrase == asked)
        ]
        return set().union(*(self._phrases[phrase] for phrase in said))


def _joined(found: Sequence[str]) -> list[str]:
    """Each two neighbours as one word: Norwegian writes compounds as one, people often as two."""
    return [first + second for first, second in pairwise(found)]


def _rarity(near: Mapping[str, float], among: Collection[str]) -> float:
    """How much a word tells: a word of few services tells more."""
    return log1p(len(among) / sum(near.values()))


def _all_said(catalogue: Catalogue, service: Service) -> Iterator[_Said]:
    yield from (_Said(text, _TITLE) for text in _each(service.title))
    yield from (_Said(text, _KEYWORD) for text in service.keywords.every)
    yield from (_Said(text, _CODE) for text in (service.id, *service.codes))
    yield from (_Said(text, _SUMMARY) for text in _each(service.summary))
    owners = filter(None, (service.owner, service.operator))
    yield from (_Said(text, _OWNER) for owner in owners for text in _each(catalogue.owners[owner].name))


def _each(text: Translated) -> Iterable[str]:
    return filter(None, (text.nb, text.nn, text.en))


def _relevant(scores: Mapping[str, float]) -> list[Hit]:
    best = max(scores.values(), default=0.0)
    enough = max(_ENOUGH, _RELEVANT * best)
    hits = (Hit(service_id, score) for service_id, score in scores.items() if score >= enough)
    return sorted(hits, key=lambda hit: -hit.score)
