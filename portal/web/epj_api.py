"""Path 2, context in by door A: the EPJ's server tells which patient its clinician has open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, url_for

from portal.domain import person_number
from portal.domain.bodies import SessionCreate, SessionCreated, SessionReference, SessionRefreshed
from portal.domain.context import Context, Patient, Practitioner, ReplyTo
from portal.errors import ContextRejected, RequestRejected
from portal.store import audit, contexts
from portal.web import once
from portal.web.acts import act
from portal.web.bodies import body
from portal.web.guards import epj, epj_and_session
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.bodies import SessionReplyTo
    from portal.domain.epj_session import EpjSession
    from portal.domain.registration import Epj

blueprint = Blueprint("epj_api", __name__, url_prefix="/api/session")


@blueprint.post("/create")
@epj
def create() -> ResponseReturnValue:
    """Open a context; person and office come from the token, never from the body (ATT-11)."""
    portal, wanted = parts(), body(SessionCreate)
    registered, epj_session = epj_and_session()
    context = _context(wanted, registered, epj_session)
    code, lives = portal.token(), portal.settings.lifetimes
    with portal.database.write() as session:
        ends_at = context.created_at + lives.context_limit
        contexts.open_context(session, portal.vault, context, epj_session, wanted.ehr_code_challenge, ends_at)
        once.put(session, "start", code, context.id, until=context.created_at + lives.start_code, keep=ends_at)
        actor, subject = f"person {context.sub}", f"context {context.id}"
        basis = f"epj {registered.id}"
        audit.record(session, act("context_opened", actor=actor, subject=subject, basis=basis, context=context))
    created = SessionCreated(
        code=code,
        sessionId=context.id,
        startUrl=portal.settings.base_url + url_for("start.arrive"),
        expiresIn=int(lives.start_code.total_seconds()),
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
        contexts.end(session, wanted.sessionId, epj_session, portal.now())
    return "", 204


def _context(wanted: SessionCreate, registered: Epj, epj_session: EpjSession) -> Context:
    portal = parts()
    number, now = wanted.claims.patient_identifier.id, portal.now()
    system = person_number.check(number, synthetic=not portal.settings.production)
    if system != wanted.claims.patient_identifier.system:
        raise ContextRejected("patient_number_invalid", "system")
    if wanted.service is not None and not portal.shelf.stock().has(wanted.service):
        raise ContextRejected("service_unknown")
    opened = wanted.patient
    if opened.birth_date > now.date() + timedelta(days=1):
        raise RequestRejected("invalid_body", "patient.birth_date: in the future")
    return Context(
        id=portal.token(),
        epj_id=registered.id,
        sub=epj_session.sub,
        practitioner=Practitioner(wanted.claims.practitioner_authorization.code, epj_session.hpr_number),
        patient=Patient(number, system, opened.family, opened.given, opened.birth_date),
        patient_ref=portal.keyring.patient_ref(system, number),
        organisation=epj_session.organisation,
        reply_to=_reply_to(wanted.reply_to, registered),
        encounter=wanted.encounter,
        service_id=wanted.service,
        created_at=now,
        expires_at=now + portal.settings.lifetimes.context,
    )


def _reply_to(wanted: SessionReplyTo | None, registered: Epj) -> ReplyTo | None:
    if wanted is None:
        return None
    both = {wanted.her_id, wanted.parent_her_id}
    if len(both) == 1 or not both <= set(registered.her_ids):
        raise ContextRejected("reply_to_unknown")
    return ReplyTo(wanted.her_id, wanted.parent_her_id)
