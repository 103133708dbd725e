"""An owner registers a target alone, or changes it; in force at once, without a second person, in a sandbox alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for

from portal.errors import NotAllowed, RequestRejected
from portal.store import audit, registry, sandbox_targets
from portal.store.registry import ENABLED
from portal.web.acts import act
from portal.web.guards import public
from portal.web.parts import parts
from portal.web.protection import cross_origin
from portal.web.sandbox.target import manage, registration
from portal.web.sandbox.target.page import managed, page
from portal.web.sandbox.target.registration import Unreadable

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

    from portal.domain.client_registration import Client
    from portal.store.database import Session

blueprint = Blueprint("owners", __name__, url_prefix="/mal")


@blueprint.get("/")
@public
def every() -> Response:
    """The targets that are in force here, and the form for one more."""
    return _page(registration.EXAMPLE, [])


@blueprint.post("/")
@cross_origin
@public
def register() -> ResponseReturnValue:
    """Put a new target in force, and show its secret this once; a form must be our own page's, JSON anybody's."""
    _demand_own_form()
    text, portal = registration.written(), parts()
    try:
        client, secret = registration.read_new(text), portal.token()
        with portal.database.write() as session:
            sandbox_targets.register(session, client, secret, portal.now())
            _note(session, client, "client_registered")
    except (Unreadable, RequestRejected) as refused:
        return _refused(text, refused)
    return _registered(client, secret), 201


@blueprint.post("/<client_id>")
@public
@managed
def change(client_id: str) -> ResponseReturnValue:
    """Put another registration of the same target in force at once."""
    try:
        client = registration.read_change(registration.written(), client_id)
    except Unreadable as refused:
        return page(client_id, faults=refused.faults, written=registration.written()), 422
    with parts().database.write() as session:
        sandbox_targets.change(session, client)
        _note(session, client, "client_changed")
    return redirect(url_for("sandbox.target.show", client_id=client_id), 303)


def _demand_own_form() -> None:
    # A browser sends no JSON to a page of another origin than its own without asking first (Fetch, CORS preflight).
    if not request.is_json and request.headers.get("Origin") != parts().settings.base_url:
        raise NotAllowed("foreign_origin")


def _registered(client: Client, secret: str) -> Response:
    settings = parts().settings
    told = {
        "client_id": client.client_id,
        "secret": secret,
        "issuer": settings.base_url,
        "iss": settings.fhir_issuer,
        "page": settings.base_url + url_for("sandbox.target.show", client_id=client.client_id),
    }
    if request.is_json:
        return jsonify(told)
    response = make_response(render_template("target_registered.html", **told))
    manage.let_in(response, client.client_id)
    return response


def _refused(text: str, refused: Unreadable | RequestRejected) -> ResponseReturnValue:
    faults = refused.faults if isinstance(refused, Unreadable) else [refused.detail]
    return (jsonify(faults=faults) if request.is_json else _page(text, faults)), 422


def _page(text: str, faults: list[str]) -> Response:
    portal = parts()
    with portal.database.write() as session:
        sandbox_targets.forget_unused(session, portal.now())
        ids = [one.id for one in registry.list_clients(session) if one.state == ENABLED]
        targets = [found for client_id in ids if (found := registry.client(session, client_id))]
    return make_response(render_template("targets.html", targets=targets, written=text, faults=faults))


def _note(session: Session, client: Client, action: str) -> None:
    subject = f"client {client.client_id}"
    audit.record(session, act(action, actor=subject, subject=subject, basis="sandbox self-registration"))
