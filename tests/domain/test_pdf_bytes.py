from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from portal.domain.pdf_bytes import first_look

WHOLE = b"%PDF-1.7\nwhatever\n%%EOF"


@pytest.mark.parametrize("content", [WHOLE, WHOLE + b"\r\n", WHOLE + b"\n\n%%EOF\n", b"%PDF-2.0\n", b"%PDF-1.4 %%EO"])
def test_nothing_speaks_against_it_yet(content: bytes) -> None:
    assert first_look(content) == ""


@pytest.mark.parametrize("content", [b"", b"%PDF-", b"%PDF-1", b"%PDF-3.0", b"%pdf-1.7", b" " + WHOLE, b"\0" + WHOLE])
def test_the_header_stands_at_the_first_byte(content: bytes) -> None:
    assert first_look(content) == "not_a_pdf"


@pytest.mark.parametrize("tail", [b"x", b"\n%", b"%%EO", b"\nPK\x03\x04", b"\x0b"])
def test_nothing_follows_the_end(tail: bytes) -> None:
    assert first_look(WHOLE + tail) == "pdf_trailing_data"


@pytest.mark.parametrize("comment", [b"%%EOF", b"\nstartxref\n9\n%%EOF\n"])
def test_a_zip_is_seen_behind_the_end_of_a_pdf_in_its_comment(comment: bytes) -> None:
    archive = BytesIO(WHOLE)
    archive.seek(0, 2)
    with zipfile.ZipFile(archive, "a") as packed:
        packed.writestr("a", "a")
        packed.comment = comment
    assert first_look(archive.getvalue()) == "pdf_trailing_data"


def test_the_mark_of_a_zip_within_is_chance() -> None:
    assert first_look(WHOLE.replace(b"whatever", b"PK\x05\x06" + bytes(18))) == ""
