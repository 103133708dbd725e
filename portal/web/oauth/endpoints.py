"""PAR, authorize, token: the three stops of a launch (RFC 9126, RFC 6749, RFC 9449)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, jsonify, redirect, request
from flask_login import current_user

from portal.domain.audit import AuditEvent
from portal.domain.bodies import ParResponse
from portal.errors import LaunchRejected, OAuthError
from portal.store import audit, launches, one_time
from portal.web.guards import login, public, target_client
from portal.web.oauth.client import METHOD
from portal.web.oauth.request import FormRequest, once, posted
from portal.web.oauth.server import SERVER, plain_refusals
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

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
    reference, until = portal.token(), portal.now() + portal.settings.lifetimes.request_uri
    sealed = portal.vault.seal(form, "request_uri")
    with portal.database.write() as session:
        one_time.put(
            session,
            "request_uri",
            reference,
            client=client.get_client_id(),
            payload=sealed,
            expires_at=until,
            keep_until=until,
        )
    life = int(portal.settings.lifetimes.request_uri.total_seconds())
    return jsonify(ParResponse(request_uri=_URN + reference, expires_in=life).model_dump()), 201


@blueprint.get("/authorize")
@public
def authorize() -> ResponseReturnValue:
    """Hand the target a code, if this browser is the one that the launch began in."""
    query = once(list(request.args.items(multi=True)))
    client_id, reference = query.get("client_id", ""), query.get("request_uri", "").removeprefix(_URN)
    pushed = _pushed(client_id, reference)
    try:
        with plain_refusals():
            grant = _grant(pushed)
        launch = _launch(pushed, client_id)
        _spend_request_uri(client_id, reference)
        pushed.user = launch
        code = grant.generate_authorization_code()
        grant.save_authorization_code(code, pushed)
    except OAuthError as error:
        return _back(pushed, {"error": error.code, "error_description": error.detail})
    return _back(pushed, {"code": code})


@blueprint.post("/token")
@target_client
def token() -> ResponseReturnValue:
    """Give the context to the target's server, once."""
    if request.form.get("grant_type") != "authorization_code":
        raise OAuthError("unsupported_grant_type")
    with plain_refusals():
        return SERVER.create_token_response()  # type: ignore[no-any-return]  # authlib is untyped


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
    """A pushed request is loaded as often as a browser likes, and spent when its code is made (FAPI 2.0 §5.3.2.2)."""
    portal = parts()
    with portal.database.read() as session:
        sealed = one_time.peek(session, "request_uri", reference, client=client_id, now=portal.now())
    form = portal.vault.open(sealed, "request_uri") if sealed else None
    if form is None:
        raise LaunchRejected("request_uri_unknown")
    return FormRequest("GET", form)


def _spend_request_uri(client_id: str, reference: str) -> None:
    portal = parts()
    with portal.database.write() as session:
        if one_time.spend(session, "request_uri", reference, client=client_id, now=portal.now()) is None:
            raise OAuthError("invalid_request", "request_uri was used")


def _launch(pushed: FormRequest, client_id: str) -> Launch:
    """The launch that the handle stands for, spent: bound to this client, this person and this browser session."""
    portal, handle = parts(), pushed.form["launch"]
    if not current_user.is_authenticated:
        raise OAuthError("login_required")
    with portal.database.write() as session:
        sealed = one_time.spend(session, "launch", handle, client=client_id, now=portal.now())
    if sealed is None:
        raise OAuthError("invalid_request", "launch is unknown, used or too old")
    with portal.database.read() as session:
        launch = launches.find(session, portal.vault.open(sealed, "launch") or "")
    if launch is None:
        raise OAuthError("invalid_request", "launch is unknown")
    if launch.sub != login().person.sub:
        _note_other_person(launch)
        raise OAuthError("access_denied", "the launch was made for another person")
    if launch.session_hash != login().key_hash:
        raise OAuthError("login_required", "the launch began in another session")
    return launch


def _note_other_person(launch: Launch) -> None:
    portal = parts()
    event = AuditEvent(portal.now(), "launch_authorized", "other_person", login().person.sub, subject=launch.id)
    with portal.database.write() as session:
        audit.record(session, event)


def _back(pushed: FormRequest, parameters: dict[str, str]) -> ResponseReturnValue:
    """303 to the registered address, with `iss` also on errors (RFC 9207 §2)."""
    known = {"state": pushed.form.get("state", ""), "iss": parts().settings.base_url}
    query = urlencode({name: value for name, value in (parameters | known).items() if value})
    separator = "&" if "?" in pushed.form["redirect_uri"] else "?"
    return redirect(f"{pushed.form['redirect_uri']}{separator}{query}", 303)
