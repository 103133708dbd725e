"""Handing a note over: built always to the same bytes, by the first way that is open, and never twice unasked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from portal.adapters.bounded import within
from portal.adapters.transport.contract import Parcel
from portal.adapters.transport.fhir import FHIR
from portal.domain import dialogmelding, journal_note
from portal.domain.smart import document_reference
from portal.errors import UpstreamError
from portal.store import contexts, documents, registry
from portal.store.notes import NOWHERE, note_of
from portal.store.outbox import Taken
from portal.worker import journal_door

if TYPE_CHECKING:
    from portal.adapters.transport.contract import Transport
    from portal.domain.journal_note import JournalNote
    from portal.domain.registration import Epj
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
    """Put the note into the journal where that is open, or give its message to the EPJ's transport.

    An attempt before this one may have arrived, its answer lost with a connection or a worker: the transport is asked
    before anything is sent again. A journal that says no to the document gets the message; one that may have taken it
    does not, while its token lives. Raises UpstreamError, and MessageRejected for a note that breaks a rule.
    """
    receiver, note = _read(tools, delivery)
    with within(LONGEST):
        return _document(tools, delivery, receiver, note) or _hand(_message(tools, receiver, note), delivery)


def _document(tools: Tools, delivery: Delivery, receiver: Epj, note: JournalNote) -> Taken | None:
    access = journal_door.open_now(tools, delivery.context_id, receiver)
    transport = tools.transports.get(FHIR)
    if access is None or transport is None or receiver.smart is None:
        return None
    document = document_reference.build(note, access, receiver.smart.document_type)
    parcel = Parcel(receiver.smart.issuer, note, document, access.access_token)
    try:
        return _hand(_Way(FHIR, transport, parcel), delivery)
    except UpstreamError as error:
        if error.retryable:
            raise
        log.warning("no document", extra={"delivery": delivery.id, "code": error.code, "rule": error.detail})
        return None


def _hand(way: _Way, delivery: Delivery) -> Taken:
    before = way.transport.find(way.parcel) if _in_doubt(delivery) else None
    handed = before or way.transport.send(way.parcel)
    if before:
        log.info("found where it was sent before", extra={"delivery": delivery.id})
    return Taken(way.name, handed.reference, handed.filed)


def _in_doubt(delivery: Delivery) -> bool:
    """Whether an attempt may have arrived unheard: not if a person wants sent again what was taken, and then lost."""
    return delivery.tries > 1 or (delivery.attempts > 1 and delivery.reference is None)


def _read(tools: Tools, delivery: Delivery) -> tuple[Epj, JournalNote]:
    with tools.database.read() as session:
        receiver = registry.epj(session, delivery.epj_id)
        document = documents.load(session, tools.vault, delivery.document_id)
        context = contexts.find(session, tools.vault, delivery.context_id)
    if document is None or context is None:
        # A key that has not come to this host yet looks like one that was destroyed: time tells which.
        raise UpstreamError("upstream_unreachable", "the content does not open with the keys at hand")
    if receiver is None:
        raise UpstreamError("upstream_refused", "the EPJ is not in force")
    return receiver, note_of(tools.settings, document, context, delivery.msg_id, delivery.receiver)


def _message(tools: Tools, receiver: Epj, note: JournalNote) -> _Way:
    name, address = receiver.transport or "", receiver.transport_address
    transport = tools.transports.get(name)
    if note.reply_to == NOWHERE or address is None:
        raise UpstreamError("upstream_refused", "the journal takes no messages", retryable=False)
    if transport is None:
        raise UpstreamError("upstream_refused", "the EPJ has no transport that is on")
    journal_note.check(note, tools.now())
    message = dialogmelding.build(note)
    if tools.schemas:
        tools.schemas.check(message)
    return _Way(name, transport, Parcel(address, note, message))
