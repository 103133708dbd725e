"""Path 2, context in: the browser arrives from the EPJ, and the patient opens for the person that the EPJ meant."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Blueprint, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_login import current_user

from portal.errors import ContextRejected, SmartRejected
from portal.store import audit, contexts, logins, one_time, registry
from portal.web import cookies, once
from portal.web.acts import act
from portal.web.guards import login, public
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response

    from portal.domain.audit import AuditEvent
    from portal.domain.context import Context
    from portal.store.logins import Login

blueprint = Blueprint("arrival", __name__)


@contextmanager
def audited() -> Iterator[None]:
    """Note why a patient did not arrive; `g.arriving` is whoever is known to have brought her."""
    try:
        yield
    except (ContextRejected, SmartRejected) as refused:
        with parts().database.write() as session:
            audit.record(session, act("context_arrived", refused.code, actor=g.get("arriving", "nobody")))
        raise


def wait(context_id: str) -> Response:
    """Keep the patient for this tab until its login, and go to an address that says nothing.

    Each tab has an address and a cookie of its own: of two that log in at once, each gets its own patient. A script
    gets the address as JSON `next`, since it cannot read a redirect.
    """
    portal = parts()
    pending, life = portal.token(), portal.settings.lifetimes.pending
    once.remember("pending", pending, {"context": context_id}, life)
    handle = logins.handle_for(pending)
    onwards = url_for("arrival.proceed", handle=handle)
    by_script = request.accept_mimetypes.best == "application/json"
    response = jsonify(next=onwards) if by_script else redirect(onwards, 303)
    cookies.put_for_tab(response, cookies.PENDING, handle, pending, life)
    return response


@blueprint.get("/start/videre/<handle>")
@public
def proceed(handle: str) -> ResponseReturnValue:
    """The clean address that goes on with the patient who waits in this browser for the tab's login."""
    pending = cookies.read(f"{cookies.PENDING}{handle}") or ""
    waiting = once.look("pending", pending) if logins.handle_for(pending) == handle else None
    with audited():
        if waiting is None:
            raise ContextRejected("start_expired")
        if not current_user.is_authenticated:
            return redirect(url_for("auth.begin", next=request.path), 303)
        return _open(waiting["context"], pending)


def _open(context_id: str, pending: str) -> ResponseReturnValue:
    """Activate the context, once, for the person that the EPJ named (ATT-11)."""
    portal, who = parts(), login()
    now = portal.now()
    with portal.database.read() as session:
        context = contexts.find(session, portal.vault, context_id)
        registered = registry.epj(session, context.epj_id) if context else None
    if context is None or registered is None or not context.is_live(now):
        raise ContextRejected("context_ended")
    if not context.is_for(who.person):
        return _other_person(context, who, pending)
    with portal.database.write() as session:
        # Not committed alone, as other values are: the activation holds once by itself, and what fails burns nothing.
        if one_time.spend(session, "pending", pending, now=now) is None:
            raise ContextRejected("start_expired")
        if not contexts.activate(session, portal.vault, context, who.person, who.key_hash, now):
            raise ContextRejected("start_code_invalid")
        logins.work_for(session, who.key_hash, context.organisation, now)
        audit.record(session, _activated(context, who, "ok"))
    response = redirect(_first_page(context), 303)
    _forget(response, pending)
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
    known = {"signed_in_name": who.person.name, "waiting": request.path}
    response = make_response(render_template("other_person.html", **known), 403)
    if new and not first:
        once.spend("pending", pending)
        _forget(response, pending)
    return response


def _forget(response: Response, pending: str) -> None:
    cookies.drop(response, f"{cookies.PENDING}{logins.handle_for(pending)}")


def _activated(context: Context, who: Login, outcome: str) -> AuditEvent:
    actor, subject = f"person {who.person.sub}", f"context {context.id}"
    return act(
        "context_activated", outcome, actor=actor, subject=subject, basis=f"epj {context.epj_id}", context=context
    )
