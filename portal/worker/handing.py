"""Handing a note over: built always to the same bytes, by the first way that is open, and never twice unasked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from portal.adapters.bounded import within
from portal.adapters.transport.contract import Parcel
from portal.domain import dialogmelding, journal_note
from portal.domain.journal_note import JournalNote, Sender
from portal.domain.professions import UNKNOWN
from portal.errors import MessageRejected, UpstreamError
from portal.store import contexts, documents, registry
from portal.store.outbox import Taken

if TYPE_CHECKING:
    from portal.adapters.transport.contract import Transport
    from portal.domain.context import Context
    from portal.domain.registration import Epj
    from portal.settings import Settings
    from portal.store.documents import Document
    from portal.store.outbox import Delivery
    from portal.worker.tools import Tools

log = logging.getLogger(__name__)
LONGEST = 15.0
"""Seconds for handing a message over, whatever that takes; shorter than its lease (worker/outgoing)."""


class _Way(NamedTuple):
    name: str
    transport: Transport
    parcel: Parcel


def hand_over(tools: Tools, delivery: Delivery) -> Taken:
    """Give the message to the EPJ's transport, and say what that calls it.

    An attempt before this one may have arrived, its answer lost with a connection or a worker: the transport is asked
    before anything is sent again. Raises UpstreamError, and MessageRejected for a note that breaks a rule.
    """
    way = _way(tools, delivery)
    with within(LONGEST):
        before = way.transport.find(way.parcel) if delivery.attempts > 1 else None
        handed = before or way.transport.send(way.parcel)
    if before:
        log.info("found where it was sent before", extra={"delivery": delivery.id})
    return Taken(way.name, handed.reference, handed.filed)


def _way(tools: Tools, delivery: Delivery) -> _Way:
    with tools.database.read() as session:
        receiver = registry.epj(session, delivery.epj_id)
        document = documents.load(session, tools.vault, delivery.document_id)
        context = contexts.find(session, tools.vault, delivery.context_id)
    if document is None or context is None:
        # A key that has not come to this host yet looks like one that was destroyed: time tells which.
        raise UpstreamError("upstream_unreachable", "the content does not open with the keys at hand")
    if receiver is None:
        raise UpstreamError("upstream_refused", "the EPJ is not in force")
    return _message(tools, receiver, _note(tools.settings, delivery, document, context))


def _message(tools: Tools, receiver: Epj, note: JournalNote) -> _Way:
    name, address = receiver.transport or "", receiver.transport_address
    transport = tools.transports.get(name)
    if transport is None or address is None:
        raise UpstreamError("upstream_refused", "the EPJ has no transport that is on")
    journal_note.check(note)
    message = dialogmelding.build(note)
    if tools.schemas:
        tools.schemas.check(message)
    return _Way(name, transport, Parcel(address, note, message))


def _note(settings: Settings, delivery: Delivery, document: Document, context: Context) -> JournalNote:
    reply_to = delivery.receiver or context.reply_to
    if reply_to is None or context.practitioner.hpr_number is None:
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
        reply_to=reply_to,
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
