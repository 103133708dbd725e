"""The catalogue for the EPJ's own menus: what its clinician may open, signed (RFC 7515), and as `decide()` has it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from werkzeug.http import generate_etag

from portal.domain import jose
from portal.domain.assignment import holders
from portal.domain.epj_catalogue import TYPE, Reader, epj_catalogue
from portal.domain.identity import Person
from portal.store import assignments, known_people
from portal.web.guards import epj, epj_and_session
from portal.web.parts import parts

if TYPE_CHECKING:
    from datetime import datetime

    from portal.domain.epj_session import EpjSession

blueprint = Blueprint("epj_catalogue", __name__)


@blueprint.get("/api/catalogue")
@epj
def show() -> Response:
    """The clinician's list from both networks, with a patient and without; not sent again when it is as it was."""
    portal, (_, epj_session) = parts(), epj_and_session()
    now = portal.now()
    made = epj_catalogue(portal.shelf.stock(), _reader(epj_session, now), portal.settings.base_url, now)
    key = portal.settings.signing_key("ES256")
    response = Response(jose.sign({"kid": key["kid"], "typ": TYPE}, made.claims, key), mimetype="application/jose")
    response.headers["Cache-Control"] = "private, no-cache"
    # Weak: the list is the same, but each answer has times and a signature of its own (RFC 9110 §8.8.1).
    response.set_etag(generate_etag(made.lasting), weak=True)
    response.make_conditional(request)
    return response


def _reader(epj_session: EpjSession, now: datetime) -> Reader:
    """Office and security level as the token has them; approvals in HPR as at the latest login here."""
    # The guard lets no token in without a `sub`.
    portal, sub = parts(), str(epj_session.sub)
    with portal.database.read() as session:
        since = now - portal.settings.lifetimes.person_known
        known = known_people.find(session, portal.vault, sub, since)
        told = known.person if known else Person(sub, "", 0, epj_session.hpr_number)
        roles = assignments.roles(session, holders(sub, told.hpr_number))
    person = replace(told, security_level=epj_session.security_level, roles=roles)
    return Reader(person, epj_session.organisation, epj_session.client_id, known.seen_at if known else None)
