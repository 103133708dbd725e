"""Path 2, context in by door B: the EPJ's own SMART server says which patient is open (SMART App Launch 2.2)."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from flask import Blueprint, g, redirect, request

from portal.domain import authorization_response
from portal.domain.epj_session import EpjSession
from portal.errors import ContextRejected, SignInError, SmartRejected
from portal.store import logins, registry, smart_access
from portal.web import arrival, cookies, once, opening
from portal.web.guards import public
from portal.web.opening import Opened
from portal.web.parts import parts
from portal.web.protection import cross_origin

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import MultiDict

    from portal.domain.registration import Epj, SmartServer
    from portal.domain.smart.opened import Opened as Told

blueprint = Blueprint("smart_launch", __name__)

_VALUE = re.compile(r"[!-~]{1,2048}")
_PARAMETERS = ["iss", "launch"]


@blueprint.get("/launch")
@public
def arrive() -> ResponseReturnValue:
    """The EPJ opens us with `iss` and `launch`; a GET consumes neither, the EPJ's own server does that."""
    with arrival.audited():
        return _begin(request.args)


@blueprint.post("/launch")
@cross_origin
@public
def arrive_by_post() -> ResponseReturnValue:
    """As `arrive`, with nothing in the address."""
    with arrival.audited():
        return _begin(request.form)


@blueprint.get("/launch/callback")
@public
def callback() -> ResponseReturnValue:
    """Take the EPJ's answer in the browser that asked, read what is open, and let the patient wait for the login."""
    with arrival.audited():
        answer = _answer()
        cookie = f"{cookies.SMART}{logins.handle_for(answer.state)}"
        begun = once.spend("smart", answer.state, client=logins.hashed(cookies.read(cookie) or ""))
        if begun is None:
            raise SmartRejected("smart_launch_expired", "state: unknown, used, too old, or of another browser")
        g.arriving = f"epj {begun['epj']}"
        response = arrival.wait(_opened(begun, answer))
    cookies.drop(response, cookie)
    return response


def _begin(sent: MultiDict[str, str]) -> ResponseReturnValue:
    portal = parts()
    issuer, launch = _read(sent)
    registered, server = _registered(issuer)
    begun = portal.smart.begin(registered.id, server, launch)
    secret, life = portal.token(), portal.settings.lifetimes.login
    kept = {"epj": registered.id, "verifier": begun.verifier, "nonce": begun.nonce}
    once.remember("smart", begun.state, kept, life, client=logins.hashed(secret))
    response = redirect(begun.url, 303)
    cookies.put_for_tab(response, cookies.SMART, logins.handle_for(begun.state), secret, life)
    return response


def _read(sent: MultiDict[str, str]) -> tuple[str, str]:
    """`iss` and `launch`, each once and nothing else: a patient's number has no place here."""
    if sorted(name for name, _ in sent.items(multi=True)) != _PARAMETERS:
        raise SmartRejected("smart_launch_invalid", "the launch carries iss and launch, each once, and nothing else")
    if not all(_VALUE.fullmatch(sent[name]) for name in _PARAMETERS):
        raise SmartRejected("smart_launch_invalid", "iss and launch are printable ASCII of at most 2048 characters")
    return sent["iss"], sent["launch"]


def _registered(issuer: str) -> tuple[Epj, SmartServer]:
    """Registered issuers only: nothing is sent to any other."""
    with parts().database.read() as session:
        registered = registry.epj_of_issuer(session, issuer)
    if registered is None or registered.smart is None:
        raise SmartRejected("smart_launch_invalid", "iss is not the FHIR base address of an EPJ that is in force here")
    return registered, registered.smart


def _answer() -> authorization_response.Response:
    try:
        return authorization_response.read(list(request.args.items(multi=True)))
    except SignInError as error:
        raise SmartRejected("smart_launch_invalid", f"authorization response: {error.detail}") from error


def _opened(begun: dict[str, str], answer: authorization_response.Response) -> str:
    """Read who is open at the EPJ, and make a context of it; its id."""
    portal = parts()
    with portal.database.read() as session:
        registered = registry.epj(session, begun["epj"])
    if registered is None or registered.smart is None:
        raise ContextRejected("epj_unknown")
    if answer.code is None:
        raise SmartRejected("smart_refused", f"the authorization server answered with {answer.reason}")
    proving = {"verifier": begun["verifier"], "nonce": begun["nonce"]}
    told = portal.smart.finish(registered.id, registered.smart, answer.code, iss=answer.iss, **proving)
    epj_session = _session_of(told, registered.smart)
    life = portal.settings.lifetimes.smart_context
    context = opening.context(_read_there(told), registered, epj_session, life)
    with portal.database.write() as session:
        opening.remember(session, context, epj_session)
        if told.access:
            smart_access.keep(session, portal.vault, context.id, told.access, portal.now())
    return context.id


def _session_of(told: Told, server: SmartServer) -> EpjSession:
    user = sha256(told.fhir_user.encode()).hexdigest()
    return EpjSession(None, server.issuer, user, told.hpr_number, told.organisation, own_numbers=told.own_numbers)


def _read_there(told: Told) -> Opened:
    address = opening.reply_to(told.her_id, None, told.organisation) if told.her_id else None
    return Opened(patient=told.patient, reply_to=address, encounter=told.encounter)
