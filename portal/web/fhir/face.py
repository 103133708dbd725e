"""Who a launch is about, as its target may read it in FHIR R4: its own patient and clinician, and nothing else."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Blueprint, request

from portal.domain import fhir_face, scopes
from portal.errors import NotFound, TokenRejected
from portal.store import audit, contexts, known_people, launches, registry
from portal.web.acts import act
from portal.web.fhir.answer import refused, sent
from portal.web.guards import grant, launch_access, public
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask import Response

    from portal.domain.client_registration import Client
    from portal.domain.context import Context
    from portal.domain.identity import Person
    from portal.domain.launch import Launch

blueprint = Blueprint("fhir", __name__, url_prefix="/fhir")

_FORMATS = frozenset({"json", "application/json", fhir_face.MIME})
_ACCEPTED = frozenset({"*/*", "application/*", "application/json", fhir_face.MIME})


@blueprint.before_request
def _negotiate() -> Response | None:
    """JSON is all that is spoken here."""
    return None if _takes_json() else refused(406, "not_acceptable", f"only {fhir_face.MIME}")


@blueprint.get("/metadata")
@public
def metadata() -> Response:
    """What the face can do, and where our authorization server is."""
    url = parts().settings.base_url
    response = sent(fhir_face.capability_statement(url, version("inngangsportalen")))
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/Patient/<resource_id>")
@launch_access
def patient(resource_id: str) -> Response:
    """The patient of the launch, by the id that its target was given."""
    launch, context, _ = _launched(scopes.PATIENT)
    if context is None or resource_id != launch.patient_id:
        raise NotFound("page_unknown")
    _note(launch, context, "patient")
    return sent(fhir_face.patient(resource_id, context.patient))


@blueprint.get("/Practitioner/<resource_id>")
@launch_access
def practitioner(resource_id: str) -> Response:
    """The clinician of the launch, by the id that `fhirUser` gives her at this client."""
    # What `fhirUser` names is read with it (SMART App Launch 2.2, scopes for identity data): Nav's app has no other.
    launch, context, client = _launched(scopes.PRACTITIONER | {scopes.FHIR_USER})
    who = context.practitioner if context else _known(launch)
    if who is None or resource_id != parts().keyring.practitioner(grant().client_id, launch.sub):
        raise NotFound("page_unknown")
    _note(launch, context, "practitioner")
    return sent(fhir_face.practitioner(resource_id, who.name, who.hpr_number if "hpr" in client.release else None))


def _takes_json() -> bool:
    """Whether it will do for whoever asks; `_format` goes before `Accept` (FHIR R4, RESTful API: content types)."""
    wanted = request.args.get("_format")
    if wanted is not None:
        # A plus that was not escaped arrives as a space.
        return wanted.replace(" ", "+") in _FORMATS
    accepted = {value.partition(";")[0] for value, quality in request.accept_mimetypes if quality}
    return not accepted or not accepted.isdisjoint(_ACCEPTED)


def _launched(readable: frozenset[str]) -> tuple[Launch, Context | None, Client]:
    """The launch behind the token, its context if it has one, and whose it is.

    Raises TokenRejected when the token, or by now the client's registration, has none of these scopes; NotFound when
    the context has ended.
    """
    portal, token = parts(), grant()
    with portal.database.read() as session:
        client = registry.client(session, token.client_id)
        launch = launches.find(session, token.launch_id)
        context = contexts.find(session, portal.vault, launch.context_id) if launch else None
    if client is None or not readable & scopes.allowed(client) & set(token.scope.split()):
        raise TokenRejected("insufficient_scope", min(readable))
    if launch is None or (launch.context_id and (context is None or not context.is_live(portal.now()))):
        raise NotFound("page_unknown")
    return launch, context, client


def _known(launch: Launch) -> Person | None:
    """Whose launch it is where no context tells it, by HPR number alone: names are not kept beyond the login."""
    portal = parts()
    with portal.database.read() as session:
        since = portal.now() - portal.settings.lifetimes.session
        known = known_people.find(session, portal.vault, launch.sub, since)
    return known.person if known else None


def _note(launch: Launch, context: Context | None, what: str) -> None:
    portal, actor, subject = parts(), f"client {launch.client_id}", f"launch {launch.id}"
    event = act("fhir_read", what, actor=actor, subject=subject, basis=f"person {launch.sub}", context=context)
    with portal.database.write() as session:
        audit.record(session, event)
