"""A launch from the sandbox itself, which is the journal system here: a synthetic patient, for whoever clicks."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import request

from portal.domain.conformance.target.observed import Fault
from portal.domain.context import Patient, ReplyTo
from portal.domain.epj_session import EpjSession
from portal.domain.identity import Organisation
from portal.domain.oids import DNR, FNR
from portal.domain.registration import Epj
from portal.errors import RequestRejected
from portal.store import contexts, registry
from portal.web import launching, offers, opening
from portal.web.guards import login
from portal.web.opening import Opened
from portal.web.parts import parts
from portal.web.sandbox.target import faults

if TYPE_CHECKING:
    from portal.domain.catalogue import Service
    from portal.domain.client_registration import Client
    from portal.domain.context import Context
    from portal.web.launching import Onwards

OWN = Epj(id="sandkasse", name="Sandkassen", helseid_client_ids=("sandkassens-egen",))
"""The journal system of these launches; it has no client at HelseID, and takes no messages."""
PATIENTS = {
    "solvi": Patient("31817541278", FNR, "Fjellrev", "Sølvi", date(1975, 1, 31)),
    "trygve": Patient("14924831872", FNR, "Havørn", "Trygve", date(1948, 12, 14)),
    "ingeborg": Patient("45830364157", DNR, "Røyskatt", "Ingeborg", date(2003, 3, 5)),
}
"""In Tenor's manner (month + 80): nobody has these numbers."""


def begin(client: Client) -> tuple[Service, Onwards]:
    """Open the patient of this form, unless the target is for signing on alone, and launch.

    Raises RequestRejected for another patient than ours, NotAllowed and LaunchRejected as any launch does.
    """
    context = _opened(_patient(client)) if client.launch_url else None
    service = offers.may_open(parts().shelf.stock(), client.service, context).service
    return service, launching.begin(service, context)


def _patient(client: Client) -> Patient:
    patient = PATIENTS.get(request.form.get("patient", ""))
    if patient is None:
        raise RequestRejected("bad_request", "patient")
    portal = parts()
    with portal.database.read() as session:
        live = contexts.live_of(session, portal.vault, login().person.sub, portal.now())
    # To be mixed up, there must be somebody already.
    if live and faults.take(client.client_id, None, Fault.OTHER_PATIENT):
        return next(other for other in PATIENTS.values() if other.number != live[0].patient.number)
    return patient


def _opened(patient: Patient) -> Context:
    portal, who = parts(), login()
    settings, office = portal.settings, who.organisation or Organisation(portal.settings.sender_organisation_number)
    epj_session = EpjSession(who.person.sub, OWN.id, who.key_hash, who.person.hpr_number, office)
    reply_to = ReplyTo(settings.sender_her_id, settings.sender_parent_her_id)
    opened = Opened(patient, reply_to=reply_to, encounter="sandkasse-1")
    made = opening.context(opened, OWN, epj_session, settings.lifetimes.context)
    with portal.database.write() as session:
        if registry.epj(session, OWN.id) is None:
            registry.propose_epj(session, OWN, "sandbox")
            registry.approve_epj(session, OWN.id, "portal")
        opening.remember(session, made, epj_session)
        contexts.activate(session, portal.vault, made, who.person, who.key_hash, portal.now())
    return made
