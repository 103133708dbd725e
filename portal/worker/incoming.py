"""News of what was sent: fetched from each transport that owes us some, matched, and taken in once."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from portal.adapters.log_lines import place_of
from portal.domain import incident
from portal.domain.audit import AuditEvent
from portal.domain.delivery import State, after_receipt, after_transport
from portal.domain.news import Receipted, Unread
from portal.errors import Unavailable, UpstreamError
from portal.store import audit, contexts, inbox, outbox, registry
from portal.store.database import part_of
from portal.worker import alarms, readdressing
from portal.worker.alarms import Seen
from portal.worker.care import carefully

if TYPE_CHECKING:
    from datetime import datetime

    from portal.domain.incident import Signs
    from portal.domain.news import News, Transported
    from portal.domain.receipt import AppRec
    from portal.store.database import Session
    from portal.store.outbox import Delivery
    from portal.worker.tools import Tools

log = logging.getLogger(__name__)


_PAUSES = {"edi20": timedelta(seconds=15)}
"""NHN asks not to be asked all the time; anybody in the sector may write to us there."""


class _Source(NamedTuple):
    transport: str
    address: str

    @property
    def name(self) -> str:
        return f"{self.transport} {self.address}"


def read_all(tools: Tools, due: dict[_Source, datetime] | None = None) -> None:
    """Read what has come in; a source that does not answer keeps nobody else waiting longer than its time limit.

    `due` remembers when each is to be read next; without it every source is read now.
    """
    due = {} if due is None else due
    for source in _sources(tools):
        if source not in due or due[source] <= tools.now():
            due[source] = tools.now() + _PAUSES.get(source.transport, timedelta(0))
            carefully(_read, tools, source)


def _sources(tools: Tools) -> list[_Source]:
    """Where somebody owes us a receipt, and where others may write to us unasked."""
    with tools.database.read() as session:
        owing = outbox.owing(session, tools.now())
        epjs = [epj for epj in registry.epjs(session) if epj.id in owing or epj.transport in _PAUSES]
    ways = {_Source(epj.transport, epj.transport_address) for epj in epjs if epj.transport and epj.transport_address}
    return sorted(way for way in ways if way.transport in tools.transports)


def _read(tools: Tools, source: _Source) -> None:
    with tools.database.read() as session:
        cursor = inbox.cursor(session, source.name)
    try:
        news, moved = tools.transports[source.transport].news(source.address, cursor)
    except UpstreamError as error:
        log.warning("receipts not read", extra={"source": source.name, "code": error.code})
        return
    if moved == cursor:
        return
    # The cursor moves in the transaction that took the news in: a crash reads them again, and they change nothing.
    with tools.database.write() as session:
        signs = [_take_in_apart(tools, session, source, one) for one in news]
        inbox.move_cursor(session, source.name, moved)
    alarms.tell(tools, [Seen(of, epj_id, source.name) for of, epj_id in signs])


def _take_in_apart(tools: Tools, session: Session, source: _Source, news: News) -> tuple[Signs, str]:
    """One that cannot be taken in is kept for a person, and holds up none behind it."""
    try:
        with part_of(session):
            return _take_in(tools, session, source, news)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, the next receipt must not wait for it
        log.error("failed", extra={"work": "news", "error": type(error).__name__, "place": place_of(error)})  # noqa: TRY400  a traceback may quote anything
        return _take_in(tools, session, source, Unread(repr(news).encode(), type(error).__name__))


def _take_in(tools: Tools, session: Session, source: _Source, news: News) -> tuple[Signs, str]:
    """What it is a sign of, and at which EPJ."""
    if isinstance(news, Unread):
        log.warning("receipt not understood", extra={"source": source.name, "rule": news.rule})
        inbox.quarantine(session, tools.vault, source.name, news.document, news.rule, tools.now())
        audit.record(session, AuditEvent(tools.now(), "apprec", "unreadable", f"transport {source.transport}"))
        return incident.UNREADABLE, ""
    delivery = _matched(session, source, news)
    if delivery is None or not _is_from_receiver(tools, session, delivery, news):
        log.warning("receipt matches no delivery", extra={"source": source.name})
        audit.record(session, AuditEvent(tools.now(), "apprec", "unmatched", f"transport {source.transport}"))
        return incident.NOTHING, ""
    if isinstance(news, Receipted):
        return _receipt(tools, session, delivery, news.apprec), delivery.epj_id
    return _verdict(tools, session, delivery, news), delivery.epj_id


def _matched(session: Session, source: _Source, news: Receipted | Transported) -> Delivery | None:
    """By what the transport calls it, or by MsgId: news may come before the sender has heard what it is called."""
    msg_id = news.apprec.original_msg_id if isinstance(news, Receipted) else news.msg_id
    delivery = outbox.by_reference(session, source.transport, news.reference) if news.reference else None
    if delivery is not None:
        return delivery
    delivery = outbox.by_msg_id(session, msg_id.lower()) if msg_id else None
    epj = registry.epj(session, delivery.epj_id) if delivery else None
    # Another journal's word on a message is nobody's.
    return delivery if epj and (epj.transport, epj.transport_address) == source else None


def _is_from_receiver(tools: Tools, session: Session, delivery: Delivery, news: Receipted | Transported) -> bool:
    """A receipt comes from one whom the message was addressed to."""
    if not isinstance(news, Receipted):
        return True
    context = contexts.find(session, tools.vault, delivery.context_id)
    receiver = delivery.receiver or (context.reply_to if context else None)
    return receiver is None or bool(news.apprec.sender_her_ids & {receiver.her_id, receiver.parent_her_id})


def _receipt(tools: Tools, session: Session, delivery: Delivery, receipt: AppRec) -> Signs:
    step = after_receipt(delivery.state, receipt)
    if step and step.state is State.REJECTED_APPREC and step.code in readdressing.CODES and delivery.receiver is None:
        step = replace(step, next_at=tools.now())
    if step is None or not outbox.note_receipt(session, tools.vault, delivery, step, receipt, tools.now()):
        return _after_another(tools, session, delivery, receipt)
    log.info("delivery moved", extra={"delivery": delivery.id, "state": step.state, "code": step.code})
    audit.record(session, _event(tools, "apprec", delivery, step.code or step.state))
    return incident.of_receipt(step)


def _after_another(tools: Tools, session: Session, delivery: Delivery, receipt: AppRec) -> Signs:
    """The first is final; one that says something else is told to operators, for one of the two is wrong."""
    contradicts = delivery.apprec_status not in {None, receipt.status}
    said = "receipt contradicts another" if contradicts else "receipt came after another"
    log.log(logging.WARNING if contradicts else logging.INFO, said, extra={"delivery": delivery.id})
    audit.record(session, _event(tools, "apprec", delivery, "contradicts" if contradicts else "after_another"))
    return incident.CONTRADICTION if contradicts else incident.NOTHING


def _verdict(tools: Tools, session: Session, delivery: Delivery, told: Transported) -> Signs:
    step = after_transport(delivery.state, told, tools.now())
    if step is None or not outbox.note_verdict(session, delivery, step, tools.now()):
        log.info("verdict changes nothing", extra={"delivery": delivery.id, "code": told.verdict})
        return incident.NOTHING
    log.info("delivery moved", extra={"delivery": delivery.id, "state": step.state, "code": step.code})
    audit.record(session, _event(tools, "transport", delivery, step.code or step.state))
    return incident.of_verdict(step)


def _event(tools: Tools, action: str, delivery: Delivery, outcome: str) -> AuditEvent:
    return AuditEvent(
        at=tools.now(),
        action=action,
        outcome=outcome,
        actor=f"epj {delivery.epj_id}",
        patient_ref=delivery.patient_ref,
        subject=f"delivery {delivery.id}",
        basis=f"launch {delivery.launch_id}",
    )
