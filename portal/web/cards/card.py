"""One card a service: what it is, what to know before the click, and one way to open it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from flask_babel import gettext

from portal.domain.access import Reason
from portal.web.cards.details import Detail, details
from portal.web.cards.phrase import Phrase
from portal.web.cards.reasons import reason_text
from portal.web.cards.rules import rule_texts
from portal.web.cards.stops import StopText, stop_texts
from portal.web.cards.tags import Tag, tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from portal.domain.arrangement import Offered
    from portal.domain.catalogue import Service
    from portal.domain.launch import Success
    from portal.domain.stock import Stock
    from portal.domain.translated import Translated
    from portal.web.cards.place import Opening, Place

# The stops and the tags of the card say these already.
_SAID_ELSEWHERE = {Reason.MAINTENANCE, Reason.FAULT, Reason.PATIENT_NOT_SENT}
_WITHOUT_A_WAY = {Reason.NO_ADDRESS, Reason.RETIRED}


@dataclass(frozen=True)
class Card:
    """One service as a clinician sees it; without an `opening` there is no button, and `notes` say why.

    `step_up` is whether only a login at a higher level is missing.

    `fallback` is what to do instead, when the service is down or has no address. `marking` is where a favourite is
    marked, None where nobody is known.
    """

    id: str
    title: Phrase
    summary: Phrase
    owner: Phrase
    part_of: Phrase | None
    tags: tuple[Tag, ...]
    notes: tuple[str, ...]
    stops: tuple[StopText, ...]
    fallback: Phrase | None
    details: tuple[Detail, ...]
    opening: Opening | None
    step_up: bool
    marking: str | None
    marked: bool


class Explanation(NamedTuple):
    """Why a service has no button, no reason for one that has; `made_for` are the alternatives of its access rules."""

    title: Phrase
    reasons: tuple[str, ...]
    made_for: tuple[str, ...]


@dataclass(frozen=True)
class Cards:
    """Makes the cards of one page, for one reader: all that is the same for every card of it is here.

    `known` holds the titles of every service that the reader may know of, by id: no card names another one. `poor`
    holds the services that fail for most people.
    """

    stock: Stock
    language: str
    now: datetime
    place: Place
    known: Mapping[str, Translated]
    poor: Mapping[str, Success]
    marked: frozenset[str] = frozenset()

    def card(self, offered: Offered) -> Card:
        """Make the card of a service that may be shown."""
        service, language = offered.service, self.language
        stops = stop_texts(service.maintenance, self.now, language)
        poor = self._poor(service)
        without_a_way = not _WITHOUT_A_WAY.isdisjoint(offered.decision.reasons)
        is_down = bool(poor) or without_a_way or any(stop.goes_on for stop in stops)
        return Card(
            id=service.id,
            title=Phrase(service.title, language),
            summary=Phrase(service.summary, language),
            owner=Phrase(self.stock.catalogue.owners[service.owner].name, language),
            part_of=self._named(service.parent),
            tags=tags(service, self.stock.handover(service)),
            notes=(*self._notes(offered), *poor),
            stops=stops,
            fallback=Phrase(service.fallback, language) if service.fallback and is_down else None,
            details=details(service, language),
            opening=self.place.opening(service) if offered.is_open else None,
            step_up=offered.decision.reasons == (Reason.SECURITY_LEVEL,),
            marking=self.place.marking(service),
            marked=service.id in self.marked,
        )

    def explanation(self, offered: Offered) -> Explanation:
        """Explain why a service that may be named has no button."""
        reasons = tuple(reason_text(reason, offered.service) for reason in offered.decision.reasons)
        return Explanation(Phrase(offered.service.title, self.language), reasons, rule_texts(offered.service.access))

    def _named(self, service_id: str | None) -> Phrase | None:
        title = self.known.get(service_id or "")
        return Phrase(title, self.language) if title else None

    def _notes(self, offered: Offered) -> Iterator[str]:
        service, decision = offered
        for reason in (*decision.reasons, *decision.warnings):
            if reason not in _SAID_ELSEWHERE:
                yield reason_text(reason, service)
        if replacement := self._named(service.status.replaced_by):
            yield gettext("Bruk %(title)s i stedet.", title=replacement)

    def _poor(self, service: Service) -> tuple[str, ...]:
        if service.id not in self.poor:
            return ()
        made, redeemed = self.poor[service.id]
        return (gettext("Få kommer inn nå: %(of)s av %(all)s forsøk lyktes den siste timen.", of=redeemed, all=made),)
