"""PDFs as portals make them, and as nobody should."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from portal.demo.target import pdf as demo

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[Pdf], None]

PLAIN = demo.write(["Dødsmelding er sendt."])


def saved(made: Pdf, **options: Any) -> bytes:
    """The bytes of a PDF, which is closed."""
    written = BytesIO()
    with made:
        made.save(written, **options)
    return written.getvalue()


def pages(count: int, *, change: Change | None = None, **options: Any) -> bytes:
    """A PDF of blank pages, changed before it is written."""
    made = pikepdf.new()
    for _ in range(count):
        made.add_blank_page()
    if change:
        change(made)
    return saved(made, **options)


def with_action(action: dict[str, Any], where: str = "OpenAction") -> bytes:
    """One page that does something: when it is opened, or by a link on it (`A`), or hidden deep below (`deep`)."""

    def change(made: Pdf) -> None:
        doing = Dictionary(Type=Name.Action, **action)
        if where == "OpenAction":
            made.Root.OpenAction = made.make_indirect(doing)
        elif where == "A":
            link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=doing)
            made.pages[0].Annots = Array([made.make_indirect(link)])
        else:
            hidden = Array([doing])
            for _ in range(100):
                hidden = Array([Dictionary(Kids=hidden)])
            made.Root.PieceInfo = hidden

    return pages(1, change=change)


def in_catalog(**entries: Any) -> bytes:
    """One page, and these entries in the catalog."""

    def change(made: Pdf) -> None:
        for name, value in entries.items():
            made.Root[f"/{name}"] = value

    return pages(1, change=change)


def with_attachment() -> bytes:
    """One page that brings a file along."""

    def change(made: Pdf) -> None:
        made.attachments["x.exe"] = pikepdf.AttachedFileSpec(made, b"MZ")

    return pages(1, change=change)


def encrypted(user: str = "") -> bytes:
    """Whoever has it may read it, unless `user` is a password, but not change it."""
    return pages(1, encryption=pikepdf.Encryption(owner="owner", user=user))


def zipped() -> bytes:
    """A ZIP with one file in it."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a.txt", "a")
    return written.getvalue()


def polyglot() -> bytes:
    """A ZIP behind the PDF, and a second end of the PDF in the ZIP's comment: each program finds its own."""
    written = BytesIO(PLAIN)
    written.seek(0, 2)
    start = PLAIN.rpartition(b"startxref")[2]
    with zipfile.ZipFile(written, "a") as archive:
        archive.writestr("a.txt", "a")
        archive.comment = b"\nstartxref" + start
    return written.getvalue()


def heavy(size: int) -> bytes:
    """A page with a drawing of this many bytes, which are not packed."""

    def change(made: Pdf) -> None:
        made.pages[0].Contents = Stream(made, b" " * size)

    return pages(1, change=change, compress_streams=False)


def spaces(size: int) -> bytes:
    """This many spaces, deflated to a thousandth."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(b" " * 1024 * 1024) for _ in range(size >> 20)) + packer.flush()


def bomb(expanded: int = 300 * 1024 * 1024) -> bytes:
    """A page whose drawing is this many bytes when somebody unpacks it."""

    def change(made: Pdf) -> None:
        made.pages[0].Contents = Stream(made, spaces(expanded), Filter=Name.FlateDecode)

    return pages(1, change=change, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def packed_bomb(expanded: int = 300 * 1024 * 1024) -> bytes:
    """As `bomb`, where the file keeps its own objects (ISO 32000-1 §7.5.7): who reads it must unpack it."""
    objects = (
        b"<</Type/Catalog/Pages 3 0 R>>",
        b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
        b"<</Type/Page/Parent 3 0 R/MediaBox[0 0 9 9]/Resources<<>>>>",
    )
    offsets = [sum(map(len, objects[:place])) for place in range(3)]
    index = b" ".join(b"%d %d" % (place + 2, offset) for place, offset in enumerate(offsets)) + b" "
    packer = zlib.compressobj(9)
    packed = packer.compress(index + b"".join(objects))
    packed += b"".join(packer.compress(b" " * 1024 * 1024) for _ in range(expanded >> 20)) + packer.flush()
    file = b"%PDF-1.5\n"
    first = len(file)
    file += b"1 0 obj\n<</Type/ObjStm/N 3/First %d/Filter/FlateDecode/Length %d>>stream\n" % (len(index), len(packed))
    file += packed + b"\nendstream\nendobj\n"
    entries = [(0, 0, 0), (1, first, 0), (2, 1, 0), (2, 1, 1), (2, 1, 2), (1, len(file), 0)]
    table = b"".join(struct.pack(">BIB", *entry) for entry in entries)
    start = len(file)
    file += b"5 0 obj\n<</Type/XRef/Size 6/W[1 4 1]/Root 2 0 R/Length %d>>stream\n" % len(table)
    return file + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start


def signed() -> bytes:
    """One page with a signature, and a second revision behind it, as a signer leaves them (ISO 32000-1 §12.8)."""

    def change(made: Pdf) -> None:
        value = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), SubFilter=Name("/adbe.pkcs7.detached"))
        value.ByteRange, value.Contents = Array([0, 840, 960, 240]), pikepdf.String(b"\x30\x80" + bytes(60))
        field = Dictionary(FT=Name.Sig, T="Signature1", V=made.make_indirect(value), Type=Name.Annot)
        field.Subtype, field.Rect, field.F = Name.Widget, Array([0, 0, 0, 0]), 132
        widget = made.make_indirect(field)
        made.pages[0].Annots = Array([widget])
        made.Root.AcroForm = Dictionary(SigFlags=3, Fields=Array([widget]))

    first = pages(1, change=change, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    before = first.rpartition(b"startxref\n")[2].split()[0]
    size = re.search(rb"/Size (\d+)", first)
    root = re.search(rb"/Root (\d+ 0 R)", first)
    assert size
    assert root
    trailer = b"trailer\n<</Size %s/Root %s/Prev %s>>\n" % (size[1], root[1], before)
    return first + b"xref\n0 0\n" + trailer + b"startxref\n%d\n%%%%EOF\n" % len(first)
