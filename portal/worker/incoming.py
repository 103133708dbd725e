"""Application receipts: fetched from each EPJ that owes us one, matched on MsgId and sender, taken in once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from portal.domain import apprec
from portal.domain.audit import AuditEvent
from portal.domain.delivery import after_receipt
from portal.errors import MessageRejected, UpstreamError
from portal.store import audit, outbox, registry
from portal.worker.care import carefully

if TYPE_CHECKING:
    from portal.domain.receipt import AppRec
    from portal.domain.registration import Epj
    from portal.store.database import Session
    from portal.store.outbox import Delivery
    from portal.worker.tools import Tools

log = logging.getLogger(__name__)


def read_all(tools: Tools) -> None:
    """Read what has come in; an EPJ that does not answer keeps nobody else waiting longer than its time limit."""
    with tools.database.read() as session:
        owing = [registry.epj(session, epj_id) for epj_id in outbox.awaiting(session)]
    for epj in owing:
        if epj and epj.transport in tools.transports:
            carefully(_read, tools, epj)


def _read(tools: Tools, epj: Epj) -> None:
    with tools.database.read() as session:
        cursor = outbox.cursor(session, epj.id)
    try:
        documents, moved = tools.transports[epj.transport or ""].receipts(epj.transport_address or "", cursor)
    except UpstreamError as error:
        log.warning("receipts not read", extra={"epj": epj.id, "code": error.code})
        return
    if moved == cursor:
        return
    receipts = [_parsed(document, epj) for document in documents]
    # The cursor moves in the transaction that took the receipts in: a crash reads them again, and they change nothing.
    with tools.database.write() as session:
        for receipt in receipts:
            if receipt is None:
                audit.record(session, AuditEvent(tools.now(), "apprec", "unreadable", f"epj {epj.id}"))
            else:
                _take_in(tools, session, epj, receipt)
        outbox.move_cursor(session, epj.id, moved)


def _parsed(document: bytes, epj: Epj) -> AppRec | None:
    try:
        return apprec.parse(document)
    except MessageRejected as error:
        log.warning("receipt not understood", extra={"epj": epj.id, "rule": error.detail})
        return None


def _take_in(tools: Tools, session: Session, epj: Epj, receipt: AppRec) -> None:
    delivery = outbox.by_msg_id(session, receipt.original_msg_id, epj.id)
    if delivery is None or not receipt.sender_her_ids & set(epj.her_ids):
        log.warning("receipt matches no delivery", extra={"epj": epj.id})
        audit.record(session, AuditEvent(tools.now(), "apprec", "unmatched", f"epj {epj.id}"))
        return
    step = after_receipt(delivery.state, receipt)
    if step is None or not outbox.note_receipt(session, delivery, step, receipt.id, tools.now()):
        log.info("receipt came after another", extra={"delivery": delivery.id})
        audit.record(session, _event(tools, epj, delivery, "after_another"))
        return
    log.info("delivery moved", extra={"delivery": delivery.id, "state": step.state, "code": step.code})
    audit.record(session, _event(tools, epj, delivery, step.code or step.state))


def _event(tools: Tools, epj: Epj, delivery: Delivery, outcome: str) -> AuditEvent:
    return AuditEvent(
        at=tools.now(),
        action="apprec",
        outcome=outcome,
        actor=f"epj {epj.id}",
        patient_ref=delivery.patient_ref,
        subject=f"delivery {delivery.id}",
        basis=f"launch {delivery.launch_id}",
    )
