"""One Delivery, one step on: claim under a lease, hand over without a transaction, settle under the fence."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from portal.adapters.log_lines import place_of
from portal.domain import incident
from portal.domain.audit import AuditEvent
from portal.domain.delivery import MAX_ATTEMPTS, Failed, Sent, State, Step, after_send, after_silence
from portal.errors import MessageRejected, UpstreamError
from portal.store import audit, outbox, wishes
from portal.worker import alarms, readdressing
from portal.worker.alarms import Seen
from portal.worker.handing import hand_over

if TYPE_CHECKING:
    from portal.domain.context import ReplyTo
    from portal.store.outbox import Delivery, Taken
    from portal.worker.tools import Tools

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=20)
"""Longer than handing over ever takes: a slow receiver must not get a message from two workers at once."""


class _Outcome(NamedTuple):
    step: Step
    taken: Taken | None = None
    anew_to: ReplyTo | None = None


def move_one(tools: Tools) -> bool:
    """Move the oldest due Delivery one step; False when none is due."""
    with tools.database.write() as session:
        claimed = outbox.claim(session, tools.now(), LEASE)
    if claimed is None:
        return False
    outcome = _next(tools, claimed)
    with tools.database.write() as session:
        settled = outbox.settle(session, claimed, outcome.step, tools.now(), outcome.taken)
        if settled:
            audit.record(session, _event(tools, claimed, outcome.step))
        if settled and outcome.anew_to:
            ids = {"new_id": tools.token(), "msg_id": tools.message_id()}
            wishes.send_anew(session, claimed, **ids, to=outcome.anew_to, now=tools.now())
    said = "delivery moved" if settled else "lease was lost, or news were first"
    log.info(said, extra={"delivery": claimed.id, "state": outcome.step.state, "code": outcome.step.code})
    if settled:
        alarms.tell(tools, [Seen(incident.of_turn(claimed.state, outcome.step, claimed.tries), claimed.epj_id)])
    return True


def _next(tools: Tools, claimed: Delivery) -> _Outcome:
    if claimed.state is State.QUEUED:
        return _attempt(tools, claimed)
    if claimed.state is State.REJECTED_APPREC:
        step, to = readdressing.look_up_again(tools, claimed)
        return _Outcome(step, anew_to=to)
    return _Outcome(_silence(tools, claimed))


def _attempt(tools: Tools, delivery: Delivery) -> _Outcome:
    if delivery.tries > MAX_ATTEMPTS:
        # The last attempt never came back: what ends its worker must not end one after the other.
        return _failed(tools, delivery, Failed("internal", retryable=False))
    try:
        taken = hand_over(tools, delivery)
    except MessageRejected as error:
        log.warning("message refused by our own rules", extra={"delivery": delivery.id, "rules": error.detail})
        return _Outcome(Step(State.INVALID, None, error.code))
    except UpstreamError as error:
        log.warning("not handed over", extra={"delivery": delivery.id, "code": error.code, "rule": error.detail})
        return _failed(tools, delivery, Failed(error.code, error.retryable))
    except Exception as error:  # noqa: BLE001  a fault of ours on one message must not hold up the next
        log.error("failed", extra={"delivery": delivery.id, "error": type(error).__name__, "place": place_of(error)})  # noqa: TRY400  a traceback may quote anything
        return _failed(tools, delivery, Failed("internal", retryable=True))
    return _Outcome(after_send(delivery.tries, Sent(taken.filed), tools.now(), tools.jitter()), taken)


def _failed(tools: Tools, delivery: Delivery, failed: Failed) -> _Outcome:
    return _Outcome(after_send(delivery.tries, failed, tools.now(), tools.jitter()))


def _silence(tools: Tools, delivery: Delivery) -> Step:
    sent_at = delivery.sent_at or delivery.accepted_at
    return after_silence(sent_at, tools.now()) or Step(delivery.state, tools.now() + timedelta(hours=1))


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
