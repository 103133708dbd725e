"""How a service looks in a list: words and one way to open it, made from the service and the decision on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from portal.domain.access import Answer
from portal.web.card_texts import category_title, reason_text, tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from portal.domain.access import Decision
    from portal.domain.catalogue import Catalogue, Service
    from portal.domain.translated import Translated
    from portal.web.card_texts import Tag


class Phrase(str):
    """Text from the catalogue; `lang` is set when it is in another language than the page (WCAG 2.1, 3.1.2)."""

    __slots__ = ("lang",)
    lang: str | None

    def __new__(cls, text: Translated, language: str) -> Self:
        """Say `text` in `language`, or in bokmål where it has not been translated."""
        phrase = super().__new__(cls, text.in_language(language))
        spoken = text.language(language)
        phrase.lang = None if spoken == language else spoken
        return phrase


class Opening(NamedTuple):
    """Where a card's button goes: a page of ours or an open address (get), or out of the portal (post)."""

    url: str
    method: Literal["get", "post"] = "get"


@dataclass(frozen=True)
class Card:
    """One service as a clinician sees it; without an `opening` there is no button, and `notes` say why."""

    id: str
    title: Phrase
    summary: Phrase
    owner: Phrase
    tags: tuple[Tag, ...]
    notes: tuple[str, ...]
    opening: Opening | None
    search: str


@dataclass(frozen=True)
class Group:
    """The cards of one category."""

    id: str
    title: str
    cards: tuple[Card, ...]


def for_patient(context_id: str) -> Callable[[Service], Opening]:
    """One click: the patient's name stands above the list already."""
    return lambda service: Opening(f"/k/{context_id}/open/{service.id}", "post")


def without_patient(service: Service) -> Opening:
    """Open at once where no patient is meant; else ask which of the patients that are open."""
    if service.patient == "none":
        return Opening(f"/open/{service.id}", "post")
    return Opening(f"/go/{service.id}")


def at_address(zone: str) -> Callable[[Service], Opening]:
    """Open the service's own address: the public page knows no one."""
    return lambda service: Opening(service.address(zone) or "")


def card(
    catalogue: Catalogue,
    service: Service,
    decision: Decision,
    language: str,
    opening: Callable[[Service], Opening],
) -> Card:
    """Make the card of a service that may be shown."""
    is_open = decision.answer is Answer.OPEN
    return Card(
        id=service.id,
        title=Phrase(service.title, language),
        summary=Phrase(service.summary, language),
        owner=Phrase(catalogue.owners[service.owner].name, language),
        tags=tags(service),
        notes=tuple(reason_text(reason, service) for reason in (*decision.reasons, *decision.warnings)),
        opening=opening(service) if is_open else None,
        search=" ".join(service.keywords.every),
    )


def groups(
    catalogue: Catalogue,
    decided: Iterable[tuple[Service, Decision]],
    language: str,
    opening: Callable[[Service], Opening],
) -> list[Group]:
    """Put what is not hidden into its categories, in the order of the catalogue."""
    by_category: dict[str, list[Card]] = {}
    for service, decision in decided:
        if decision.answer is not Answer.HIDDEN:
            cards = by_category.setdefault(service.category, [])
            cards.append(card(catalogue, service, decision, language, opening))
    return [Group(category, category_title(category), tuple(cards)) for category, cards in by_category.items()]
