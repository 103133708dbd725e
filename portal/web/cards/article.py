"""A card as HTML, made once for each way that it can look: a page of hundreds is put together from these."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import get_template_attribute
from markupsafe import Markup

if TYPE_CHECKING:
    from portal.domain.arrangement import Offered
    from portal.web.cards.card import Cards


def article(cards: Cards, offered: Offered) -> Markup:
    """The card of a service; one that tells of a stop or of failures changes with the clock, and is made each time."""
    service, made = offered.service, cards.stock.made
    if service.maintenance or service.id in cards.poor:
        return _rendered(cards, offered)
    known = service.parent in cards.known, service.status.replaced_by in cards.known
    marked = cards.marked is not None and service.id in cards.marked
    look = (service.id, cards.language, cards.place, offered.decision, known, marked)
    if look not in made:
        made[look] = _rendered(cards, offered)
    return cast("Markup", made[look])


def _rendered(cards: Cards, offered: Offered) -> Markup:
    macro = get_template_attribute("_services.html", "service")
    return Markup(macro(cards.card(offered)))  # noqa: S704  Jinja has escaped what is in it
