"""Path 2, context in by door A: the browser brings the code that the EPJ's server got for its patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request

from portal.domain.pkce import challenge_holds
from portal.errors import ContextRejected
from portal.store import contexts, registry
from portal.web import arrival, once
from portal.web.guards import public
from portal.web.parts import parts
from portal.web.protection import cross_origin

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import MultiDict

blueprint = Blueprint("start", __name__)

_SENT = ("code", "ehr_code_verifier")


@blueprint.post("/start")
@cross_origin
@public
def hand_over() -> ResponseReturnValue:
    """The preferred way: the EPJ's page posts `code` and `ehr_code_verifier`, which are spent here."""
    with arrival.audited():
        _demand_once(request.form)
        return arrival.wait(_context_of(*_sent(request.form), spend=True))


@blueprint.get("/start")
@public
def arrive() -> ResponseReturnValue:
    """A fragment is read by script and posted; a query counts only where the EPJ may use one.

    A GET never consumes: link previews and prefetching must not burn a code. It never goes on with a patient who was
    waiting from before either, for the fragment may hold another one.
    """
    with arrival.audited():
        _demand_once(request.args)
        if "code" not in request.args:
            return render_template("start.html")
        return arrival.wait(_context_of(*_sent(request.args), spend=False))


def _demand_once(sent: MultiDict[str, str]) -> None:
    """Each name once, and nothing else in the address: a patient's number has no place there."""
    twice = [name for name in _SENT if len(sent.getlist(name)) > 1]
    if twice or not request.args.keys() <= {*_SENT, "lang"}:
        raise ContextRejected("start_code_invalid", "code and ehr_code_verifier, each once, and nothing else")


def _sent(sent: MultiDict[str, str]) -> tuple[str, str]:
    return sent.get("code", ""), sent.get("ehr_code_verifier", "")


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
