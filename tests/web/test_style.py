"""What targets are told of our style is what our own pages have."""

from __future__ import annotations

import re

import pytest
from support.source import ROOT

from portal.web.fhir.style import STYLE

VENDOR = ROOT / "portal/web/static/vendor"
PIXELS_OF_REM = 16
THEME = (VENDOR / "theme.css").read_text(encoding="utf-8")
OURS = (ROOT / "portal/web/static/portal.css").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("color_background", "--ds-color-neutral-background-default"),
        ("color_error", "--ds-color-danger-base-default"),
        ("color_highlight", "--ds-color-accent-base-default"),
        ("color_success", "--ds-color-success-base-default"),
        ("color_text", "--ds-color-neutral-text-default"),
    ],
)
def test_a_colour_is_the_themes_by_light(name: str, variable: str) -> None:
    light = THEME.partition("@layer ds.theme.color-scheme.light")[2].partition("@layer")[0]
    assert f"{variable}:{STYLE[name]};" in light


def test_the_corners_are_the_themes() -> None:
    assert STYLE["dim_border_radius"] == f"{PIXELS_OF_REM * number('border-radius-base'):.0f}px"


def test_text_and_space_are_those_of_our_small_pages() -> None:
    """Space between things is `--ds-size-4`, text is `--ds-body-md-font-size`, both in whole pixels."""
    small, base = number("size-mode-font-size--sm"), number("size-base")
    unit = PIXELS_OF_REM * number("size-step") / base * small
    assert STYLE["dim_spacing_size"] == f"{int(4 * unit)}px"
    assert "--ds-body-md-font-size:var(--ds-font-size-4);" in THEME
    (rem,) = set(re.findall(r"--ds-font-size-4:calc\(([0-9.]+)rem\*var\(--_ds-font-size-factor\)\)", THEME))
    assert STYLE["dim_font_size"] == f"{round(PIXELS_OF_REM * float(rem) * small / (base / PIXELS_OF_REM))}px"


def test_fonts_and_backdrop_are_ours() -> None:
    assert f"font-family: {STYLE['font_family_body']};" in OURS
    dialog = (VENDOR / "designsystemet.css").read_text(encoding="utf-8")
    assert f"--dsc-dialog-backdrop-background:{STYLE['color_modal_backdrop']};" in dialog


def number(variable: str) -> float:
    (value,) = set(re.findall(rf"--ds-{variable}:([0-9.]+)", THEME))
    return float(value)
