"""facts/security §4.7, the PDF: what is not one, what is two things at once, and what does something by itself."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from support import pdfs
from support.notes import NOTE

from portal.domain import dialogmelding

if TYPE_CHECKING:
    from support.uploads import Desk

pytestmark = pytest.mark.hostile

MEMORY_KB = 256 * 1024


def refused(desk: Desk, pdf: bytes, code: str) -> None:
    """422, and nothing is stored."""
    before = desk.stored()
    desk.refused(desk.put(pdf), 422, code)
    assert desk.stored() == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-",
        b"<!DOCTYPE html><html><body>%PDF-1.7</body></html>",
        b"MZ\x90\x00" + bytes(60) + b"PE\x00\x00",
        pdfs.zipped(),
        b"\xef\xbb\xbf" + pdfs.PLAIN,
        b"\n" + pdfs.PLAIN,
        pdfs.zipped() + pdfs.PLAIN,
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"%PDF-9.9\n" + pdfs.PLAIN[9:],
    ],
    ids=["empty", "header only", "HTML", "EXE", "zip or docx", "BOM", "line before", "zip before", "PostScript", "9.9"],
)
def test_H155_what_is_not_a_PDF_from_its_first_byte_is_refused(desk: Desk, content: bytes) -> None:
    refused(desk, content, "not_a_pdf")


@pytest.mark.parametrize(
    "content",
    [pdfs.PLAIN + pdfs.zipped(), pdfs.polyglot(), pdfs.PLAIN + b"<script>", pdfs.PLAIN + b"\xff"],
    ids=["zip behind", "zip with a PDF's end in its comment", "HTML behind", "a byte behind"],
)
def test_H157_a_PDF_that_is_something_else_too_is_refused(desk: Desk, content: bytes) -> None:
    refused(desk, content, "pdf_trailing_data")


def test_H157_white_space_behind_the_end_is_nothing(desk: Desk) -> None:
    assert desk.put(pdfs.PLAIN + b"\r\n \t\0").status == 202


@pytest.mark.parametrize("user", ["", "secret"], ids=["anybody may read", "a password is asked for"])
def test_H159_an_encrypted_PDF_is_refused(desk: Desk, user: str) -> None:
    refused(desk, pdfs.encrypted(user), "pdf_encrypted")


@pytest.mark.parametrize("where", ["OpenAction", "A", "deep"])
@pytest.mark.parametrize("kind", ["Launch", "JavaScript", "Rendition", "Movie", "Sound", "RichMediaExecute"])
def test_H161_an_action_that_starts_something_is_refused(desk: Desk, kind: str, where: str) -> None:
    refused(desk, pdfs.with_action({"S": Name(f"/{kind}")}, where), "pdf_active_content")


def additional_actions(made: Pdf) -> None:
    made.pages[0].AA = Dictionary(O=Dictionary(S=Name.GoTo))


def behind_another(made: Pdf) -> None:
    following = made.make_indirect(Dictionary(S=Name.Launch, F=String("cmd.exe")))
    made.Root.OpenAction = Dictionary(S=Name.GoTo, D=String("here"), Next=Array([following]))


def named_elsewhere(made: Pdf) -> None:
    made.Root.OpenAction = Dictionary(S=made.make_indirect(Name.JavaScript))


def in_a_circle(made: Pdf) -> None:
    round_about = made.make_indirect(Dictionary(S=Name.Launch))
    round_about.Next = round_about
    made.Root.PieceInfo = Array([round_about, round_about])


@pytest.mark.parametrize("change", [additional_actions, behind_another, named_elsewhere, in_a_circle])
def test_H161_it_is_found_wherever_it_hides(desk: Desk, change: Any) -> None:
    refused(desk, pdfs.pages(1, change=change), "pdf_active_content")


@pytest.mark.parametrize("name", [b"/J#61vaScript", b"/#4a#61#76#61#53#63#72#69#70#74"])
def test_H161_a_name_in_disguise_is_the_same_name(desk: Desk, name: bytes) -> None:
    plain = pdfs.pages(1, change=lambda made: setattr(made.Root, "XX", Dictionary(S=Name("/Placeholder"))))
    content = plain.replace(b"/Placeholder", name)
    # Behind what changed its length the table of contents is off: written again, the name stays as it is.
    assert name in content
    moved = len(name) - len(b"/Placeholder")
    refused(desk, _moved(content, content.find(name), moved), "pdf_active_content")


def _moved(content: bytes, place: int, by: int) -> bytes:
    def entry(found: re.Match[bytes]) -> bytes:
        offset = int(found[1])
        return b"%010d 00000 n" % (offset + by if offset > place else offset)

    content = re.sub(rb"(\d{10}) 00000 n", entry, content)
    return re.sub(rb"startxref\n(\d+)", lambda found: b"startxref\n%d" % (int(found[1]) + by), content)


@pytest.mark.parametrize(
    "content",
    [
        pdfs.with_attachment(),
        pdfs.in_catalog(AF=Array([Dictionary(Type=Name.Filespec, F="a", EF=Dictionary())])),
        pdfs.in_catalog(Names=Dictionary(EmbeddedFiles=Dictionary(Names=Array([])))),
        pdfs.in_catalog(AcroForm=Dictionary(XFA=Array([]))),
        pdfs.in_catalog(X=Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment)),
        pdfs.in_catalog(X=Dictionary(Type=Name.Annot, Subtype=Name.RichMedia)),
        pdfs.in_catalog(Names=Dictionary(JavaScript=Dictionary(Names=Array([])))),
        pdfs.pages(1, change=lambda made: setattr(made.Root, "X", Stream(made, b"", F=String("/etc/passwd")))),
    ],
    ids=["attachment", "associated", "tree of files", "XFA", "annotation", "rich media", "tree of scripts", "external"],
)
def test_H163_a_PDF_that_brings_something_along_is_refused(desk: Desk, content: bytes) -> None:
    refused(desk, content, "pdf_active_content")


@pytest.mark.parametrize("where", ["OpenAction", "A", "deep"])
@pytest.mark.parametrize("kind", ["SubmitForm", "ImportData", "GoToR", "GoToE"])
def test_H165_an_action_that_leads_out_is_refused(desk: Desk, kind: str, where: str) -> None:
    refused(desk, pdfs.with_action({"S": Name(f"/{kind}"), "F": "x"}, where), "pdf_active_content")


@pytest.mark.parametrize(
    "address", ["file:///c:/x.exe", "javascript:x()", "java\tscript:x()", "\\\\server\\x", "//server/x", "data:,x"]
)
def test_H165_a_link_that_is_no_link_to_the_web_is_refused(desk: Desk, address: str) -> None:
    refused(desk, pdfs.with_action({"S": Name.URI, "URI": address}, "A"), "pdf_active_content")


@pytest.mark.parametrize(
    "action",
    [
        {"S": Name.GoTo, "D": "side2"},
        {"S": Name.Named, "N": Name.NextPage},
        {"S": Name.URI, "URI": "https://www.fhi.no/a?b=c:d"},
        {"S": Name.URI, "URI": "mailto:post@fhi.no"},
        {"S": Name.URI, "URI": "www.fhi.no/a:b"},
    ],
    ids=str,
)
@pytest.mark.parametrize("where", ["OpenAction", "A"])
def test_H165_a_link_within_or_to_the_web_is_no_harm(desk: Desk, action: dict[str, Any], where: str) -> None:
    assert desk.put(pdfs.with_action(action, where)).status == 202


def test_H167_a_bomb_that_nobody_has_to_unpack_is_not_unpacked(desk: Desk) -> None:
    bomb = pdfs.bomb()
    assert 290_000 < len(bomb) < 400_000
    assert desk.put(bomb, "bomb").status == 202
    assert desk.pdf_of("bomb") == bomb
    assert desk.world.app.extensions["portal"].inspector.inspect(bomb).peak_kb < MEMORY_KB // 4


def test_H167_a_bomb_that_the_file_itself_is_kept_in_meets_the_limit(desk: Desk) -> None:
    refused(desk, pdfs.packed_bomb(), "pdf_too_costly")
    # The same file with less in it is in order: what was refused is the size.
    inspector = desk.world.app.extensions["portal"].inspector
    assert 0 < inspector.inspect(pdfs.packed_bomb(16 << 20)).peak_kb < MEMORY_KB


def test_H167_more_than_anybody_could_look_at_meets_the_limit(desk: Desk) -> None:
    many = pdfs.in_catalog(X=Array([Array([0] * 1000) for _ in range(300)]))
    refused(desk, many, "pdf_too_costly")


def test_H167_more_pages_than_anybody_reads_are_refused(desk: Desk) -> None:
    refused(desk, pdfs.pages(201), "pdf_too_many_pages")
    assert desk.put(pdfs.pages(200)).json()["advice"] == ["pages_many", "many_documents"]


@pytest.mark.parametrize(
    "content",
    [
        pdfs.PLAIN[:-30],
        pdfs.PLAIN[: len(pdfs.PLAIN) // 2],
        pdfs.PLAIN[:300] + b"\nstartxref\n0\n%%EOF\n",
        re.sub(rb"startxref\n\d+", b"startxref\n5", pdfs.PLAIN),
        re.sub(rb"0000000\d\d\d 00000 n", b"0000000123 00000 n", pdfs.PLAIN),
        pdfs.PLAIN.replace(b"5 0 obj", b"5 0 obx"),
        pdfs.PLAIN.replace(b"/Count 1", b"/Count ]"),
        b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        pdfs.pages(0),
        pdfs.in_catalog(X=Array([])).replace(b"/X [ ]", b"/X " + b"[" * 2 + b"  "),
    ],
    ids=["end cut off", "half", "no table", "start", "offsets", "one object", "syntax", "no table", "no page", "open"],
)
def test_H169_a_broken_PDF_is_not_mended(desk: Desk, content: bytes) -> None:
    refused(desk, content, "pdf_unreadable")


def test_H171_a_signed_PDF_is_delivered_byte_for_byte(desk: Desk) -> None:
    signed = pdfs.signed()
    assert signed.count(b"%%EOF") == 2
    assert desk.put(signed, "signed").status == 202
    kept = desk.pdf_of("signed")
    assert kept == signed
    message = etree.fromstring(dialogmelding.build(replace(NOTE, pdf=kept)))
    (carried,) = message.iter("{*}Base64Container")
    assert b64decode(carried.text or "") == signed
