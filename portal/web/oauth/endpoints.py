"""PAR, authorize, token: the three stops of a launch (RFC 9126, RFC 6749, RFC 9449)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, jsonify, redirect, request
from flask_login import current_user

from portal.domain.bodies import ParResponse
from portal.errors import LaunchRejected, OAuthError, PortalError
from portal.store import audit, contexts, launches
from portal.web import once
from portal.web.acts import act
from portal.web.errors import as_oauth
from portal.web.guards import login, public, target_client
from portal.web.oauth.client import METHOD
from portal.web.oauth.request import FormRequest, posted, singles
from portal.web.oauth.server import SERVER, plain_refusals
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.context import Context
    from portal.domain.launch import Launch
    from portal.web.oauth.grant import LaunchGrant

blueprint = Blueprint("oauth", __name__, url_prefix="/oauth")
_URN = "urn:ietf:params:oauth:request_uri:"


@blueprint.post("/par")
@target_client
def par() -> ResponseReturnValue:
    """Check a whole authorization request before any browser sees it."""
    portal, pushed = parts(), posted()
    with plain_refusals():
        client = SERVER.authenticate_client(pushed, [METHOD], "par")
        _check(pushed, client.registered.redirect_uris)
        _grant(pushed)
    form = {name: value for name, value in pushed.form.items() if not name.startswith("client_assertion")}
    form["scope"] = " ".join(sorted(set(form["scope"].split())))
    reference, life = portal.token(), portal.settings.lifetimes.request_uri
    once.remember("request_uri", reference, form, life, client=client.get_client_id())
    return jsonify(ParResponse(request_uri=_URN + reference, expires_in=int(life.total_seconds())).model_dump()), 201


@blueprint.get("/authorize")
@public
def authorize() -> ResponseReturnValue:
    """Hand the target a code, if this browser is the one that the launch began in."""
    query = singles(list(request.args.items(multi=True)))
    client_id, reference = query.get("client_id", ""), query.get("request_uri", "").removeprefix(_URN)
    pushed = _pushed(client_id, reference)
    try:
        code = _code(pushed, client_id, reference)
    except PortalError as error:
        said = as_oauth(error)
        return _back(pushed, {"error": said.code, "error_description": said.detail})
    return _back(pushed, {"code": code})


@blueprint.post("/token")
@target_client
def token() -> ResponseReturnValue:
    """Give the context to the target's server, once."""
    if request.form.get("grant_type") != "authorization_code":
        raise OAuthError("unsupported_grant_type")
    with plain_refusals():
        return SERVER.create_token_response()  # type: ignore[no-any-return]  # authlib is untyped


def _code(pushed: FormRequest, client_id: str, reference: str) -> str:
    with plain_refusals():
        grant = _grant(pushed)
    pushed.user = _launch(pushed, client_id)
    _spend_request_uri(client_id, reference)
    code = grant.generate_authorization_code()
    grant.save_authorization_code(code, pushed)
    return code


def _check(pushed: FormRequest, redirect_uris: tuple[str, ...]) -> None:
    form = pushed.form
    if "request_uri" in form or "request" in form:
        raise OAuthError("invalid_request", "request_uri and request have no place here (RFC 9126 §2.1)")
    if form.get("response_type") != "code":
        raise OAuthError("unsupported_response_type")
    if form.get("redirect_uri") not in redirect_uris:
        raise OAuthError("invalid_request", "redirect_uri is not registered")
    if form.get("aud") != parts().settings.fhir_issuer:
        raise OAuthError("invalid_request", "aud must be the iss of the launch (SMART App Launch 2.2)")
    if not form.get("launch"):
        raise OAuthError("invalid_request", "launch is missing")


def _grant(pushed: FormRequest) -> LaunchGrant:
    grant: LaunchGrant = SERVER.get_authorization_grant(pushed)
    grant.validate_authorization_request()
    return grant


def _pushed(client_id: str, reference: str) -> FormRequest:
    """A pushed request is loaded as often as a browser likes, and spent when its code is made (FAPI 2.0 §5.3.2.2).

    Until here nothing goes to any redirect URI: the client must still be enabled for that.
    """
    form = once.look("request_uri", reference, client=client_id)
    if form is None or SERVER.query_client(client_id) is None:
        raise LaunchRejected("request_uri_unknown")
    return FormRequest("GET", form)


def _spend_request_uri(client_id: str, reference: str) -> None:
    if once.spend("request_uri", reference, client=client_id) is None:
        raise OAuthError("invalid_request", "request_uri was used")


def _launch(pushed: FormRequest, client_id: str) -> Launch:
    """The launch that the handle stands for: for this client, this person and this browser session; then spent.

    Another person's attempt burns it; the same person's in another browser does not.
    """
    if not current_user.is_authenticated:
        raise OAuthError("login_required")
    handle, portal = pushed.form["launch"], parts()
    with portal.database.read() as session:
        launch = launches.find(session, once.look("launch", handle, client=client_id) or "")
        context = contexts.find(session, portal.vault, launch.context_id) if launch and launch.context_id else None
    if launch and launch.sub != login().person.sub:
        once.spend("launch", handle, client=client_id)
        _note_other_person(launch, context)
        raise OAuthError("access_denied", "the launch was made for another person")
    if launch and launch.session_hash != login().key_hash:
        raise OAuthError("login_required", "the launch began in another session")
    if launch is None or once.spend("launch", handle, client=client_id) is None:
        raise OAuthError("invalid_request", "launch is unknown, used or too old")
    return launch


def _note_other_person(launch: Launch, context: Context | None) -> None:
    actor, subject, basis = f"person {login().person.sub}", f"launch {launch.id}", f"client {launch.client_id}"
    with parts().database.write() as session:
        event = act("launch_authorized", "other_person", actor=actor, subject=subject, basis=basis, context=context)
        audit.record(session, event)


def _back(pushed: FormRequest, parameters: dict[str, str]) -> ResponseReturnValue:
    """303 to the registered address, with `iss` also on errors (RFC 9207 §2)."""
    known = {"state": pushed.form.get("state", ""), "iss": parts().settings.base_url}
    query = urlencode({name: value for name, value in (parameters | known).items() if value})
    separator = "&" if "?" in pushed.form["redirect_uri"] else "?"
    return redirect(f"{pushed.form['redirect_uri']}{separator}{query}", 303)
