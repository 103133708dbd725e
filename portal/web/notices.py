"""What an owner's system says of its service's stops, to be shown to those who see the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify

from portal.domain.notice import NoticePut
from portal.domain.text import is_opaque_id
from portal.errors import RequestRejected
from portal.store import audit, notices
from portal.store.notices import Notice
from portal.web.acts import act
from portal.web.bodies import body
from portal.web.guards import target_client
from portal.web.oauth import client
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("notices", __name__)


@blueprint.put("/api/notices/<notice_id>")
@target_client
def put(notice_id: str) -> ResponseReturnValue:
    """Put a notice up for the client's own service, or change it; it shows within half a minute."""
    if not is_opaque_id(notice_id):
        raise RequestRejected("invalid_body", "notice_id")
    said = body(NoticePut)
    proof = said.model_dump(include={"client_assertion_type", "client_assertion"})
    registered = client.by_assertion(proof)
    notice = Notice(registered.service, notice_id, said.stop, posted_by=f"client {registered.client_id}")
    with parts().database.write() as session:
        notices.post(session, notice)
        subject, basis = f"notice {notice.id}", f"service {notice.service_id}"
        audit.record(session, act("notice_posted", actor=notice.posted_by, subject=subject, basis=basis))
    return jsonify(said.stop.model_dump(mode="json", by_alias=True))
