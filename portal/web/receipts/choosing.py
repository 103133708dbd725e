"""What an office wants of each service's reports: shown to those who work there, and changed by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, redirect, request, url_for
from flask_babel import lazy_gettext as _

from portal.domain.writeback_choice import Choice
from portal.errors import RequestRejected
from portal.store import audit, choices
from portal.web import language, offers
from portal.web.acts import act
from portal.web.cards.phrase import Phrase
from portal.web.guards import login, signed_in
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Collection

    from flask.typing import ResponseReturnValue

    from portal.domain.stock import Stock

blueprint = Blueprint("receipt_choices", __name__)
_WORDS = {
    Choice.ALWAYS: _("Alltid"),
    Choice.ASK: _("Spør hver gang"),
    Choice.NEVER: _("Aldri"),
}


class Option(NamedTuple):
    """One of the three, as it is chosen from."""

    value: str
    text: str
    chosen: bool


class Choosable(NamedTuple):
    """A service, and what the office wants of it."""

    service_id: str
    title: Phrase
    options: tuple[Option, ...]


def choices_of(stock: Stock, met: Collection[str]) -> tuple[Choosable, ...]:
    """Each service that writes back by us, was `met` among the reports, or has been chosen for; none without office."""
    office = login().office
    if not office:
        return ()
    with parts().database.read() as session:
        chosen = choices.of_office(session, office)
    known = [offered.service for offered in offers.every(stock, None) if not offered.is_hidden]
    writing = {service.id for service in known if (given := stock.handover(service)) and given.writeback}
    named = (
        (Phrase(service.title, language.current()), service.id)
        for service in known
        if service.id in writing | set(met) | chosen.keys()
    )
    return tuple(
        _choosable(service_id, title, chosen.get(service_id, Choice.ALWAYS)) for title, service_id in sorted(named)
    )


@blueprint.post("/kvitteringer/valg")
@signed_in
def choose() -> ResponseReturnValue:
    """Let the office that the page was drawn for want this from now on; the last word stands."""
    portal, who, form = parts(), login(), request.form
    service_id, wanted = form.get("service", ""), form.get("valg", "")
    if wanted not in set(Choice):
        raise RequestRejected("bad_request", "valg")
    if not who.office or form.get("office") != who.office:
        raise RequestRejected("bad_request", "office")
    offers.known(portal.shelf.stock(), service_id, None)
    actor, subject = f"person {who.person.sub}", f"service {service_id}"
    with portal.database.write() as session:
        choices.choose(session, who.office, service_id, Choice(wanted), by=who.person.sub, now=portal.now())
        audit.record(
            session, act("writeback_chosen", wanted, actor=actor, subject=subject, organisation=who.organisation)
        )
    return redirect(url_for("receipts.show", _anchor="valg"), 303)


def _choosable(service_id: str, title: Phrase, choice: Choice) -> Choosable:
    options = tuple(Option(value, str(words), value is choice) for value, words in _WORDS.items())
    return Choosable(service_id, title, options)
