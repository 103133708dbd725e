"""What the bytes of a PDF tell before anybody opens it (ISO 32000-1 §7.5)."""

from __future__ import annotations

import re

_HEADER = re.compile(rb"%PDF-[12]\.[0-9]")
_BLANK = b"\0\t\n\f\r "
_ZIP_END, _ZIP_END_SIZE = b"PK\x05\x06", 22


def first_look(pdf: bytes) -> str:
    """A code of DocumentRejected, or nothing: the header stands at byte 0, and no other file is hung on."""
    if not _HEADER.match(pdf):
        return "not_a_pdf"
    _, end, tail = pdf.rpartition(b"%%EOF")
    if (end and tail.strip(_BLANK)) or _is_zip_too(pdf):
        return "pdf_trailing_data"
    return ""


def _is_zip_too(pdf: bytes) -> bool:
    """Whether a ZIP ends where the PDF does; the comment of its last record can hold a %%EOF (APPNOTE 4.3.16)."""
    last = pdf.rfind(_ZIP_END)
    comment = last + _ZIP_END_SIZE
    return last >= 0 and comment + int.from_bytes(pdf[comment - 2 : comment], "little") == len(pdf)
