"""The sandbox's pages, for vendors of journal systems first: how it goes, faults to order, and starting over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, render_template, request, url_for

from portal.domain.conformance.cases import ORDERED, judge
from portal.domain.conformance.observed import Fault
from portal.errors import NotFound, RequestRejected
from portal.store import observations, registry
from portal.store.registry import ENABLED
from portal.web.guards import public
from portal.web.parts import parts
from portal.web.sandbox import faults
from portal.web.sandbox.report import as_json, report_of, wants_json, when
from portal.web.sandbox.target import owners
from portal.web.sandbox.target import page as target
from portal.web.sandbox.target.start import OWN

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.registration import Epj

blueprint = Blueprint("sandbox", __name__, url_prefix="/sandkasse")
for area in (target, owners):
    blueprint.register_blueprint(area.blueprint)


@blueprint.before_request
def _only_here() -> None:
    if not parts().settings.watches_epjs:
        raise NotFound("page_unknown")


@blueprint.get("/")
@public
def every() -> str:
    """The journal systems that are in force here, besides the sandbox's own."""
    with parts().database.read() as session:
        ids = [entry.id for entry in registry.list_epjs(session) if entry.state == ENABLED and entry.id != OWN.id]
        epjs = [found for epj_id in ids if (found := registry.epj(session, epj_id))]
    return render_template("sandbox.html", epjs=epjs)


@blueprint.get("/epj/<epj_id>")
@public
def show(epj_id: str) -> ResponseReturnValue:
    """How a journal system has done since somebody started over, as a page or as JSON."""
    portal, registered = parts(), _registered(epj_id)
    with portal.database.read() as session:
        seen = observations.of_epj(session, epj_id)
    report = report_of(judge(seen, registered), portal.now(), epj=epj_id)
    if wants_json():
        return Response(as_json(report), mimetype="application/json")
    at = url_for("sandbox.show", epj_id=epj_id)
    known = {"at": at, "ordered": ORDERED, "waiting": faults.waiting(epj_id), "when": when(report.at)}
    return render_template("conformance.html", registered=registered, report=report, **known)


@blueprint.post("/epj/<epj_id>/feil")
@public
def order(epj_id: str) -> ResponseReturnValue:
    """Order a fault for the next call that it fits."""
    _registered(epj_id)
    try:
        fault = Fault(request.form.get("fault", ""))
    except ValueError:
        raise RequestRejected("bad_request", "fault") from None
    faults.order(epj_id, fault)
    return redirect(url_for("sandbox.show", epj_id=epj_id), 303)


@blueprint.post("/epj/<epj_id>/forfra")
@public
def start_over(epj_id: str) -> ResponseReturnValue:
    """Forget what was seen."""
    _registered(epj_id)
    with parts().database.write() as session:
        observations.forget(session, epj_id)
    return redirect(url_for("sandbox.show", epj_id=epj_id), 303)


def _registered(epj_id: str) -> Epj:
    with parts().database.read() as session:
        registered = registry.epj(session, epj_id)
    if registered is None:
        raise NotFound("page_unknown")
    return registered
