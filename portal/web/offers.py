"""What the portal offers the person who is signed in: every service decided on, and the cards of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain import access
from portal.domain.access import NO_CONTEXT, ContextFacts
from portal.domain.arrangement import Offered
from portal.errors import NotAllowed, NotFound
from portal.web import language
from portal.web.cards.card import Cards, for_patient, without_patient
from portal.web.guards import login
from portal.web.parts import parts
from portal.web.zone import zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.domain.catalogue import Service
    from portal.domain.context import Context
    from portal.domain.stock import Stock
    from portal.store.people import Marks


def every(stock: Stock, context: Context | None) -> list[Offered]:
    """Every service, with what this person may do with it for the context's patient, or for none."""
    return [decided(service, context) for service in stock.catalogue.services]


def known(stock: Stock, service_id: str, context: Context | None) -> Offered:
    """A service that this person may know of; raises NotFound also for a hidden one, which does not exist."""
    offered = decided(stock.service(service_id), context)
    if offered.is_hidden:
        raise NotFound("service_unknown")
    return offered


def may_open(stock: Stock, service_id: str, context: Context | None) -> Offered:
    """A service that this person may open; raises NotAllowed for one that is only shown."""
    offered = known(stock, service_id, context)
    if not offered.is_open:
        raise NotAllowed("service_not_allowed", ", ".join(offered.decision.reasons))
    return offered


def decided(service: Service, context: Context | None) -> Offered:
    """One service, and what this person may do with it."""
    who = login()
    organisation = context.organisation if context else who.organisation
    facts = NO_CONTEXT
    if context:
        facts = ContextFacts(patient=True, encounter=bool(context.encounter), reply_to=context.can_take_messages)
    return Offered(service, access.decide(who.person, organisation, zone(), facts, service, parts().now()))


def cards(stock: Stock, offered: Sequence[Offered], context: Context | None, marks: Marks | None = None) -> Cards:
    """Make cards for this person; with `marks` each has a star."""
    return Cards(
        stock=stock,
        language=language.current(),
        now=parts().now(),
        opening=for_patient(context.id) if context else without_patient,
        known={one.service.id: one.service.title for one in offered if not one.is_hidden},
        success=parts().shelf.success(),
        marked=frozenset(marks.favourites) if marks else None,
    )
