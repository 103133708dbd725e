"""PDFs of a wanted size, as a target makes them: text, and pictures that do not shrink."""

from __future__ import annotations

import os
from functools import cache
from io import BytesIO

from pikepdf import Dictionary, Name, Pdf, Stream

_PICTURE = 100_000
_PAGES, _ALL_ELSE = 12, 1_100  # bytes of a page without its picture, at most
_TEXT = b"BT /F 12 Tf 72 770 Td (Melding) Tj ET q 451 0 0 250 72 400 cm /P Do Q"


@cache
def pdf(size: int) -> bytes:
    """A PDF of nearly this many bytes, never more: a picture a page, of 100 kB if that does not make too many pages."""
    made = Pdf.new()
    font = made.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    pages = max(1, min(_PAGES, size // _PICTURE))
    for _ in range(pages):
        page = made.add_blank_page(page_size=(595, 842))
        page.Resources = Dictionary(Font=Dictionary(F=font), XObject=Dictionary(P=_picture(made, size // pages)))
        page.Contents = made.make_stream(_TEXT)
    written = BytesIO()
    made.save(written)
    assert size * 0.9 < len(written.getvalue()) <= size, len(written.getvalue())
    return written.getvalue()


def _picture(made: Pdf, size: int) -> Stream:
    grey = os.urandom(size - _ALL_ELSE)
    said = {"Width": 1, "Height": len(grey), "BitsPerComponent": 8, "ColorSpace": Name.DeviceGray}
    return Stream(made, grey, Type=Name.XObject, Subtype=Name.Image, **said)
