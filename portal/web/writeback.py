"""Path 4, write-back: a document for the journal is taken in whole, in one transaction, or refused."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from flask import Blueprint, jsonify

from portal.domain.bodies import PDF_LIMIT, WritebackEvent, WritebackPut, WritebackState, WritebackTaken
from portal.domain.delivery import lamps
from portal.domain.noise import Load, advice
from portal.domain.text import is_opaque_id
from portal.errors import DocumentRejected, NotFound, TokenRejected
from portal.store import audit, choices, contexts, documents, launches, noise
from portal.web import intake
from portal.web.acts import act
from portal.web.bodies import body
from portal.web.guards import grant, writeback_grant
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.audit import AuditEvent
    from portal.domain.context import Context
    from portal.domain.launch import Launch
    from portal.store.documents import Document, Receipt

blueprint = Blueprint("writeback", __name__, url_prefix="/api/writeback")
_LARGEST = PDF_LIMIT * 4 // 3 + 8 * 1024


@blueprint.put("/<document_id>")
@writeback_grant
def put(document_id: str) -> ResponseReturnValue:
    """Take a document in and answer 202; the same bytes again get the same answer, other bytes 409."""
    wanted = body(WritebackPut, _LARGEST)
    launch, context = _launched()
    if not hmac.compare_digest(wanted.patient, launch.patient_id or ""):
        _note_near_miss(launch, context, document_id)
        raise DocumentRejected("other_patient")
    if not is_opaque_id(document_id):
        raise NotFound("document_unknown")
    taken = intake.taken(document_id, wanted, grant().client_id, launch, context)
    # Megabytes that nobody reads any more, while the document is sealed and stored.
    del wanted
    fresh = _accept(taken.document, launch, context)
    receipt = _receipt(document_id)
    if not hmac.compare_digest(receipt.digest, taken.document.digest):
        raise DocumentRejected("document_conflict")
    return jsonify(_taken(receipt, taken)), 202 if fresh else 200


@blueprint.get("/<document_id>")
@writeback_grant
def get(document_id: str) -> ResponseReturnValue:
    """Where the document is."""
    return jsonify(_state(_receipt(document_id)).model_dump(mode="json"))


def _launched() -> tuple[Launch, Context]:
    """The launch behind the grant and its context, which may have ended long ago."""
    portal = parts()
    with portal.database.read() as session:
        launch = launches.find(session, grant().launch_id)
        context = contexts.find(session, portal.vault, launch.context_id) if launch else None
    if launch is None or context is None:
        raise TokenRejected("invalid_token")
    return launch, context


def _accept(document: Document, launch: Launch, context: Context) -> bool:
    """Document, Delivery, event and audit in one transaction; False when the document was there before."""
    portal = parts()
    with portal.database.write() as session:
        taken = documents.accept(
            session,
            portal.vault,
            document,
            delivery_id=portal.token(),
            msg_id=portal.message_id(),
            epj_id=context.epj_id,
            asks=choices.choice(session, context.organisation.label, launch.service_id).waits,
        )
        if taken:
            audit.record(session, _event(context, document.launch_id, document.document_id, "document_accepted", "ok"))
    return taken


def _receipt(document_id: str) -> Receipt:
    with parts().database.read() as session:
        receipt = documents.receipt(session, grant().client_id, document_id)
    if receipt is None:
        raise NotFound("document_unknown")
    return receipt


def _taken(receipt: Receipt, taken: intake.Intake) -> dict[str, object]:
    """Where the document is, and what its sender is told of it: the same whenever the same is sent."""
    with parts().database.read() as session:
        place = noise.place_in_launch(session, taken.document.client_id, receipt.document_id)
    told = advice(Load(taken.text, taken.pages, len(taken.document.pdf), place))
    stands = _state(receipt).model_dump()
    shown = WritebackTaken.model_validate(stands | {"left_out": taken.left_out, "advice": told})
    return shown.model_dump(mode="json")


def _state(receipt: Receipt) -> WritebackState:
    lit = lamps(receipt.state, filed=receipt.filed, files_by_itself=receipt.files_by_itself)
    return WritebackState(
        document_id=receipt.document_id,
        msg_id=receipt.msg_id,
        state=receipt.state,
        sent=lit.sent,
        received=lit.received,
        filed=lit.filed,
        history=[WritebackEvent(at=at, state=state, code=code) for at, state, code in receipt.history],
    )


def _note_near_miss(launch: Launch, context: Context, document_id: str) -> None:
    portal = parts()
    with portal.database.write() as session:
        event = _event(context, launch.id, document_id, "document_refused", "near_miss_other_patient")
        audit.record(session, event)


def _event(context: Context, launch_id: str, document_id: str, action: str, outcome: str) -> AuditEvent:
    subject = f"document {document_id if is_opaque_id(document_id) else '?'}"
    actor, basis = f"client {grant().client_id}", f"launch {launch_id}"
    return act(action, outcome, actor=actor, subject=subject, basis=basis, context=context)
