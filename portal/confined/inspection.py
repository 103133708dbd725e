"""Whether a PDF may go into a journal: whole, open to read, and it does nothing by itself."""

from __future__ import annotations

from io import BytesIO

import pikepdf

from portal.confined import activity
from portal.domain.confinement import Verdict
from portal.domain.pdf_bytes import first_look

PAGE_LIMIT = 200


def prepare() -> None:
    """Open what a cell could not open any more: qpdf its source of randomness, at the first encrypted file."""
    with pikepdf.new() as made:
        made.save(BytesIO(), encryption=pikepdf.Encryption(owner="owner", user=""))


def inspected(pdf: bytes) -> tuple[Verdict, bytes]:
    """The verdict on a PDF, and nothing made of it.

    It is opened without recovery, and no stream is decoded but those that hold the file's own table and objects.
    Raises MemoryError where that takes too much.
    """
    if code := first_look(pdf):
        return Verdict(code), b""
    try:
        return _opened(pdf), b""
    except pikepdf.PasswordError:
        return Verdict("pdf_encrypted", "password"), b""
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  what a library says of a broken file is not for us to list
        return Verdict("pdf_unreadable", type(error).__name__), b""


def _opened(data: bytes) -> Verdict:
    with pikepdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
        if pdf.is_encrypted:
            return Verdict("pdf_encrypted", "owner")
        try:
            why = activity.found(pdf)
        except activity.TooMuchError:
            return Verdict("pdf_too_costly", "values")
        if why:
            return Verdict("pdf_active_content", why)
        # Whoever mends a broken file sees another one than we did.
        if pdf.get_warnings():
            return Verdict("pdf_unreadable", "warnings")
        pages = len(pdf.pages)
        if not pages:
            return Verdict("pdf_unreadable", "no page")
        return Verdict("pdf_too_many_pages" if pages > PAGE_LIMIT else "", pages=pages)
