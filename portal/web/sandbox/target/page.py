"""The sandbox's page of one target: launches, faults to order, what is declared, and how it goes."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from portal.domain.conformance.target.cases import DECLARED, ORDERED, judge
from portal.domain.conformance.target.observed import Facts, Fault
from portal.errors import NotFound, RequestRejected
from portal.store import registry, sandbox_targets, target_observations
from portal.web import language
from portal.web.guards import public, signed_in
from portal.web.leaving import leave
from portal.web.parts import parts
from portal.web.sandbox.report import as_json, report_of, wants_json, when
from portal.web.sandbox.target import faults, manage
from portal.web.sandbox.target.start import PATIENTS, begin

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from portal.domain.client_registration import Client

blueprint = Blueprint("target", __name__, url_prefix="/mal")


def managed(view: Callable[[str], ResponseReturnValue]) -> Callable[[str], ResponseReturnValue]:
    """Let nobody but the owner in; anybody else is asked for the secret."""

    @wraps(view)
    def guarded(client_id: str) -> ResponseReturnValue:
        registered(client_id)
        return view(client_id) if manage.may(client_id) else (page(client_id, asked=True), 403)

    return guarded


@blueprint.get("/<client_id>")
@public
def show(client_id: str) -> ResponseReturnValue:
    """How a target has done since somebody started over, as a page or as JSON."""
    return page(client_id)


@blueprint.post("/<client_id>/start")
@signed_in
def launch(client_id: str) -> ResponseReturnValue:
    """Launch the target for the synthetic patient that was chosen, and whoever is logged in."""
    service, onwards = begin(registered(client_id))
    title = service.title.in_language(language.current())
    return leave(onwards.url, gettext("Åpner %(title)s", title=title), onwards.fields)


@blueprint.post("/<client_id>/eier")
@public
def let_in(client_id: str) -> ResponseReturnValue:
    """Know the browser of whoever knows the secret."""
    registered(client_id)
    with parts().database.read() as session:
        right = sandbox_targets.is_secret(session, client_id, request.form.get("secret", ""))
    if not right:
        return page(client_id, asked=True), 403
    response = _back(client_id)
    manage.let_in(response, client_id)
    return response


@blueprint.post("/<client_id>/feil")
@public
@managed
def order(client_id: str) -> ResponseReturnValue:
    """Order a fault for the next launch that it fits."""
    try:
        fault = Fault(request.form.get("fault", ""))
    except ValueError:
        raise RequestRejected("bad_request", "fault") from None
    faults.order(client_id, fault)
    return _back(client_id)


@blueprint.post("/<client_id>/erklaering")
@public
@managed
def declare(client_id: str) -> ResponseReturnValue:
    """Take the owner's word for what cannot be seen from here."""
    case = next((case for case in DECLARED if case == request.form.get("case")), None)
    if case is None:
        raise RequestRejected("bad_request", "case")
    portal = parts()
    with portal.database.write() as session:
        target_observations.note(session, client_id, "declared", Facts(case=case), portal.now())
    return _back(client_id)


@blueprint.post("/<client_id>/forfra")
@public
@managed
def start_over(client_id: str) -> ResponseReturnValue:
    """Forget what was seen."""
    with parts().database.write() as session:
        target_observations.forget(session, client_id)
    return _back(client_id)


def registered(client_id: str) -> Client:
    """The target, while it is in force; raises NotFound."""
    with parts().database.read() as session:
        found = registry.client(session, client_id)
    if found is None:
        raise NotFound("page_unknown")
    return found


def page(client_id: str, **more: object) -> Response:
    """How the target has done; with `asked` it asks for the secret, with `faults` it says what was wrong."""
    portal, client = parts(), registered(client_id)
    with portal.database.read() as session:
        seen = target_observations.of_target(session, client_id)
        protected = sandbox_targets.is_protected(session, client_id)
    report = report_of(judge(seen, client), portal.now(), target=client_id)
    if wants_json():
        return Response(as_json(report), mimetype="application/json")
    known = {
        "at": url_for("sandbox.target.show", client_id=client_id),
        "registered": client,
        "report": report,
        "when": when(report.at),
        "ordered": ORDERED,
        "declared": DECLARED,
        "waiting": faults.waiting(client_id),
        "protected": protected,
        "mine": manage.may(client_id),
        "patients": {name: patient.name for name, patient in PATIENTS.items()},
        "issuer": portal.settings.base_url,
        "written": client.model_dump_json(indent=2, exclude={"service"}, exclude_defaults=True),
    }
    return make_response(render_template("target.html", **known | more))


def _back(client_id: str) -> Response:
    response: Response = make_response(redirect(url_for("sandbox.target.show", client_id=client_id), 303))
    return response
