"""A receiver that does not exist where we believed it to (AppRec E20, E21): look it up again, and send anew once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from portal.adapters.bounded import within
from portal.domain.address import checked_reply_to
from portal.domain.delivery import Failed, State, Step, after_send
from portal.errors import ContextRejected, UpstreamError
from portal.store import contexts
from portal.worker.handing import LONGEST

if TYPE_CHECKING:
    from portal.domain.context import Context, ReplyTo
    from portal.store.outbox import Delivery
    from portal.worker.tools import Tools

log = logging.getLogger(__name__)
CODES = frozenset({"E20", "E21"})


class LookedUp(NamedTuple):
    """What becomes of the rejected Delivery, and where a new message is to go, if anywhere."""

    step: Step
    to: ReplyTo | None = None


def look_up_again(tools: Tools, delivery: Delivery) -> LookedUp:
    """Say where to send anew when the address register has another address by now; a person sees to it otherwise.

    A register that does not answer is asked again, as patiently as a message is sent.
    """
    with tools.database.read() as session:
        context = contexts.find(session, tools.vault, delivery.context_id)
    try:
        found = _found(tools, context) if context else None
    except UpstreamError as error:
        log.warning("address not looked up", extra={"delivery": delivery.id, "code": error.code, "rule": error.detail})
        failed = Failed(error.code, error.retryable)
        next_at = after_send(delivery.tries, failed, tools.now(), tools.jitter()).next_at
        return LookedUp(Step(State.REJECTED_APPREC, next_at, error.code))
    if found is None or context is None or found == (delivery.receiver or context.reply_to):
        return LookedUp(Step(State.REJECTED_APPREC, None, "address_unchanged"))
    return LookedUp(Step(State.REJECTED_APPREC, None, "address_changed"), found)


def _found(tools: Tools, context: Context) -> ReplyTo | None:
    if tools.addresses is None or context.reply_to is None:
        return None
    her_id = context.reply_to.her_id
    with within(LONGEST):
        party = tools.addresses.party(her_id, fresh=True)
    try:
        return checked_reply_to(party, her_id, None, context.organisation, tools.now())
    except ContextRejected as error:
        log.warning("address not renewed", extra={"code": error.code})
        return None
