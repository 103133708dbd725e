"""What the portal offers the person who is signed in: every service decided on, and the cards of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain import access
from portal.domain.access import NO_CONTEXT, ContextFacts
from portal.domain.arrangement import Offered
from portal.errors import NotAllowed, NotFound
from portal.store import contexts
from portal.web import language
from portal.web.cards.card import Cards
from portal.web.cards.place import Place
from portal.web.guards import login
from portal.web.parts import parts
from portal.web.zone import zone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from portal.domain.catalogue import Service
    from portal.domain.context import Context
    from portal.domain.stock import Stock
    from portal.store.people import Marks


def my_context(context_id: str) -> Context:
    """A live context of this person; anybody else's does not exist. Raises NotFound."""
    portal = parts()
    with portal.database.read() as session:
        context = contexts.find(session, portal.vault, context_id)
    return _mine(context)


def my_context_and_newer(context_id: str) -> tuple[Context, str | None]:
    """As `my_context`, with the newer one that the same journal has turned to another patient in, if it has."""
    portal = parts()
    with portal.database.read() as session:
        context = contexts.find(session, portal.vault, context_id)
        newer = contexts.turned_to(session, context_id)
    return _mine(context), newer


def _mine(context: Context | None) -> Context:
    if context is None or context.sub != login().person.sub or context.activated_at is None:
        raise NotFound("context_unknown")
    if not context.is_live(parts().now()):
        raise NotFound("context_unknown", "ended")
    return context


def every(stock: Stock, context: Context | None) -> list[Offered]:
    """Every service, with what this person may do with it for the context's patient, or for none."""
    return list(map(_decider(context), stock.catalogue.services))


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
    return _decider(context)(service)


def cards(stock: Stock, offered: Sequence[Offered], context: Context | None, marks: Marks | None = None) -> Cards:
    """Make cards for this person; with `marks` each has a star."""
    return Cards(
        stock=stock,
        language=language.current(),
        now=parts().now(),
        place=Place.PATIENT if context else Place.MINE,
        known={one.service.id: one.service.title for one in offered if not one.is_hidden},
        poor={service: success for service, success in parts().shelf.success().items() if success.is_poor},
        marked=frozenset(marks.favourites) if marks else frozenset(),
    )


def _decider(context: Context | None) -> Callable[[Service], Offered]:
    """What is the same for every service is looked up once."""
    who, at, now, facts = login(), zone(), parts().now(), NO_CONTEXT
    organisation = context.organisation if context else who.organisation
    if context:
        reports = context.can_take_reports(now)
        facts = ContextFacts(patient=True, encounter=bool(context.encounter), reply_to=reports)
    person = who.person
    return lambda service: Offered(service, access.decide(person, organisation, at, facts, service, now))
