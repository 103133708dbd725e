"""The end of a session: by the person, by the person at another machine, or because it has ended at HelseID."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from portal.errors import OAuthError, UpstreamError
from portal.store import audit, endings, helseid_tokens, one_time
from portal.web import cookies, once
from portal.web.acts import act
from portal.web.guards import helseid, login, public, signed_in
from portal.web.leaving import leave
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import MultiDict

    from portal.store.database import Session
    from portal.store.logins import Login

blueprint = Blueprint("logout", __name__)
log = logging.getLogger(__name__)


@blueprint.post("/logout")
@signed_in
def end() -> ResponseReturnValue:
    """End the session here and at HelseID; with `switch` the next person logs in, and goes on at `next`."""
    portal, ending = parts(), login()
    with portal.database.write() as session:
        renewal = helseid_tokens.renewal(session, portal.vault, ending.key_hash)
        endings.of_login(session, ending.key_hash, portal.now())
        actor = f"person {ending.person.sub}"
        audit.record(session, act("logout", actor=actor, basis="helseid", organisation=ending.organisation))
    if renewal:
        _give_back(renewal["refresh_token"])
    response = _on_to_helseid(ending)
    cookies.drop(response, cookies.SESSION)
    return response


@blueprint.get("/logout")
@public
def ended() -> ResponseReturnValue:
    """Where HelseID sends the browser after a logout, and where a page goes that was left alone for too long."""
    remembered = once.spend("logout", request.args.get("state", ""))
    if remembered and remembered["next"]:
        return redirect(remembered["next"], 303)
    return render_template("signed_out.html", alone="utlopt" in request.args)


@blueprint.post("/logout/backchannel")
@helseid
def backchannel() -> ResponseReturnValue:
    """HelseID's server says whose session has ended there (OpenID Connect Back-Channel Logout 1.0 §2.5).

    The token proves itself and counts once; a session that is not here is no error.
    """
    portal = parts()
    said = portal.helseid.logged_out(_only(request.form, "logout_token"))
    now, issuer = portal.now(), portal.settings.helseid_issuer
    # Not committed alone: HelseID sends it again when we could not end what it names (§2.5).
    with portal.database.write() as session:
        if not one_time.remember(session, "logout_jti", said.jti, client=issuer, expires_at=said.expires_at, now=now):
            raise OAuthError("invalid_request", "logout_token: jti was seen before")
        _end(session, said.sid, said.sub, "back-channel")
    return Response(status=200)


@blueprint.get("/logout/frontchannel")
@public
def frontchannel() -> ResponseReturnValue:
    """HelseID's page, in a frame, says that a session has ended there (Front-Channel Logout 1.0 §3).

    In a frame of another site no cookie of ours comes along: `iss` and `sid` alone count, and the answer is the same
    whether there was such a session.
    """
    portal = parts()
    issuer, sid = _only(request.args, "iss"), _only(request.args, "sid")
    if issuer == portal.settings.helseid_issuer and sid:
        with portal.database.write() as session:
            _end(session, sid, None, "front-channel")
    response = make_response("", 200)
    policy = f"default-src 'none'; frame-ancestors {portal.settings.helseid_issuer}"
    response.headers["Content-Security-Policy"] = policy
    return response


def _give_back(refresh_token: str) -> None:
    """Revoke it at HelseID (RFC 7009); what cannot be revoked now expires."""
    try:
        parts().helseid.tokens.revoke(refresh_token)
    except UpstreamError as error:
        log.warning("refresh token not given back", extra={"code": error.code})


def _on_to_helseid(ending: Login) -> Response:
    """The page that goes on to HelseID's own logout, or says that HelseID could not be reached."""
    portal = parts()
    state = portal.token()
    after = url_for("auth.begin", next=request.form.get("next", "")) if "switch" in request.form else ""
    try:
        url = portal.helseid.end_session_url(ending.id_token, portal.settings.base_url + url_for("logout.ended"), state)
    except UpstreamError as error:
        log.warning("not logged out at HelseID", extra={"code": error.code})
        return make_response(render_template("signed_out.html", still_at_helseid=True))
    once.remember("logout", state, {"next": after}, portal.settings.lifetimes.login)
    return leave(url, gettext("Logger ut av HelseID"))


def _only(given: MultiDict[str, str], name: str) -> str:
    """A parameter that is given once; empty when it is missing, or given twice, which two readers read differently."""
    values = given.getlist(name)
    return values[0] if len(values) == 1 else ""


def _end(session: Session, sid: str | None, sub: str | None, channel: str) -> None:
    count = endings.of_sid(session, sid, sub, parts().now())
    if count:
        audit.record(session, act("logout", actor="helseid", basis=channel))
    log.info("logged out by HelseID", extra={"channel": channel, "sessions": count})
