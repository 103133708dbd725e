"""A report that came as fields, on paper: PDF/A-2a that can be read, searched and read aloud."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from portal.adapters.confined import Inspector
from portal.domain.bodies import WritebackField
from portal.domain.context import Patient
from portal.domain.oids import DNR, FNR
from portal.domain.report import Report

REPORT = Report(
    title="Dødsmelding",
    patient=Patient("31817541278", FNR, "Danser", "Line", date(1975, 1, 31)),
    reporter="Anna Fastlege",
    hpr_number="999999901",
    service="Dødsårsaksregisteret",
    reference="FHI-2026-0001",
    fields=(
        WritebackField(label="Årsak", value="Hjertesvikt"),
        WritebackField(label="Merknad", value="Første linje\nandre linje"),
    ),
    made_at=datetime(2026, 11, 26, 8, 14, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def inspector() -> Inspector:
    return Inspector()


def words(pdf: bytes) -> str:
    """What a search finds: the characters of every glyph that is shown (ISO 32000-1 §9.10)."""
    with pikepdf.open(BytesIO(pdf)) as made:
        return "\n".join(_shown(page) for page in made.pages)


def _shown(page: pikepdf.Page) -> str:
    fonts = {name: _characters(font) for name, font in page.resources.Font.items()}
    said = ""
    current: dict[str, str] = {}
    for operands, operator in _instructions(page):
        if operator == "Tf":
            current = fonts[str(operands[0])]
        elif operator in {"Tj", "TJ"}:
            shown = operands[0] if operator == "TJ" else [operands[0]]
            for part in shown:
                if isinstance(part, pikepdf.String):
                    codes = bytes(part).hex()
                    said += "".join(current[codes[at : at + 4]] for at in range(0, len(codes), 4))
        elif operator == "EMC":
            said += "\n"
    return said


def _instructions(page: pikepdf.Page) -> list[tuple[Any, str]]:
    return [(one.operands, str(one.operator)) for one in pikepdf.parse_content_stream(page)]


def _characters(font: pikepdf.Object) -> dict[str, str]:
    table = font.ToUnicode.read_bytes().decode("ascii")
    pairs = re.findall(r"^<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>$", table, re.MULTILINE)
    return {code.lower(): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}


def test_it_says_what_was_reported_of_whom_by_whom_and_when(inspector: Inspector) -> None:
    told, pdf = inspector.render(REPORT)
    assert (told.pages, told.left_out, told.size) == (1, 0, len(pdf))
    said = words(pdf)
    for expected in (
        *("Dødsmelding", "Line Danser", "Fødselsnummer", "31817541278", "Anna Fastlege", "999999901"),
        *("Dødsårsaksregisteret", "FHI-2026-0001", "26.11.2026 kl. 09:14", "Årsak", "Hjertesvikt"),
        *("Merknad", "Første linje", "andre linje", "Side 1 av 1"),
    ):
        assert expected in said


def test_it_is_tagged_PDF_A_in_Norwegian_with_its_fonts(inspector: Inspector) -> None:  # noqa: N802  PDF/A
    with pikepdf.open(BytesIO(inspector.render(REPORT)[1]), attempt_recovery=False) as made:
        assert made.open_metadata().pdfa_status == "2A"
        assert made.Root.MarkInfo.Marked
        assert str(made.Root.Lang) == "nb-NO"
        assert made.Root.StructTreeRoot.K
        assert made.docinfo["/Title"] == "Dødsmelding"
        assert made.docinfo["/Author"] == "Anna Fastlege"
        for font in made.pages[0].resources.Font.values():
            assert "/FontFile3" in font.DescendantFonts[0].FontDescriptor
        roles = {str(thing.S) for thing in made.objects if isinstance(thing, pikepdf.Dictionary) and "/S" in thing}
        assert {"/Document", "/H1", "/L", "/LI"} <= roles


def test_the_same_report_is_the_same_bytes_and_another_minute_is_not(inspector: Inspector) -> None:
    _, pdf = inspector.render(REPORT)
    assert inspector.render(REPORT)[1] == pdf
    assert Inspector().render(REPORT)[1] == pdf
    assert inspector.render(replace(REPORT, made_at=datetime(2026, 11, 26, 8, 15, tzinfo=UTC)))[1] != pdf


def test_what_we_make_we_would_take(inspector: Inspector) -> None:
    assert inspector.inspect(inspector.render(REPORT)[1]).pages == 1


def test_a_D_number_is_called_that(inspector: Inspector) -> None:  # noqa: N802  D-number
    said = words(inspector.render(replace(REPORT, patient=replace(REPORT.patient, system=DNR)))[1])
    assert "D-nummer" in said
    assert "Fødselsnummer" not in said


def test_without_a_reference_there_is_no_word_of_it(inspector: Inspector) -> None:
    assert "Referanse" in words(inspector.render(REPORT)[1])
    assert "Referanse" not in words(inspector.render(replace(REPORT, reference=""))[1])


def _with(value: str) -> Report:
    return replace(REPORT, fields=(WritebackField(label="Svar", value=value),))


@pytest.mark.parametrize("written", ["Ŋuorra, đ ŧ", "10⁹ µg ≤ 5 – «sitat»", "Привет", "#strong[x] *y* $z$"])
def test_what_the_fonts_have_stands_as_it_was_written(inspector: Inspector, written: str) -> None:
    told, pdf = inspector.render(_with(written))
    assert told.left_out == 0
    assert written in words(pdf)


def test_what_the_fonts_lack_is_left_out_and_counted(inspector: Inspector) -> None:
    told, pdf = inspector.render(_with("日本 blir borte – 5 mg"))
    assert told.left_out == 2
    assert "blir borte - 5 mg" in words(pdf)


def test_signs_that_turn_the_order_do_not_count(inspector: Inspector) -> None:
    told, pdf = inspector.render(_with("Dose \u202egm 5\u202c daglig"))
    assert told.left_out == 0
    assert "Dose gm 5 daglig" in words(pdf)


def test_the_most_that_may_be_sent_is_made(inspector: Inspector) -> None:
    most = tuple(WritebackField(label="x" * 200, value="lang " * 399 + "slutt") for _ in range(60))
    told, pdf = inspector.render(replace(REPORT, fields=most))
    assert 10 < told.pages < 60
    assert words(pdf).count("slutt") == 60
    assert told.peak_kb < 256 * 1024


def test_a_word_that_is_wider_than_the_page_stays_on_it(inspector: Inspector) -> None:
    _, pdf = inspector.render(_with("x" * 2000))
    assert words(pdf).replace("\u200b", "").replace("\n", "").count("x" * 2000) == 1
    with pikepdf.open(BytesIO(pdf)) as made:
        shown = [operands[0] for operands, operator in _instructions(made.pages[0]) if operator == "TJ"]
    longest = max(sum(len(bytes(part)) for part in run if isinstance(part, pikepdf.String)) for run in shown)
    assert longest // 2 < 120
