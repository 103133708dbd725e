"""What we want to say to a journal, and the rules that the schemas are too weak to hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from portal.domain import person_number
from portal.domain.bodies import PDF_LIMIT
from portal.domain.journal_text import journal_text
from portal.domain.text import single_line
from portal.errors import ContextRejected, MessageRejected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from portal.domain.context import Patient, ReplyTo
    from portal.domain.identity import Organisation


@dataclass(frozen=True)
class Sender:
    """Us in the address register: the organisation's HER-id and below it the service's; `phone` answers questions."""

    name: str
    organisation_number: str
    parent_her_id: str
    her_id: str
    phone: str


@dataclass(frozen=True)
class JournalNote:
    """A short text and a PDF about one patient, for the journal of the clinician who made them.

    `msg_id` is a UUID made once; `generated_at` is aware; `profession` is a code of Volven 9060; `debugging` marks a
    message with synthetic people, which receivers must not act upon.
    """

    msg_id: str
    generated_at: datetime
    sender: Sender
    organisation: Organisation
    reply_to: ReplyTo
    practitioner_name: str
    hpr_number: str
    profession: str
    patient: Patient
    title: str
    text: str
    pdf: bytes
    document_id: str
    debugging: bool


_SKEW = timedelta(minutes=5)
"""So far a host's clock may be behind that of the host which took the document in."""


def check(note: JournalNote, now: datetime) -> None:
    """Hold a note to the rules that receivers reject by and that XSD cannot say (HIS 1077, navikt/padm2).

    Raises MessageRejected (`message_invalid`) naming every broken rule and no value.
    """
    broken = [rule for rules in (_envelope, _address, _people, _content) for rule, holds in rules(note) if not holds]
    if note.generated_at.utcoffset() is None or note.generated_at > now + _SKEW:
        broken.insert(0, "generated_at")
    if broken:
        raise MessageRejected("message_invalid", ", ".join(broken))


def _envelope(note: JournalNote) -> Iterator[tuple[str, bool]]:
    yield "msg_id", _is_uuid(note.msg_id)
    yield "document_id", _matches(r"[A-Za-z0-9._~-]{1,64}", note.document_id)


def _address(note: JournalNote) -> Iterator[tuple[str, bool]]:
    sender, receiver = note.sender, note.reply_to
    yield "sender.name", _is_line(sender.name)
    yield "sender.organisation_number", _matches(r"[0-9]{9}", sender.organisation_number)
    yield "sender.her_id", _are_her_ids(sender.parent_her_id, sender.her_id)
    yield "sender.phone", _matches(r"\+?[0-9]{5,15}", sender.phone)
    yield "receiver.organisation_number", _matches(r"[0-9]{9}", note.organisation.parent)
    yield "receiver.her_id", _are_her_ids(receiver.parent_her_id, receiver.her_id)


def _people(note: JournalNote) -> Iterator[tuple[str, bool]]:
    yield "practitioner.name", _is_line(note.practitioner_name)
    yield "practitioner.hpr_number", _matches(r"[1-9][0-9]{0,8}", note.hpr_number)
    yield "patient.name", _is_line(note.patient.family) and _is_line(note.patient.given)
    yield "patient.number", _is_number_of(note.patient, synthetic=note.debugging)


def _content(note: JournalNote) -> Iterator[tuple[str, bool]]:
    yield "title", _is_line(journal_text(note.title)[0])
    yield "text", bool(journal_text(note.text)[0].strip())
    yield "pdf", note.pdf.startswith(b"%PDF-")
    yield "pdf.size", len(note.pdf) <= PDF_LIMIT


def _is_uuid(value: str) -> bool:
    # Canonical and in lower case: receipts quote it, and other cases are matched against this one.
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def _is_line(value: str) -> bool:
    try:
        return bool(single_line(value))
    except ValueError:
        return False


def _is_number_of(patient: Patient, *, synthetic: bool) -> bool:
    try:
        return person_number.check(patient.number, synthetic=synthetic) == patient.system
    except ContextRejected:
        return False


def _are_her_ids(parent: str, child: str) -> bool:
    return parent != child and all(_matches(r"[1-9][0-9]{0,8}", her_id) for her_id in (parent, child))


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None
