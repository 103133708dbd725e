"""Path 2, context in by door A: the EPJ's server tells which patient its clinician has open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, url_for

from portal.domain.bodies import SessionCreate, SessionCreated, SessionReference, SessionRefreshed
from portal.domain.context import Patient
from portal.errors import ContextRejected
from portal.store import contexts, endings
from portal.web import once, opening
from portal.web.bodies import body
from portal.web.guards import epj, epj_and_session
from portal.web.opening import Opened
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.epj_session import EpjSession

blueprint = Blueprint("epj_api", __name__, url_prefix="/api/session")


@blueprint.post("/create")
@epj
def create() -> ResponseReturnValue:
    """Open a context; person and office come from the token, never from the body (ATT-11)."""
    portal, wanted = parts(), body(SessionCreate)
    registered, epj_session = epj_and_session()
    code, lives = portal.token(), portal.settings.lifetimes
    context = opening.context(_opened(wanted, epj_session), registered, epj_session, lives.context)
    until, keep = context.created_at + lives.start_code, context.created_at + lives.context_limit
    with portal.database.write() as session:
        opening.remember(session, context, epj_session, wanted.ehr_code_challenge)
        once.put(session, "start", code, context.id, until=until, keep=keep)
    created = SessionCreated(
        code=code,
        sessionId=context.id,
        startUrl=portal.settings.base_url + url_for("start.arrive"),
        expiresIn=int(lives.start_code.total_seconds()),
        writeback=context.can_take_messages,
    )
    return jsonify(created.model_dump()), 201


@blueprint.post("/refresh")
@epj
def refresh() -> ResponseReturnValue:
    """Keep a context alive while the patient stays open, for the same `sub`, `client_id` and `sid` alone."""
    portal, wanted = parts(), body(SessionReference)
    _, epj_session = epj_and_session()
    now = portal.now()
    with portal.database.write() as session:
        until = now + portal.settings.lifetimes.context
        ends = contexts.refresh(session, wanted.sessionId, epj_session, now, until)
    if ends is None:
        raise ContextRejected("context_ended")
    return jsonify(
        SessionRefreshed(sessionId=wanted.sessionId, expiresIn=int((ends - now).total_seconds())).model_dump()
    )


@blueprint.post("/end")
@epj
def end() -> ResponseReturnValue:
    """End a context; ending it again is no error, and write-back grants outlive it."""
    portal, wanted = parts(), body(SessionReference)
    _, epj_session = epj_and_session()
    with portal.database.write() as session:
        endings.of_context(session, wanted.sessionId, epj_session, portal.now())
    return "", 204


def _opened(wanted: SessionCreate, epj_session: EpjSession) -> Opened:
    if wanted.service is not None and not parts().shelf.stock().has(wanted.service):
        raise ContextRejected("service_unknown")
    number, who, address = wanted.claims.patient_identifier, wanted.patient, wanted.reply_to
    return Opened(
        patient=Patient(number.id, number.system, who.family, who.given, who.birth_date),
        profession=wanted.claims.practitioner_authorization.code,
        reply_to=opening.reply_to(address.her_id, address.parent_her_id, epj_session.organisation) if address else None,
        encounter=wanted.encounter,
        service_id=wanted.service,
    )
