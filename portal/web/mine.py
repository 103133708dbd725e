"""What a person does with the list: marks a service, forgets what was used, and asks why one is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext

from portal.domain.professions import PROFESSIONS
from portal.store import people
from portal.web import offers
from portal.web.guards import login, signed_in
from portal.web.listing import wish
from portal.web.page import office_of
from portal.web.parts import parts
from portal.web.safe_next import safe_next

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.typing import ResponseReturnValue

    from portal.domain.arrangement import Offered
    from portal.domain.context import Context

blueprint = Blueprint("mine", __name__)


@blueprint.post("/mine/favoritter/<service_id>")
@signed_in
def favour(service_id: str) -> ResponseReturnValue:
    """Mark a service, or no more; the mark follows the person at this office to every machine."""
    return _favour(service_id, None, url_for("services.mine"))


@blueprint.post("/k/<context_id>/favoritter/<service_id>")
@signed_in
def favour_for(context_id: str, service_id: str) -> ResponseReturnValue:
    """As `favour`, from a patient's list and back to it; nothing of the patient is kept with it."""
    return _favour(service_id, offers.my_context(context_id), url_for("services.of_context", context_id=context_id))


@blueprint.post("/mine/sist-brukt/tom")
@signed_in
def forget_used() -> ResponseReturnValue:
    """Forget what this person has used at this office."""
    portal, who = parts(), login()
    with portal.database.write() as session:
        people.forget_used(session, who.person.sub, who.office)
    return redirect(safe_next(request.form.get("next", "")), 303)


@blueprint.get("/mine/hvorfor")
@signed_in
def why() -> ResponseReturnValue:
    """Explain why a service cannot be opened or is not in the list; what must not be known is not found here either."""
    stock, asked = parts().shelf.stock(), wish().query
    speakable = {one.service.id: one for one in offers.every(stock, None) if _may_be_named(one)}
    hits = stock.index.find(asked, speakable.keys()) if asked else []
    found = [speakable[hit.service_id] for hit in hits]
    cards = offers.cards(stock, found, None)
    return render_template("why.html", asked=asked, found=list(map(cards.explanation, found)), me=tuple(_me()))


def _favour(service_id: str, context: Context | None, back: str) -> ResponseReturnValue:
    portal, who = parts(), login()
    service = offers.known(portal.shelf.stock(), service_id, context).service
    since = portal.now() if request.form.get("marked") else None
    with portal.database.write() as session:
        people.favour(session, who.person.sub, who.office, service.id, since)
    return redirect(f"{back}#{service.id}", 303)


def _may_be_named(offered: Offered) -> bool:
    """What stands on the public page is no secret, wherever else it is hidden."""
    return not offered.is_hidden or offered.service.access.visibility == "public"


def _me() -> Iterator[tuple[str, str]]:
    """What the list is made for, in the reader's own words: label and value."""
    who = login()
    held = [PROFESSIONS.get(one.profession, one.profession) for one in who.person.authorisations]
    yield gettext("Godkjenning i HPR"), ", ".join(dict.fromkeys(held)) or gettext("Ingen")
    roles = sorted(role.partition(":")[0] for role in who.person.roles)
    yield gettext("Tildelte roller"), ", ".join(dict.fromkeys(roles)) or gettext("Ingen")
    yield gettext("Kontor"), office_of(who.organisation) or gettext("Ukjent kontor")
    yield gettext("Sikkerhetsnivå"), str(who.person.security_level)
