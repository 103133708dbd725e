"""Path 4, write-back: a document for the journal is taken in whole, in one transaction, or refused."""

from __future__ import annotations

import hmac
from base64 import b64decode
from hashlib import sha256
from typing import TYPE_CHECKING

from flask import Blueprint, jsonify

from portal.domain.bodies import PDF_LIMIT, WritebackEvent, WritebackPut, WritebackState
from portal.domain.delivery import lamps
from portal.domain.journal_text import journal_text
from portal.domain.text import is_opaque_id
from portal.errors import DocumentRejected, NotFound, TokenRejected
from portal.store import audit, contexts, documents, launches
from portal.store.documents import Document
from portal.web.acts import act
from portal.web.bodies import body
from portal.web.guards import grant, writeback_grant
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.audit import AuditEvent
    from portal.domain.context import Context
    from portal.domain.launch import Launch
    from portal.store.documents import Receipt

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
    document = _document(document_id, wanted, launch)
    fresh = _accept(document, context)
    receipt = _receipt(document_id)
    if not hmac.compare_digest(receipt.digest, document.digest):
        raise DocumentRejected("document_conflict")
    return jsonify(_state(receipt)), 202 if fresh else 200


@blueprint.get("/<document_id>")
@writeback_grant
def get(document_id: str) -> ResponseReturnValue:
    """Where the document is."""
    return jsonify(_state(_receipt(document_id)))


def _launched() -> tuple[Launch, Context]:
    """The launch behind the grant and its context, which may have ended long ago."""
    portal = parts()
    with portal.database.read() as session:
        launch = launches.find(session, grant().launch_id)
        context = contexts.find(session, portal.vault, launch.context_id) if launch else None
    if launch is None or context is None or context.reply_to is None:
        raise TokenRejected("invalid_token")
    return launch, context


def _document(document_id: str, wanted: WritebackPut, launch: Launch) -> Document:
    if not is_opaque_id(document_id):
        raise NotFound("document_unknown")
    # A message that nothing is left of would fail after we had said yes.
    if not all(journal_text(value)[0].strip() for value in (wanted.title, wanted.text)):
        raise DocumentRejected("text_not_allowed")
    portal = parts()
    return Document(
        id=portal.token(),
        client_id=grant().client_id,
        document_id=document_id,
        launch_id=launch.id,
        # Over the values, not the bytes: the order of members in JSON means nothing.
        digest=sha256(wanted.model_dump_json(exclude={"pdf"}).encode()).hexdigest(),
        title=wanted.title,
        text=wanted.text,
        pdf=_pdf(wanted),
        corrects=_corrected(wanted, launch),
        accepted_at=portal.now(),
    )


def _pdf(wanted: WritebackPut) -> bytes:
    """The bytes as they were sent; `pdf_sha256` stands for them in the document's digest."""
    try:
        pdf = b64decode(wanted.pdf, validate=True)
    except ValueError:
        raise DocumentRejected("not_a_pdf", "pdf is not base64") from None
    if not pdf.startswith(b"%PDF-") or b"%%EOF" not in pdf[-1024:]:
        raise DocumentRejected("not_a_pdf")
    if sha256(pdf).hexdigest() != wanted.pdf_sha256:
        raise DocumentRejected("pdf_digest_mismatch")
    return pdf


def _corrected(wanted: WritebackPut, launch: Launch) -> str | None:
    """Our own id of an earlier document of the same client and patient."""
    if wanted.corrects is None:
        return None
    with parts().database.read() as session:
        found = documents.of_same_patient(session, grant().client_id, wanted.corrects, launch)
    if found is None:
        raise DocumentRejected("corrects_unknown")
    return found


def _accept(document: Document, context: Context) -> bool:
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


def _state(receipt: Receipt) -> dict[str, object]:
    lit = lamps(receipt.state, filed=receipt.filed, files_by_itself=receipt.files_by_itself)
    shown = WritebackState(
        document_id=receipt.document_id,
        msg_id=receipt.msg_id,
        state=receipt.state,
        sent=lit.sent,
        received=lit.received,
        filed=lit.filed,
        history=[WritebackEvent(at=at, state=state, code=code) for at, state, code in receipt.history],
    )
    return shown.model_dump(mode="json")


def _note_near_miss(launch: Launch, context: Context, document_id: str) -> None:
    portal = parts()
    with portal.database.write() as session:
        event = _event(context, launch.id, document_id, "document_refused", "near_miss_other_patient")
        audit.record(session, event)


def _event(context: Context, launch_id: str, document_id: str, action: str, outcome: str) -> AuditEvent:
    subject = f"document {document_id if is_opaque_id(document_id) else '?'}"
    actor, basis = f"client {grant().client_id}", f"launch {launch_id}"
    return act(action, outcome, actor=actor, subject=subject, basis=basis, context=context)
