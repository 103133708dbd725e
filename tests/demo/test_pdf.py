from __future__ import annotations

import re

from portal.demo.target import pdf


def test_every_object_lies_where_the_table_says() -> None:
    document = pdf.write(["Kvittering (kopi)", "Blåbær \\ syltetøy", "snømann ☃"])
    start = int(document.rpartition(b"startxref\n")[2].split()[0])
    assert document[start:].startswith(b"xref\n0 6\n")
    offsets = [int(entry) for entry in re.findall(rb"(\d{10}) 00000 n ", document)]
    for number, offset in enumerate(offsets, start=1):
        assert document[offset:].startswith(b"%d 0 obj\n" % number)


def test_the_stream_is_as_long_as_it_says_and_escapes_what_it_must() -> None:
    document = pdf.write(["Kvittering (kopi)", "Blåbær \\"])
    found = re.search(rb"/Length (\d+) >>\nstream\n(.*)\nendstream", document, re.DOTALL)
    assert found
    assert len(found[2]) == int(found[1])
    assert rb"(Kvittering \(kopi\))" in found[2]
    assert "(Blåbær \\\\)".encode("cp1252") in found[2]
