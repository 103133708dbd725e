"""Path 2, context in: the browser arrives from the EPJ, and the patient opens for the person that the EPJ meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_login import current_user

from portal.domain.pkce import challenge_holds
from portal.errors import ContextRejected
from portal.store import audit, contexts, logins, one_time, registry
from portal.web import cookies, once
from portal.web.acts import act
from portal.web.guards import login, public
from portal.web.parts import parts
from portal.web.protection import cross_origin

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.audit import AuditEvent
    from portal.domain.context import Context
    from portal.store.logins import Login

blueprint = Blueprint("start", __name__)


@blueprint.post("/start")
@cross_origin
@public
def hand_over() -> ResponseReturnValue:
    """The preferred door: the EPJ's page posts `code` and `ehr_code_verifier`, which are spent here."""
    code, verifier = request.form.get("code", ""), request.form.get("ehr_code_verifier", "")
    return _wait(_context_of(code, verifier, spend=True))


@blueprint.get("/start")
@public
def arrive() -> ResponseReturnValue:
    """A fragment is read by script and posted; a query counts only where the EPJ may use one.

    A GET never consumes: link previews and prefetching must not burn a code. It never goes on with a patient who was
    waiting from before either, for the fragment may hold another one.
    """
    if "code" not in request.args:
        return render_template("start.html")
    return _wait(_context_of(request.args["code"], request.args.get("ehr_code_verifier", ""), spend=False))


@blueprint.get("/start/videre")
@public
def proceed() -> ResponseReturnValue:
    """The clean address that goes on with the patient who waits for this browser's login."""
    pending = cookies.read(cookies.PENDING)
    waiting = once.look("pending", pending) if pending else None
    if waiting is None or pending is None:
        raise ContextRejected("start_expired")
    if not current_user.is_authenticated:
        return redirect(url_for("auth.begin", next=url_for("start.proceed")), 303)
    return _open(waiting["context"], pending)


def _context_of(code: str, verifier: str, *, spend: bool) -> str:
    """The context that a start code stands for; raises ContextRejected."""
    portal = parts()
    context_id = once.look("start", code)
    if context_id is None:
        raise ContextRejected("start_expired")
    with portal.database.read() as session:
        context = contexts.find(session, portal.vault, context_id)
        challenge = contexts.challenge_of(session, context_id)
        registered = registry.epj(session, context.epj_id) if context else None
    if context is None or challenge is None or not challenge_holds(verifier, challenge):
        raise ContextRejected("start_code_invalid")
    if registered is None or not (spend or registered.start_by_query):
        raise ContextRejected("epj_unknown")
    # Last: a wrong verifier burns nobody's code.
    if spend and once.spend("start", code) is None:
        raise ContextRejected("start_expired")
    return context.id


def _wait(context_id: str) -> ResponseReturnValue:
    """Keep the patient for this browser until its login, and go to an address that says nothing."""
    portal = parts()
    pending, life = portal.token(), portal.settings.lifetimes.pending
    once.remember("pending", pending, {"context": context_id}, life)
    response = redirect(url_for("start.proceed"), 303)
    cookies.put(response, cookies.PENDING, pending, life)
    return response


def _open(context_id: str, pending: str) -> ResponseReturnValue:
    """Activate the context, once, for the person that the EPJ's token named (ATT-11)."""
    portal, who = parts(), login()
    now = portal.now()
    with portal.database.read() as session:
        context = contexts.find(session, portal.vault, context_id)
        registered = registry.epj(session, context.epj_id) if context else None
    if context is None or registered is None or not context.is_live(now):
        raise ContextRejected("context_ended")
    if context.sub != who.person.sub:
        return _other_person(context, who, pending)
    with portal.database.write() as session:
        # Not committed alone, as other values are: the activation holds once by itself, and what fails burns nothing.
        if one_time.spend(session, "pending", pending, now=now) is None:
            raise ContextRejected("start_expired")
        if not contexts.activate(session, portal.vault, context, who.person, now):
            raise ContextRejected("start_code_invalid")
        logins.work_for(session, who.key_hash, context.organisation, now)
        audit.record(session, _activated(context, who, "ok"))
    response = redirect(_first_page(context), 303)
    cookies.drop(response, cookies.PENDING)
    return response


def _first_page(context: Context) -> str:
    if context.service_id:
        return url_for("services.confirm", context_id=context.id, service_id=context.service_id)
    return url_for("services.of_context", context_id=context.id)


def _other_person(context: Context, who: Login, pending: str) -> ResponseReturnValue:
    """Refuse and say why; the patient waits for one change of user, no more. A reload is no change."""
    portal = parts()
    until = {"expires_at": context.expires_at, "now": portal.now()}
    with portal.database.write() as session:
        new = one_time.remember(session, "mismatch", pending, client=who.key_hash, **until)
        first = one_time.remember(session, "mismatch", pending, client="", **until)
        audit.record(session, _activated(context, who, "other_person"))
    response = make_response(render_template("other_person.html", signed_in_name=who.person.name), 403)
    if new and not first:
        once.spend("pending", pending)
        cookies.drop(response, cookies.PENDING)
    return response


def _activated(context: Context, who: Login, outcome: str) -> AuditEvent:
    actor, subject = f"person {who.person.sub}", f"context {context.id}"
    return act(
        "context_activated", outcome, actor=actor, subject=subject, basis=f"epj {context.epj_id}", context=context
    )
