"""Diagrams of the framework's pages: who tells whom what, readable without the drawing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lxml import html
from support.copied import blocks

from portal.web.framework import sequence, text


def test_a_diagram_is_a_list_of_who_tells_whom_what() -> None:
    tree: Any = html.fromstring(
        sequence.drawn(
            "sequenceDiagram\n participant A as Ada\n participant B as Bo & co\n"
            " A->>B: <spør>\n note over A,B: venter\n B-->>A: svar\n"
        )
    )
    said = [(one.get("class"), one.text_content()) for one in tree.xpath(".//ol/li")]
    assert said == [
        ("forth", "Ada → Bo & co: <spør>"),
        ("note", "venter"),
        ("back answer", "Bo & co → Ada: svar"),
    ]
    assert [one.text for one in tree.xpath(".//ul/li")] == ["Ada", "Bo & co"]
    assert tree.xpath(".//ol/li/@data-left | .//ol/li/@data-right") == ["1", "2", "1", "2"]


@pytest.mark.parametrize("line", ["A-)B: x", "loop x", "A->>B", "participant B"])
def test_a_diagram_that_we_cannot_draw_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(line)):
        sequence.drawn(f"sequenceDiagram\nparticipant A as Ada\n{line}\n")


def test_what_the_style_sheet_draws_is_as_wide_as_the_diagrams() -> None:
    css = (text.PAGES.parents[1] / "static" / "framework.css").read_text(encoding="utf-8")
    drawn = {int(one) for one in re.findall(r'data-parties="(\d)"', css)}
    found = [sequence.drawn(one) for name in text.ORDER for one in blocks("nb", name, "mermaid")]
    assert {int(one) for each in found for one in re.findall(r'data-parties="(\d)"', each)} == drawn
