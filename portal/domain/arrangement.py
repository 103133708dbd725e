"""A list of services as one person wants it now: searched, filtered, grouped, with what may be opened first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from portal.domain.access import Answer, Decision
from portal.domain.catalogue import Level, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from portal.domain.search import Hit, SearchIndex


class Offered(NamedTuple):
    """A service, and what one person may do with it here and now."""

    service: Service
    decision: Decision

    @property
    def is_open(self) -> bool:
        """Whether it has a button."""
        return self.decision.answer is Answer.OPEN

    @property
    def is_hidden(self) -> bool:
        """Whether it is not mentioned."""
        return self.decision.answer is Answer.HIDDEN


def _has_context(offered: Offered) -> bool:
    return offered.service.level is Level.SSO_CONTEXT


FILTERS: Mapping[str, Callable[[Offered], bool]] = {
    "open": lambda offered: offered.is_open,
    "sso": lambda offered: offered.service.level in {Level.SSO, Level.SSO_CONTEXT},
    "context": _has_context,
    "journal": lambda offered: _has_context(offered) and offered.service.writeback.by == "portal",
}
"""What a list can be narrowed to, by the name that stands in the address."""

_NEAR = 0.75
"""How much of the best hit's score makes another one as good."""


@dataclass(frozen=True)
class Wish:
    """What somebody asks of a list; an unknown category or filter asks for nothing."""

    query: str = ""
    category: str = ""
    only: frozenset[str] = frozenset()

    @property
    def is_plain(self) -> bool:
        """Whether the whole list is wanted."""
        return not (self.query or self.category or self.only)


@dataclass(frozen=True)
class Arrangement:
    """`found` are the hits of a search, nearest first; without a search there are `groups`, and `closed` below them."""

    found: tuple[Offered, ...] | None
    groups: Mapping[str, Sequence[Offered]]
    closed: tuple[Offered, ...]

    @property
    def count(self) -> int:
        """How many services there are in it."""
        return len(self.found or ()) + sum(map(len, self.groups.values())) + len(self.closed)


def arranged(offered: Iterable[Offered], wish: Wish, index: SearchIndex) -> Arrangement:
    """Arrange what is not hidden; the others have no influence on anything."""
    wanted = [one for one in offered if not one.is_hidden and _wanted(one, wish)]
    if wish.query:
        return Arrangement(_found(wanted, wish.query, index), {}, ())
    groups: dict[str, list[Offered]] = {}
    for one in wanted:
        if one.is_open:
            groups.setdefault(one.service.category, []).append(one)
    return Arrangement(None, groups, tuple(one for one in wanted if not one.is_open))


def _wanted(offered: Offered, wish: Wish) -> bool:
    in_category = wish.category in {"", offered.service.category}
    return in_category and all(FILTERS[name](offered) for name in wish.only)


def _found(wanted: Iterable[Offered], query: str, index: SearchIndex) -> tuple[Offered, ...]:
    """What is about as near as the best comes first, then the rest; in each part, what may be opened comes first."""
    by_id = {one.service.id: one for one in wanted}
    hits = index.find(query, by_id.keys())
    near = _NEAR * max((hit.score for hit in hits), default=0.0)

    def place(hit: Hit) -> tuple[bool, bool, float, int]:
        one = by_id[hit.service_id]
        return hit.score < near, not one.is_open, -round(hit.score, 2), one.service.status.importance

    return tuple(by_id[hit.service_id] for hit in sorted(hits, key=place))
