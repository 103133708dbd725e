"""A page of services for one reader: what was asked for, and the cards of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from flask import request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from portal.domain.arrangement import FILTERS, Arrangement, Wish, arranged
from portal.store.people import Marks
from portal.web.cards.article import article
from portal.web.cards.categories import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from markupsafe import Markup

    from portal.domain.arrangement import Offered
    from portal.web.cards.card import Card, Cards

_RECENT = 5
_FILTERS = {
    "open": _("Kan åpnes herfra"),
    "sso": _("Engangspålogging"),
    "context": _("Pasienten følger med"),
    "journal": _("Kopi til journalen"),
}


class Choice(NamedTuple):
    """Something a list can be narrowed to, by the value that stands in the address."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Group:
    """The cards of one category, ready to be shown."""

    id: str
    title: str
    articles: tuple[Markup, ...]


@dataclass(frozen=True)
class Listing:
    """What `services.html` and `public.html` show; `found` is None where nothing was searched for."""

    wish: Wish
    status: str
    filters: tuple[Choice, ...]
    categories: tuple[Choice, ...]
    favourites: tuple[Card, ...]
    recent: tuple[Card, ...]
    found: tuple[Markup, ...] | None
    groups: tuple[Group, ...]
    closed: tuple[Markup, ...]
    down: tuple[Card, ...]


def wish() -> Wish:
    """What the request asks for: `q`, `kategori` and any number of `vis`; what is not known asks for nothing."""
    category = request.args.get("kategori", "")
    return Wish(
        query=" ".join(request.args.get("q", "").split()),
        category=category if category in CATEGORIES else "",
        only=frozenset(request.args.getlist("vis")) & FILTERS.keys(),
    )


def listing(offered: Sequence[Offered], asked: Wish, cards: Cards, marks: Marks | None = None) -> Listing:
    """Make the page of what one reader may know of."""
    known = {one.service.id: one for one in offered if not one.is_hidden}
    arrangement = arranged(known.values(), asked, cards.stock.index)
    mine = marks if marks and asked.is_plain else Marks()
    favourites = [known[one] for one in mine.favourites if one in known]
    recent = [known[one] for one in mine.used if one in known and known[one].is_open]
    return Listing(
        wish=asked,
        status=_status(arrangement, asked),
        filters=_filters(known.values(), asked),
        categories=_categories(known.values(), asked),
        favourites=tuple(map(cards.card, favourites)),
        recent=tuple(map(cards.card, recent[:_RECENT])),
        found=None if arrangement.found is None else _articles(cards, arrangement.found),
        groups=tuple(
            Group(category, str(CATEGORIES[category]), _articles(cards, group))
            for category, group in arrangement.groups.items()
        ),
        closed=_articles(cards, arrangement.closed),
        down=tuple(cards.card(one) for one in known.values() if _is_down(one, cards.now)),
    )


def _articles(cards: Cards, offered: Iterable[Offered]) -> tuple[Markup, ...]:
    return tuple(article(cards, one) for one in offered)


def _is_down(offered: Offered, now: datetime) -> bool:
    return any(stop.goes_on(now) for stop in offered.service.maintenance)


def _status(arrangement: Arrangement, asked: Wish) -> str:
    """What a screen reader is told when the list has changed."""
    if asked.is_plain:
        return ""
    count = arrangement.count
    if not asked.query:
        return str(ngettext("%(num)s tjeneste", "%(num)s tjenester", count))
    if not count:
        return str(gettext("Ingen treff på «%(query)s»", query=asked.query))
    return str(ngettext("%(num)s treff på «%(query)s»", "%(num)s treff på «%(query)s»", count, query=asked.query))


def _filters(known: Iterable[Offered], asked: Wish) -> tuple[Choice, ...]:
    """Only those that tell services apart here: a filter that finds nothing, or all, helps nobody."""
    offered = tuple(known)
    choices = (Choice(name, str(label), name in asked.only) for name, label in _FILTERS.items())
    found = {name: sum(map(holds, offered)) for name, holds in FILTERS.items()}
    return tuple(one for one in choices if one.chosen or 0 < found[one.value] < len(offered))


def _categories(known: Iterable[Offered], asked: Wish) -> tuple[Choice, ...]:
    present = {one.service.category for one in known}
    return tuple(
        Choice(name, str(title), name == asked.category) for name, title in CATEGORIES.items() if name in present
    )
