"""What a target sends for a journal, made into a document: a PDF that was looked into, or fields made into one."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from portal.domain import journal_note
from portal.domain.journal_text import journal_text
from portal.domain.report import Report
from portal.errors import DocumentRejected, MessageRejected
from portal.store import documents
from portal.store.documents import Document
from portal.store.notes import note_of
from portal.web.parts import parts

if TYPE_CHECKING:
    from datetime import datetime

    from portal.domain.bodies import WritebackPut
    from portal.domain.confinement import Verdict
    from portal.domain.context import Context
    from portal.domain.launch import Launch


@dataclass(frozen=True)
class Intake:
    """A document that may be stored, and what its sender is told of it.

    `left_out` characters have no sign in the journal or in the PDF; `text` is the length of the text there.
    """

    document: Document
    left_out: int
    text: int
    pages: int


def taken(document_id: str, wanted: WritebackPut, client_id: str, launch: Launch, context: Context) -> Intake:
    """Inspect or make the PDF, and put the document together; nothing is stored.

    Raises DocumentRejected, or Unavailable when PDFs cannot be inspected.
    """
    _have_letters(wanted)
    portal = parts()
    accepted_at, corrects = portal.now(), _corrected(wanted, client_id, launch)
    told, pdf = _inspected(wanted) if wanted.fields is None else _made(wanted, launch, context, accepted_at)
    (_, title_left), (text, text_left) = journal_text(wanted.title), journal_text(wanted.text)
    document = Document(
        id=portal.token(),
        client_id=client_id,
        document_id=document_id,
        launch_id=launch.id,
        digest=_digest(wanted),
        title=wanted.title,
        text=wanted.text,
        pdf=pdf,
        corrects=corrects,
        accepted_at=accepted_at,
    )
    _is_deliverable(document, context)
    return Intake(document, title_left + text_left + told.left_out, len(text), told.pages)


def _is_deliverable(document: Document, context: Context) -> None:
    """What would break a rule of messages is refused now, not hours later; documents need no message."""
    portal = parts()
    if context.reply_to is None:
        return
    try:
        journal_note.check(note_of(portal.settings, document, context, portal.message_id()), portal.now())
    except MessageRejected as error:
        raise DocumentRejected("not_deliverable", error.detail) from error


def _have_letters(wanted: WritebackPut) -> None:
    """A message, or an answer in it, that nothing is left of would fail after we had said yes."""
    written = [wanted.title, wanted.text]
    for field in wanted.fields or ():
        written += [field.label, field.value]
    if not all(journal_text(value)[0].strip() for value in written):
        raise DocumentRejected("text_not_allowed")


def _digest(wanted: WritebackPut) -> str:
    """Over the values, not the bytes: the order of members in JSON means nothing.

    `pdf_sha256` stands for the PDF; of fields it is what was sent, not what was made of it that day.
    """
    without = {"pdf", "fields", "reference"} if wanted.fields is None else {"pdf", "pdf_sha256"}
    return sha256(wanted.model_dump_json(exclude=without).encode()).hexdigest()


def _inspected(wanted: WritebackPut) -> tuple[Verdict, bytes]:
    """The bytes as they were sent, and the verdict on them."""
    try:
        pdf = b64decode(wanted.pdf or "", validate=True)
    except ValueError:
        raise DocumentRejected("not_a_pdf", "pdf is not base64") from None
    if sha256(pdf).hexdigest() != wanted.pdf_sha256:
        raise DocumentRejected("pdf_digest_mismatch")
    return parts().inspector.inspect(pdf), pdf


def _made(wanted: WritebackPut, launch: Launch, context: Context, made_at: datetime) -> tuple[Verdict, bytes]:
    """A PDF of the fields: what is delivered later is what is made now."""
    portal = parts()
    titles = {service.id: service.title.nb for service in portal.shelf.stock().catalogue.services}
    report = Report(
        title=wanted.title,
        patient=context.patient,
        reporter=context.practitioner.name,
        hpr_number=context.practitioner.hpr_number or "",
        service=titles.get(launch.service_id, launch.service_id),
        reference=wanted.reference or "",
        fields=wanted.fields or (),
        made_at=made_at,
    )
    return portal.inspector.render(report)


def _corrected(wanted: WritebackPut, client_id: str, launch: Launch) -> str | None:
    """Our own id of an earlier document of the same client and patient."""
    if wanted.corrects is None:
        return None
    with parts().database.read() as session:
        found = documents.of_same_patient(session, client_id, wanted.corrects, launch)
    if found is None:
        raise DocumentRejected("corrects_unknown")
    return found
