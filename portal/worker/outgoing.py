"""One Delivery, one step on: claim under a lease, hand over without a transaction, settle under the fence."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from portal.adapters.log_lines import place_of
from portal.domain import dialogmelding, journal_note
from portal.domain.audit import AuditEvent
from portal.domain.delivery import Failed, Sent, State, Step, after_send, after_silence
from portal.domain.journal_note import JournalNote, Sender
from portal.domain.professions import UNKNOWN
from portal.errors import MessageRejected, UpstreamError
from portal.store import audit, contexts, documents, outbox, registry

if TYPE_CHECKING:
    from portal.domain.context import Context
    from portal.settings import Settings
    from portal.store.documents import Document
    from portal.store.outbox import Delivery
    from portal.worker.tools import Tools

log = logging.getLogger(__name__)
# Longer than the transport's total timeout: a slow receiver must not get a message from two workers at once.
_LEASE = timedelta(seconds=30)


def move_one(tools: Tools) -> bool:
    """Move the oldest due Delivery one step; False when none is due."""
    with tools.database.write() as session:
        claimed = outbox.claim(session, tools.now(), _LEASE)
    if claimed is None:
        return False
    reference = None
    if claimed.state is State.SENT:
        step = _silence(tools, claimed)
    else:
        step, reference = _attempt(tools, claimed)
    with tools.database.write() as session:
        settled = outbox.settle(session, claimed, step, tools.now(), reference=reference)
        if settled:
            audit.record(session, _event(tools, claimed, step))
    outcome = "delivery moved" if settled else "lease was lost"
    log.info(outcome, extra={"delivery": claimed.id, "state": step.state, "code": step.code})
    return True


def _attempt(tools: Tools, delivery: Delivery) -> tuple[Step, str | None]:
    try:
        reference = _hand_over(tools, delivery)
    except MessageRejected as error:
        log.warning("message refused by our own rules", extra={"delivery": delivery.id, "rules": error.detail})
        return Step(State.INVALID, None, error.code), None
    except UpstreamError as error:
        return after_send(delivery.attempts, Failed(error.code, error.retryable), tools.now(), tools.jitter()), None
    except Exception as error:  # noqa: BLE001  a fault of ours on one message must not hold up the next
        log.error("failed", extra={"delivery": delivery.id, "error": type(error).__name__, "place": place_of(error)})  # noqa: TRY400  a traceback may quote anything
        return after_send(delivery.attempts, Failed("internal", retryable=True), tools.now(), tools.jitter()), None
    return after_send(delivery.attempts, Sent(), tools.now(), tools.jitter()), reference


def _hand_over(tools: Tools, delivery: Delivery) -> str:
    """Build the message, always to the same bytes, and give it to the EPJ's transport."""
    with tools.database.read() as session:
        receiver = registry.epj(session, delivery.epj_id)
        document = documents.load(session, tools.vault, delivery.document_id)
        context = contexts.find(session, tools.vault, delivery.context_id)
    if document is None or context is None:
        # A key that has not come to this host yet looks like one that was destroyed: time tells which.
        raise UpstreamError("upstream_unreachable", "the content does not open with the keys at hand")
    transport = tools.transports.get(receiver.transport or "") if receiver else None
    if transport is None or receiver is None or receiver.transport_address is None:
        raise UpstreamError("upstream_refused", "the EPJ has no transport that is on")
    note = _note(tools.settings, delivery, document, context)
    journal_note.check(note)
    message = dialogmelding.build(note)
    if tools.schemas:
        tools.schemas.check(message)
    return transport.send(receiver.transport_address, delivery.msg_id, message)


def _note(settings: Settings, delivery: Delivery, document: Document, context: Context) -> JournalNote:
    if context.reply_to is None or context.practitioner.hpr_number is None:
        raise MessageRejected("message_invalid", "reply_to, hpr_number")
    return JournalNote(
        msg_id=delivery.msg_id,
        generated_at=document.accepted_at,
        sender=Sender(
            name=settings.sender_name,
            organisation_number=settings.sender_organisation_number,
            parent_her_id=settings.sender_parent_her_id,
            her_id=settings.sender_her_id,
            phone=settings.sender_phone,
        ),
        organisation=context.organisation,
        reply_to=context.reply_to,
        practitioner_name=context.practitioner.name,
        hpr_number=context.practitioner.hpr_number,
        profession=context.practitioner.profession or UNKNOWN,
        patient=context.patient,
        title=document.title,
        text=document.text,
        pdf=document.pdf,
        document_id=document.document_id,
        debugging=not settings.production,
    )


def _silence(tools: Tools, delivery: Delivery) -> Step:
    sent_at = delivery.sent_at or delivery.accepted_at
    return after_silence(sent_at, tools.now()) or Step(State.SENT, tools.now() + timedelta(hours=1))


def _event(tools: Tools, delivery: Delivery, step: Step) -> AuditEvent:
    return AuditEvent(
        at=tools.now(),
        action=f"delivery_{step.state}",
        outcome=step.code or "ok",
        actor="worker",
        patient_ref=delivery.patient_ref,
        subject=f"delivery {delivery.id}",
        basis=f"launch {delivery.launch_id}",
    )
