"""Makes a report that came as fields into a PDF/A-2a (ISO 19005-2): tagged, searchable, its fonts in it."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pikepdf
import typst

from portal.domain.confinement import Verdict
from portal.domain.report import in_latin_1

_TEMPLATE = Path(__file__).with_name("report.typ")


class Renderer:
    """The template and the fonts that typst brings, read once; the machine's own fonts would make other bytes."""

    def __init__(self) -> None:
        fonts = typst.Fonts(include_system_fonts=False)
        self._compiler = typst.Compiler(font_paths=fonts, ignore_system_fonts=True)
        self._template = _TEMPLATE.read_bytes()

    def rendered(self, report: bytes) -> tuple[Verdict, bytes]:
        """The PDF of a report (`Report.data` as JSON), the same bytes each time.

        PDF/A does not take a character that the fonts lack. Then the whole report is written in the letters that
        journals have, which they do not.
        """
        data, left_out = json.loads(report), 0
        try:
            pdf = self._compiled(data)
        except typst.TypstError:
            data, left_out = in_latin_1(data)
            pdf = self._compiled(data)
        with pikepdf.open(BytesIO(pdf), attempt_recovery=False) as made:
            return Verdict(pages=len(made.pages), left_out=left_out), pdf

    def _compiled(self, data: dict[str, Any]) -> bytes:
        made = self._compiler.compile(
            self._template,
            format="pdf",
            # What people wrote is data to the template, never markup.
            sys_inputs={"report": json.dumps(data)},
            pdf_standards="a-2a",
            timestamp=data["timestamp"],
        )
        return cast("bytes", made)
