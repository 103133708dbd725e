"""The journal system as its user sees it: patients, "open in the portal", and what came back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from portal.demo.bound_api import BoundApi
from portal.demo.epj import receiver
from portal.demo.epj.config import EpjConfig, Patient, Reply
from portal.demo.epj.mailbox import Mailbox
from portal.demo.epj.portal_sessions import PortalSessions
from portal.demo.epj.smart import launch
from portal.demo.epj.smart.documents import Cabinet, Fault
from portal.demo.epj.smart.portal_keys import PortalKeys
from portal.demo.epj.smart.routes import routes as smart_routes
from portal.demo.epj.smart.server import Server
from portal.demo.epj.visit import JournalVisit, Opened
from portal.demo.helseid_login import SCOPE, HelseIdLogin
from portal.demo.standin import flask_app, now
from portal.demo.visits import Visits
from portal.domain.norwegian_time import OSLO
from portal.domain.person_number import masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.wrappers import Response as WerkzeugResponse


class Journal:
    """The journal's pages."""

    def __init__(self, config: EpjConfig, clock: Callable[[], datetime] = now) -> None:
        self.config = config
        self.visits = Visits(JournalVisit)
        resource = {"resource": config.audience, "scope": f"{SCOPE} offline_access {config.scope}"}
        self.login = HelseIdLogin(config.helseid_client(), config.helseid, self.visits, resource)
        self.portal = PortalSessions(config, BoundApi(config.key, config.egress()))
        portal_keys = PortalKeys(f"{config.portal}/.well-known/jwks.json", config.egress(), clock)
        self.cabinet = Cabinet()
        self.smart = Server(config, self.visits, portal_keys, clock, self.cabinet)
        self.mailbox = Mailbox(config.folder, timedelta(seconds=config.late))
        self.replies = {patient.id: Reply.OK for patient in config.patients}

    def routes(self) -> Blueprint:
        """Every page of the journal, behind its own login with HelseID."""
        pages = Blueprint("journal", __name__)
        for rule, method, view in (
            ("/", "GET", self.front),
            ("/pasienter/<patient_id>/portal", "POST", self.open_portal),
            ("/pasienter/<patient_id>/smart", "POST", self.open_smart),
            ("/pasienter/<patient_id>/apprec", "POST", self.choose_reply),
            ("/dokumenter", "POST", self.choose_fault),
            ("/portal/<session_id>/forny", "POST", self.refresh),
            ("/portal/<session_id>/lukk", "POST", self.close),
            ("/journal/<msg_id>.pdf", "GET", self.pdf),
            ("/journal/dokument/<own_id>.pdf", "GET", self.filed_pdf),
        ):
            pages.add_url_rule(rule, view.__name__, self.login.required(view), methods=[method])
        pages.add_url_rule("/ut", "sign_out", self.sign_out, methods=["POST"])
        return pages

    def reply_for(self, patient_number: str) -> Reply:
        """How the next message about this patient is answered; an unknown patient's is rejected."""
        known = {patient.number: self.replies[patient.id] for patient in self.config.patients}
        return known.get(patient_number, Reply.REJECTED)

    def front(self) -> str:
        """Patients, each with open contexts and received messages."""
        return render_template("epj/front.html", journal=self, visit=self.visits.current(), Reply=Reply, Fault=Fault)

    def open_portal(self, patient_id: str) -> str:
        """Door A: open the patient at the portal and show the form that carries the browser there."""
        patient = self._patient(patient_id)
        access_token = self.login.access_token(self.config.audience)
        over = self.portal.create(access_token, patient, request.form.get("service") or None)
        self.visits.current().open[over.session_id] = Opened(patient, now())
        fields = {"code": over.code, "ehr_code_verifier": over.verifier}
        return render_template("epj/hand_over.html", address=over.start_url, method="post", fields=fields)

    def open_smart(self, patient_id: str) -> str:
        """Door B: show the form that carries the browser to a SMART launch; `?method=post` has it carried by POST."""
        fields = launch.begin(self.smart, self._patient(patient_id))
        method = "post" if request.args.get("method") == "post" else "get"
        return render_template(
            "epj/hand_over.html", address=f"{self.config.portal}/launch", method=method, fields=fields
        )

    def choose_reply(self, patient_id: str) -> WerkzeugResponse:
        """Choose the AppRec that the next message about this patient gets."""
        self.replies[self._patient(patient_id).id] = Reply(request.form["reply"])
        return redirect(url_for("journal.front"), 303)

    def choose_fault(self) -> WerkzeugResponse:
        """Choose what goes wrong with documents that come by FHIR."""
        self.cabinet.fault = Fault(request.form["fault"])
        return redirect(url_for("journal.front"), 303)

    def refresh(self, session_id: str) -> WerkzeugResponse:
        """Tell the portal that the patient is still open."""
        self.portal.refresh(self.login.access_token(self.config.audience), session_id)
        return redirect(url_for("journal.front"), 303)

    def close(self, session_id: str) -> WerkzeugResponse:
        """Tell the portal that the patient was closed."""
        self.visits.current().open.pop(session_id, None)
        self.portal.end(self.login.access_token(self.config.audience), session_id)
        return redirect(url_for("journal.front"), 303)

    def pdf(self, msg_id: str) -> Response:
        """The PDF of a message, byte for byte as it came."""
        entry = self.mailbox.received.get(msg_id) or abort(404)
        return Response(entry.note.pdf, mimetype="application/pdf")

    def filed_pdf(self, own_id: str) -> Response:
        """The PDF of a document that was filed by FHIR."""
        filed = self.cabinet.filed.get(own_id) or abort(404)
        return Response(filed.document.pdf, mimetype="application/pdf")

    def sign_out(self) -> WerkzeugResponse:
        """End the visit, and the HelseID session with it."""
        return redirect(self.login.end_session_url(), 303)

    def _patient(self, patient_id: str) -> Patient:
        return next((patient for patient in self.config.patients if patient.id == patient_id), None) or abort(404)


def create(config: EpjConfig) -> Flask:
    """Return the journal system as an app."""
    return app_of(Journal(config))


def app_of(journal: Journal) -> Flask:
    """Return a journal as an app."""
    app = flask_app(__name__, "epj-demo")
    helpers: dict[str, Any] = {"masked": masked, "written": _written}
    app.jinja_env.globals.update(helpers)
    app.register_blueprint(journal.login.routes)
    app.register_blueprint(journal.routes())
    app.register_blueprint(receiver.routes(journal.mailbox, journal.reply_for))
    app.register_blueprint(smart_routes(journal.smart))
    return app


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(OSLO):%d.%m.%Y kl. %H.%M}"
