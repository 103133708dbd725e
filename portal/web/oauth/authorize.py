"""Authorize: the clinician's browser brings a launch back, and goes on to the target with a code."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user

from portal.domain import authorization_request
from portal.errors import LaunchRejected, OAuthError, PortalError
from portal.web import banner, language, launching
from portal.web.errors import as_oauth, unforeseen
from portal.web.guards import login, public, signed_in
from portal.web.leaving import leave
from portal.web.oauth import codes, launched, pushed
from portal.web.oauth.client import query
from portal.web.oauth.request import singles
from portal.web.parts import parts
from portal.web.protection import cross_origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from portal.domain.client_registration import Client
    from portal.web.oauth.launched import Launched
    from portal.web.oauth.pushed import Pushed

log = logging.getLogger(__name__)
blueprint = Blueprint("authorize", __name__, url_prefix="/oauth")


@blueprint.route("/authorize", methods=["GET", "POST"])
@public
@cross_origin
def authorize() -> ResponseReturnValue:
    """Hand the target a code, if this browser is the one that the launch began in; else park it and ask.

    Cookies do not come with another site's POST, and plain parameters (classic) do not stay in the address: both are
    kept here first, and the browser comes back by GET with `client_id` and `request_uri` alone.
    """
    asked = singles(list((request.args if request.method == "GET" else request.form).items(multi=True)))
    if "request_uri" not in asked:
        return _kept_first(asked)
    waiting = pushed.find(asked.get("client_id", ""), asked["request_uri"])
    if request.method == "POST":
        return redirect(waiting.address, 303)
    try:
        return _go_on(waiting)
    except Exception as error:  # noqa: BLE001  the target hears of it, whatever it is (RFC 6749 §4.1.2.1)
        return redirect(_refusal(waiting, error), 303)


@blueprint.post("/confirm")
@signed_in
def confirm() -> ResponseReturnValue:
    """Go on with what was parked, now that the clinician has seen whom it is for; or tell the target no."""
    said = singles(list(request.form.items(multi=True)))
    waiting = pushed.find(said.get("client_id", ""), said.get("request_uri", ""))
    try:
        onwards = _confirmed(waiting, declined="declined" in said)
    except Exception as error:  # noqa: BLE001  as above
        onwards = _refusal(waiting, error)
    return leave(onwards, gettext("Går videre"))


def _kept_first(asked: Mapping[str, str]) -> ResponseReturnValue:
    """Plain parameters, as the classic profile has them; until the address is known to be the client's, a page."""
    client = query(asked.get("client_id", ""))
    if client is None:
        raise LaunchRejected("client_unknown")
    try:
        redirect_uri = authorization_request.check_redirect_uri(asked, client.registered)
    except OAuthError as error:
        raise LaunchRejected("client_unknown", error.detail) from error
    try:
        return redirect(_kept(asked, client.registered).address, 303)
    except OAuthError as error:
        # Nothing was kept, but the address is the client's own.
        told = {"redirect_uri": redirect_uri, "state": asked.get("state", "")}
        return redirect(_refusal(pushed.Pushed(client.registered, "", told, parts().now()), error), 303)


def _kept(asked: Mapping[str, str], client: Client) -> Pushed:
    if client.is_strict:
        raise OAuthError("invalid_request", "request_uri is missing: push the request first (RFC 9126)")
    return pushed.keep(client, authorization_request.check(asked, client, parts().settings.fhir_issuer))


def _go_on(waiting: Pushed) -> ResponseReturnValue:
    prompt = waiting.form.get("prompt", "").split()
    if not current_user.is_authenticated and "none" not in prompt:
        # An EPJ that opens windows elsewhere, or a session that is over: log in first, and come back here.
        _park(waiting)
        return redirect(url_for("auth.begin", next=waiting.address), 303)
    if not current_user.is_authenticated or "login" in prompt or launched.is_too_old_a_login(waiting):
        raise OAuthError("login_required")
    begun = launched.of(waiting)
    if begun.launch.session_hash == login().key_hash:
        return redirect(waiting.answer({"code": _code(waiting, begun)}), 303)
    if "none" in prompt:
        raise OAuthError("interaction_required", "the launch began in another session")
    _park(waiting)
    return _ask(waiting, begun)


def _park(waiting: Pushed) -> None:
    """Let the launch and its request wait; raises OAuthError for a launch that is not in time."""
    launched.park(waiting)
    pushed.park(waiting)


def _ask(waiting: Pushed, begun: Launched) -> ResponseReturnValue:
    service = launched.service(begun)
    handover = parts().shelf.stock().handover(service)
    return render_template(
        "parked.html",
        title=service.title.in_language(language.current()),
        banner=banner.of(begun.context) if begun.context else None,
        initials=begun.context.patient.initials if begun.context else "",
        sent=launching.sent_along(handover),
        client_id=waiting.client.client_id,
        request_uri=waiting.request_uri,
    )


def _confirmed(waiting: Pushed, *, declined: bool) -> str:
    begun = launched.of(waiting)
    if declined:
        launched.decline(waiting, begun)
        raise OAuthError("access_denied", "the clinician said no")
    launched.service(begun)
    launched.take(begun)
    return waiting.answer({"code": _code(waiting, begun)})


def _code(waiting: Pushed, begun: Launched) -> str:
    """Both are used up with the code, or neither is and there is none."""
    with parts().database.write() as session:
        launched.spend(session, waiting, begun)
        pushed.spend(session, waiting)
        return codes.issue(session, waiting, begun.launch)


def _refusal(waiting: Pushed, error: Exception) -> str:
    said = as_oauth(error if isinstance(error, PortalError) else unforeseen(error))
    log.info("refused", extra={"code": said.code, "rule": said.detail, "endpoint": request.endpoint})
    return waiting.answer({"error": said.code, "error_description": said.detail})
