"""What a journal reads from a Dialogmelding in a MsgHead (HIS 80603)."""

from __future__ import annotations

from base64 import b64decode
from typing import NamedTuple

from portal.domain.xml import parse_xml

_LIMIT = 20 * 1024 * 1024


class Note(NamedTuple):
    """One message: who it is about, what the journal shows, and the PDF as it came."""

    msg_id: str
    patient_number: str
    title: str
    text: str
    pdf: bytes


def read(message: bytes) -> Note:
    """Read a message by element names alone, as lenient as receivers are; raises ValueError."""
    root = parse_xml(message, _LIMIT, long_text=True)

    def text(path: str) -> str:
        return (root.findtext(".//{*}" + path.replace("/", "/{*}")) or "").strip()

    return Note(
        msg_id=text("MsgInfo/MsgId"),
        patient_number=text("Patient/Ident/Id"),
        title=text("Notat/Tema"),
        text=text("Notat/TekstNotatInnhold"),
        pdf=b64decode(text("Base64Container"), validate=True),
    )
