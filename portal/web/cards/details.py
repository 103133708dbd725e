"""What else the catalogue knows of a service: folded away on its card, for those who want it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask_babel import format_date, ngettext
from flask_babel import lazy_gettext as _

from portal.web.cards.phrase import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.domain.catalogue import Service
    from portal.domain.service_parts import Contact, LegalBasis
    from portal.domain.translated import Translated


class Detail(NamedTuple):
    """A label and its text, which may lead somewhere."""

    label: str
    text: str
    url: str | None = None


_TEXTS = {
    "deadline": _("Frist"),
    "prefilled": _("Fylt ut på forhånd"),
    "returns": _("Kommer tilbake til journalen"),
    "fallback": _("Når den er nede"),
}


def details(service: Service, language: str) -> tuple[Detail, ...]:
    """Say them in the order that people ask."""
    return tuple(_details(service, language))


def _details(service: Service, language: str) -> Iterator[Detail]:
    if service.minutes:
        yield Detail(str(_("Tar vanligvis")), ngettext("%(num)s minutt", "%(num)s minutter", service.minutes))
    for field, label in _TEXTS.items():
        text: Translated | None = getattr(service, field)
        if text:
            yield Detail(str(label), Phrase(text, language))
    for basis in service.legal:
        # Laws are named as they are in Lovdata.
        yield Detail(str(_("Hjemmel")), Phrase.of(_law(basis), "nb", language))
    for guide in service.docs:
        yield Detail(str(_("Veiledning")), Phrase.of(guide.title, guide.lang, language), guide.url)
    if service.contact:
        yield from _help(service.contact)
    yield Detail(str(_("Sist kontrollert")), format_date(service.provenance.checked, "d. MMMM y"))


def _law(basis: LegalBasis) -> str:
    return " ".join(filter(None, (basis.act, basis.section, f"({basis.duty})" if basis.duty else None)))


def _help(contact: Contact) -> Iterator[Detail]:
    label = str(_("Brukerstøtte"))
    if contact.url:
        yield Detail(label, contact.url, contact.url)
    if contact.email:
        yield Detail(label, contact.email, f"mailto:{contact.email}")
    if contact.phone:
        yield Detail(label, contact.phone, f"tel:{contact.phone.replace(' ', '')}")
