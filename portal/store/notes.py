"""A document as the note that goes to the journal: what was sent, and what its context and our settings add to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.context import ReplyTo
from portal.domain.journal_note import JournalNote, Sender
from portal.domain.professions import UNKNOWN

if TYPE_CHECKING:
    from portal.domain.context import Context
    from portal.settings import Settings
    from portal.store.documents import Document

NOWHERE = ReplyTo("", "")
"""The address of a journal that takes no messages: a document needs none, and no message goes out with it."""


def note_of(
    settings: Settings, document: Document, context: Context, msg_id: str, receiver: ReplyTo | None = None
) -> JournalNote:
    """Return the note, always the same for the same document; `receiver` beats the context's address.

    Held to no rule: `journal_note.check` does that, at intake and again before the message is sent.
    """
    return JournalNote(
        msg_id=msg_id,
        generated_at=document.accepted_at,
        sender=Sender(
            name=settings.sender_name,
            organisation_number=settings.sender_organisation_number,
            parent_her_id=settings.sender_parent_her_id,
            her_id=settings.sender_her_id,
            phone=settings.sender_phone,
        ),
        organisation=context.organisation,
        reply_to=receiver or context.reply_to or NOWHERE,
        practitioner_name=context.practitioner.name,
        hpr_number=context.practitioner.hpr_number or "",
        profession=context.practitioner.profession or UNKNOWN,
        patient=context.patient,
        title=document.title,
        text=document.text,
        pdf=document.pdf,
        document_id=document.document_id,
        debugging=not settings.production,
    )
