"""Path 3, launch out, as the clinician sees it: my list, the patient's list, and one click onwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext

from portal.errors import LaunchRejected, NotFound
from portal.store import contexts, people
from portal.web import banner, language, launching, offers, offices
from portal.web.guards import login, signed_in
from portal.web.leaving import leave
from portal.web.listing import listing, wish
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.arrangement import Offered
    from portal.domain.catalogue import Service
    from portal.domain.context import Context

blueprint = Blueprint("services", __name__)


@blueprint.get("/mine")
@signed_in
def mine() -> ResponseReturnValue:
    """What this person may use when no patient is chosen, once it is settled which office that is for."""
    return _page(None) if offices.settled() else redirect(url_for("offices.ask"), 303)


@blueprint.get("/k/<context_id>/")
@signed_in
def of_context(context_id: str) -> ResponseReturnValue:
    """What this person may use for this patient."""
    return _page(offers.my_context(context_id))


@blueprint.get("/k/<context_id>/open/<service_id>")
@signed_in
def confirm(context_id: str, service_id: str) -> ResponseReturnValue:
    """Say what is sent along before it is; an EPJ may land its clinician directly here."""
    context, newer = offers.my_context_and_newer(context_id)
    return _ask(offers.may_open(parts().shelf.stock(), service_id, context), context, newer)


@blueprint.post("/k/<context_id>/open/<service_id>")
@signed_in
def open_for(context_id: str, service_id: str) -> ResponseReturnValue:
    """One click from one context to one service; asks first when the journal has turned to another patient since."""
    context, newer = offers.my_context_and_newer(context_id)
    offered = offers.may_open(parts().shelf.stock(), service_id, context)
    if request.form.get("level", offered.service.level) != offered.service.level:
        raise LaunchRejected("service_closed", "the card said that something else goes along")
    # The answer holds for the patient that was asked about: a still newer one is asked about again.
    if newer is not None and request.form.get("confirmed") != newer:
        return _ask(offered, context, newer)
    return _leave(offered.service, context)


@blueprint.post("/open/<service_id>")
@signed_in
def open_without(service_id: str) -> ResponseReturnValue:
    """One click to a service, without any patient."""
    return _leave(offers.may_open(parts().shelf.stock(), service_id, None).service, None)


@blueprint.get("/go/<service_id>")
@signed_in
def go(service_id: str) -> ResponseReturnValue:
    """A short link; it never picks the patient: with live contexts it asks which, or none."""
    portal = parts()
    stock = portal.shelf.stock()
    offered = offers.decided(stock.service(service_id), None)
    with portal.database.read() as session:
        live = contexts.live_of(session, portal.vault, login().person.sub, portal.now())
    choices = [
        (banner.choice(context), url_for("services.confirm", context_id=context.id, service_id=service_id))
        for context in live
        if offers.decided(offered.service, context).is_open
    ]
    if offered.is_hidden and not choices:
        raise NotFound("service_unknown")
    return render_template(
        "which_patient.html",
        card=offers.cards(stock, [offered], None).card(offered),
        contexts=choices,
        without_url=url_for("services.open_without", service_id=service_id) if offered.is_open else None,
    )


def _page(context: Context | None) -> ResponseReturnValue:
    portal, who = parts(), login()
    # Asked for by a card, which is the same on every page and so has no address of its own to come back to.
    if "level" in request.args:
        return redirect(url_for("auth.begin", level=request.args["level"], next=request.path), 303)
    stock = portal.shelf.stock()
    with portal.database.read() as session:
        marks = people.marks(session, who.person.sub, who.office)
    offered = offers.every(stock, context)
    listed = listing(offered, wish(), offers.cards(stock, offered, context, marks), marks)
    return render_template("services.html", listing=listed, banner=banner.of(context) if context else None)


def _ask(offered: Offered, context: Context, newer: str | None) -> ResponseReturnValue:
    """The page before a launch; with `newer` it asks whether this patient is meant after all."""
    stock, service_id = parts().shelf.stock(), offered.service.id
    handover = stock.handover(offered.service)
    return render_template(
        "confirm.html",
        card=offers.cards(stock, [offered], context).card(offered),
        banner=banner.of(context),
        newer=newer,
        sent=launching.sent_along(handover),
        writeback=launching.writeback(service_id, handover, context),
        action=url_for("services.open_for", context_id=context.id, service_id=service_id),
        back=url_for("services.of_context", context_id=context.id),
    )


def _leave(service: Service, context: Context | None) -> ResponseReturnValue:
    title = service.title.in_language(language.current())
    onwards = launching.begin(service, context)
    return leave(onwards.url, gettext("Åpner %(title)s", title=title), onwards.fields)
