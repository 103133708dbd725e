"""Path 3, launch out, as the clinician sees it: my list, the patient's list, and one click onwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template, url_for
from flask_babel import gettext

from portal.domain import access
from portal.domain.access import NO_CONTEXT, Answer, ContextFacts
from portal.errors import NotAllowed, NotFound
from portal.store import contexts, registry
from portal.web import banner, cards, language, launching
from portal.web.guards import login, signed_in
from portal.web.leaving import leave
from portal.web.parts import parts
from portal.web.zone import zone

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.access import Decision
    from portal.domain.catalogue import Service
    from portal.domain.context import Context

blueprint = Blueprint("services", __name__)


@blueprint.get("/mine")
@signed_in
def mine() -> ResponseReturnValue:
    """What this person may use when no patient is chosen."""
    return render_template("services.html", groups=_groups(None), banner=None)


@blueprint.get("/k/<context_id>/")
@signed_in
def of_context(context_id: str) -> ResponseReturnValue:
    """What this person may use for this patient."""
    context = _context(context_id)
    return render_template("services.html", groups=_groups(context), banner=banner.of(context))


@blueprint.get("/k/<context_id>/open/<service_id>")
@signed_in
def confirm(context_id: str, service_id: str) -> ResponseReturnValue:
    """Say what is sent along before it is; an EPJ may land its clinician directly here."""
    context = _context(context_id)
    service, decision = _decided(service_id, context)
    with parts().database.read() as session:
        client = registry.client_of_service(session, service_id)
    opening = cards.for_patient(context_id)
    return render_template(
        "confirm.html",
        card=cards.card(parts().shelf.catalogue(), service, decision, language.current(), opening),
        banner=banner.of(context),
        sent=launching.sent_along(service, client),
        writeback=launching.writeback(service, client, context),
        action=opening(service).url,
        back=url_for("services.of_context", context_id=context_id),
    )


@blueprint.post("/k/<context_id>/open/<service_id>")
@signed_in
def open_for(context_id: str, service_id: str) -> ResponseReturnValue:
    """One click from one context to one service."""
    return _open(service_id, _context(context_id))


@blueprint.post("/open/<service_id>")
@signed_in
def open_without(service_id: str) -> ResponseReturnValue:
    """One click to a service, without any patient."""
    return _open(service_id, None)


@blueprint.get("/go/<service_id>")
@signed_in
def go(service_id: str) -> ResponseReturnValue:
    """A short link; it never picks the patient: with live contexts it asks which, or none."""
    portal = parts()
    with portal.database.read() as session:
        live = contexts.live_of(session, portal.vault, login().person.sub, portal.now())
    service, decision = _decided(service_id, None, allow_shown=bool(live))
    choices = [
        (banner.choice(context), url_for("services.confirm", context_id=context.id, service_id=service_id))
        for context in live
    ]
    return render_template(
        "which_patient.html",
        card=cards.card(portal.shelf.catalogue(), service, decision, language.current(), cards.without_patient),
        contexts=choices,
        without_url=url_for("services.open_without", service_id=service_id) if decision.answer is Answer.OPEN else None,
    )


def _open(service_id: str, context: Context | None) -> ResponseReturnValue:
    service, _ = _decided(service_id, context)
    title = service.title.in_language(language.current())
    return leave(launching.begin(service, context), gettext("Åpner %(title)s", title=title))


def _context(context_id: str) -> Context:
    """A live context of this person; anybody else's does not exist."""
    portal = parts()
    with portal.database.read() as session:
        context = contexts.find(session, portal.vault, context_id)
    if context is None or context.sub != login().person.sub or context.activated_at is None:
        raise NotFound("context_unknown")
    if not context.is_live(portal.now()):
        raise NotFound("context_unknown", "ended")
    return context


def _groups(context: Context | None) -> list[cards.Group]:
    catalogue = parts().shelf.catalogue()
    decided = [(service, _decide(service, context)) for service in catalogue.services]
    opening = cards.for_patient(context.id) if context else cards.without_patient
    return cards.groups(catalogue, decided, language.current(), opening)


def _decided(service_id: str, context: Context | None, *, allow_shown: bool = False) -> tuple[Service, Decision]:
    """A service that may be opened, and why; a hidden one does not exist, a closed one is refused."""
    service = parts().shelf.service(service_id)
    decision = _decide(service, context)
    if decision.answer is Answer.HIDDEN:
        raise NotFound("service_unknown")
    if decision.answer is Answer.SHOWN and not allow_shown:
        raise NotAllowed("service_not_allowed", ", ".join(decision.reasons))
    return service, decision


def _decide(service: Service, context: Context | None) -> Decision:
    who = login()
    organisation = context.organisation if context else who.organisation
    facts = NO_CONTEXT
    if context:
        facts = ContextFacts(patient=True, encounter=bool(context.encounter), reply_to=context.can_take_messages)
    return access.decide(who.person, organisation, zone(), facts, service, parts().now())
