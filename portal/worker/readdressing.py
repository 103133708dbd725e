"""A receiver that does not exist where we believed it to (AppRec E20, E21): look it up again, and send anew once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from portal.domain.address import checked_reply_to
from portal.domain.delivery import State, Step
from portal.errors import ContextRejected, UpstreamError
from portal.store import contexts, outbox

if TYPE_CHECKING:
    from portal.domain.context import Context, ReplyTo
    from portal.store.outbox import Delivery
    from portal.worker.tools import Tools

log = logging.getLogger(__name__)
CODES = frozenset({"E20", "E21"})


def look_up_again(tools: Tools, delivery: Delivery) -> Step:
    """Queue a new message when the address register has another address by now; a person sees to it otherwise."""
    with tools.database.read() as session:
        context = contexts.find(session, tools.vault, delivery.context_id)
    found = _found(tools, context) if context else None
    if found is None or context is None or found == (delivery.receiver or context.reply_to):
        return Step(State.REJECTED_APPREC, None, "address_unchanged")
    with tools.database.write() as session:
        outbox.replace(session, delivery, new_id=tools.token(), msg_id=tools.message_id(), to=found, now=tools.now())
    return Step(State.REJECTED_APPREC, None, "address_changed")


def _found(tools: Tools, context: Context) -> ReplyTo | None:
    if tools.addresses is None or context.reply_to is None:
        return None
    her_id = context.reply_to.her_id
    try:
        party = tools.addresses.party(her_id, fresh=True)
        return checked_reply_to(party, her_id, None, context.organisation, tools.now())
    except (UpstreamError, ContextRejected) as error:
        log.warning("address not renewed", extra={"code": error.code})
        return None
