"""The reporting portal as its user sees it: launched with a patient, a form, a receipt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from portal.demo.helseid_login import HelseIdLogin
from portal.demo.launch_client import LaunchClient
from portal.demo.standin import flask_app, now, token
from portal.demo.target import pdf
from portal.demo.target.context_call import ContextCall
from portal.demo.target.report import Document, Report
from portal.demo.target.writeback import Writeback
from portal.demo.visits import Visit, Visits
from portal.domain import authorization_response
from portal.domain.person_number import masked
from portal.errors import SignInError, UpstreamError

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response as WerkzeugResponse

    from portal.demo.launch_client import Begun
    from portal.demo.target.config import TargetConfig

TITLE = "Demomelding: kvittering for innsendt melding"


@dataclass
class TargetVisit(Visit):
    """A browser at the target: launches on their way by state, those without OAuth by a key, reports by trace id."""

    launches: dict[str, Begun] = field(default_factory=dict)
    handles: dict[str, str] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)


class Target:
    """The target's pages."""

    def __init__(self, config: TargetConfig) -> None:
        self.visits = Visits(TargetVisit)
        self.login = HelseIdLogin(config.helseid_client(), config.helseid, self.visits, {})
        self.client = LaunchClient(config.portal, config.registration, config.egress())
        self.context = ContextCall(config.portal, config.registration, config.egress())
        self.writeback = Writeback(config.portal, config.registration.key, config.egress())

    def routes(self) -> Blueprint:
        """The launch is open to every browser; what it leads to is behind the target's own login with HelseID."""
        pages = Blueprint("target", __name__)
        pages.add_url_rule("/launch", "launch", self.launch)
        pages.add_url_rule("/launch/callback", "callback", self.callback)
        pages.add_url_rule(
            "/launch/helseid", "launch_without_oauth", self.launch_without_oauth, methods=["GET", "POST"]
        )
        for rule, method, view in (
            ("/", "GET", self.front),
            ("/sso", "GET", self.sso),
            ("/launch/helseid/<key>", "GET", self.take_up),
            ("/meldinger/<trace_id>", "GET", self.form),
            ("/meldinger/<trace_id>", "POST", self.send),
            ("/meldinger/<trace_id>/kvittering", "GET", self.receipt),
            ("/meldinger/<trace_id>/kvittering.pdf", "GET", self.document),
        ):
            pages.add_url_rule(rule, view.__name__, self.login.required(view), methods=[method])
        return pages

    def launch(self) -> WerkzeugResponse:
        """Take the launch to the portal that this target trusts, and to no other."""
        launch = request.args.get("launch")
        if not launch or request.args.get("iss") != f"{self.client.issuer}/fhir":
            abort(400)
        begun = self.client.begin(launch)
        self.visits.current().launches[begun.state] = begun
        return redirect(begun.url, 303)

    def callback(self) -> WerkzeugResponse:
        """Redeem the code server to server, then log the person in with HelseID, silently if HelseID can."""
        visit = self.visits.current()
        begun = visit.launches.pop(request.args.get("state", ""), None) or abort(400)
        try:
            answer = authorization_response.read(list(request.args.items(multi=True)), issuer=self.client.issuer)
            launched = self.client.redeem(answer.proven_code(), begun.verifier)
        except (SignInError, UpstreamError):
            return self._failed("context_refused", launch=begun.launch)
        visit.reports[launched.trace_id] = Report(launched, document_id=str(uuid4()))
        return self.login.ask(url_for("target.form", trace_id=launched.trace_id), silent=True)

    def launch_without_oauth(self) -> WerkzeugResponse:
        """Take the launch, and log the person in with HelseID before anything is asked of the portal."""
        if request.values.get("iss") != f"{self.client.issuer}/fhir":
            abort(400)
        key = token()
        self.visits.current().handles[key] = request.values.get("launch", "")
        return self.login.ask(url_for("target.take_up", key=key), silent=True)

    def take_up(self, key: str) -> WerkzeugResponse:
        """Tell the portal who HelseID says is here, and get what the launch is about, once."""
        visit = self.visits.current()
        launch = visit.handles.pop(key, None) or abort(404)
        try:
            launched = self.context.take_up(launch, visit.user.sub if visit.user else "")
        except UpstreamError:
            return self._failed("context_refused", launch=launch)
        visit.reports[launched.trace_id] = Report(launched, document_id=str(uuid4()))
        return redirect(url_for("target.form", trace_id=launched.trace_id), 303)

    def front(self) -> str:
        """A page for whoever is logged in, without a patient."""
        return render_template("target/front.html", user=self.visits.current().user)

    def sso(self) -> str:
        """The deep link of a service without context: single sign-on with HelseID and nothing more."""
        return self.front()

    def form(self, trace_id: str) -> str:
        """The form, filled in with what the launch gave."""
        return render_template("target/form.html", report=self._report(trace_id), user=self.visits.current().user)

    def send(self, trace_id: str) -> WerkzeugResponse:
        """Make the PDF once, and put it into the journal if the launch gave the right to."""
        report = self._report(trace_id)
        report.document = report.document or _document(request.form.get("text", "").strip() or "Melding sendt.")
        if report.launched.writeback_token:
            self.writeback.put(report, report.document)
        return redirect(url_for("target.receipt", trace_id=trace_id), 303)

    def receipt(self, trace_id: str) -> str:
        """Where the document is."""
        report = self._report(trace_id)
        state = self.writeback.state(report) if report.launched.writeback_token else None
        return render_template("target/receipt.html", report=report, state=state, user=self.visits.current().user)

    def document(self, trace_id: str) -> Response:
        """The PDF as it was put."""
        document = self._report(trace_id).document or abort(404)
        return Response(document.pdf, mimetype="application/pdf")

    def _report(self, trace_id: str) -> Report:
        visit = self.visits.current()
        report = visit.reports.get(trace_id) or abort(404)
        if visit.user is None or not report.belongs_to(visit.user):
            # The portal launched for somebody else: nothing of the patient is shown, and the launch is over.
            del visit.reports[trace_id]
            abort(self._failed("other_person", trace_id=trace_id))
        return report

    def _failed(self, code: str, **named: str) -> WerkzeugResponse:
        """Tell the portal, and send the clinician to where it says what to do; one it does not know is nobody's."""
        try:
            return redirect(self.client.failed(code, **named), 303)
        except UpstreamError:
            abort(400)


def _document(text: str) -> Document:
    return Document(TITLE, text, pdf.write([TITLE, f"Sendt {now():%Y-%m-%d %H:%M:%S} UTC", "", text]))


def create(config: TargetConfig) -> Flask:
    """Return the target as an app."""
    app = flask_app(__name__, "target-demo")
    target = Target(config)
    app.jinja_env.globals.update({"masked": masked})
    app.register_blueprint(target.login.routes)
    app.register_blueprint(target.routes())
    return app
