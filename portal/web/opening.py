"""Path 2, context in: the one way that a context is made, whichever door the patient came by (ATT-4)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from portal.domain import person_number
from portal.domain.address import checked_reply_to
from portal.domain.context import Context, Practitioner
from portal.errors import ContextRejected, RequestRejected, UpstreamError
from portal.store import audit, contexts
from portal.web.acts import act
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.context import Patient, ReplyTo
    from portal.domain.epj_session import EpjSession
    from portal.domain.identity import Organisation
    from portal.domain.registration import Epj
    from portal.store.database import Session

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opened:
    """What an EPJ has open: the patient, and what it says of the encounter and of where its journal takes messages."""

    patient: Patient
    profession: str | None = None
    reply_to: ReplyTo | None = None
    encounter: str | None = None
    service_id: str | None = None


def context(opened: Opened, registered: Epj, epj_session: EpjSession, life: timedelta) -> Context:
    """A context of now; raises ContextRejected for a number that is nobody's, RequestRejected for a birth to come.

    A clinician who is the patient herself gets no messages: receivers refuse them (PADM rule 9999).
    """
    portal, patient = parts(), opened.patient
    now = portal.now()
    if person_number.check(patient.number, synthetic=not portal.settings.production) != patient.system:
        raise ContextRejected("patient_number_invalid", "system")
    if patient.birth_date > now.date() + timedelta(days=1):
        raise RequestRejected("invalid_body", "patient.birth_date: in the future")
    return Context(
        id=portal.token(),
        epj_id=registered.id,
        sub=epj_session.sub,
        practitioner=Practitioner(opened.profession, epj_session.hpr_number),
        patient=patient,
        patient_ref=portal.keyring.patient_ref(patient.system, patient.number),
        organisation=epj_session.organisation,
        reply_to=None if patient.number in epj_session.own_numbers else opened.reply_to,
        encounter=opened.encounter,
        service_id=opened.service_id,
        created_at=now,
        expires_at=now + life,
    )


def remember(session: Session, made: Context, epj_session: EpjSession, challenge: str | None = None) -> None:
    """Keep a context that nobody has seen yet, and that it was opened."""
    portal = parts()
    ends_at = made.created_at + portal.settings.lifetimes.context_limit
    contexts.open_context(session, portal.vault, made, epj_session, challenge=challenge, ends_at=ends_at)
    actor = f"person {made.sub}" if made.sub else f"epj {made.epj_id}"
    subject, basis = f"context {made.id}", f"epj {made.epj_id}"
    audit.record(session, act("context_opened", actor=actor, subject=subject, basis=basis, context=made))


def reply_to(her_id: str, parent_her_id: str | None, organisation: Organisation) -> ReplyTo | None:
    """Where the journal takes messages, if the address register says that it is this organisation's and active.

    None while the register cannot be asked: the patient opens, without write-back. Raises ContextRejected.
    """
    register = parts().addresses
    if register is None:
        return None
    try:
        party = register.party(her_id)
    except UpstreamError as error:
        log.warning("the address register does not answer", extra={"code": error.code, "rule": error.detail})
        return None
    return checked_reply_to(party, her_id, parent_her_id, organisation, parts().now())
