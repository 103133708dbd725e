"""The door that a SMART launch has left open into its journal: the token at hand, or one that it is renewed by."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from portal.errors import SmartRejected, UpstreamError
from portal.store import smart_access

if TYPE_CHECKING:
    from portal.domain.registration import Epj, SmartServer
    from portal.domain.smart.access import Access
    from portal.worker.tools import Tools

log = logging.getLogger(__name__)


def open_now(tools: Tools, context_id: str, epj: Epj) -> Access | None:
    """Return what opens the journal for documents now; None when nothing does any more.

    Raises UpstreamError while it may still be renewed.
    """
    if epj.smart is None or not epj.smart.documents:
        return None
    with tools.database.read() as session:
        held = smart_access.of_context(session, tools.vault, context_id, tools.now())
    if held is None or held.lives(tools.now()):
        return held
    return _renewed(tools, context_id, epj.id, epj.smart) if held.refresh_token else None


def _renewed(tools: Tools, context_id: str, epj_id: str, server: SmartServer) -> Access | None:
    with tools.database.write() as session:
        held = smart_access.claim_renewal(session, tools.vault, context_id, tools.now())
    if held is None:
        raise UpstreamError("upstream_unreachable", "somebody else is renewing what opens the journal")
    try:
        renewed = tools.smart.renew(epj_id, server, held)
    except SmartRejected as error:
        log.warning("the journal is closed", extra={"context": context_id, "code": error.code, "rule": error.detail})
        if error.code == "smart_unreachable":
            raise UpstreamError("upstream_unreachable", error.detail) from None
        with tools.database.write() as session:
            smart_access.forget(session, context_id)
        return None
    with tools.database.write() as session:
        smart_access.keep(session, tools.vault, context_id, renewed, tools.now())
    return renewed
