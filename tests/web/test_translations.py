"""Every text of a page stands in bokmål, nynorsk and English; a missing one fails the build."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

import portal.web

if TYPE_CHECKING:
    from babel.messages import Catalog

WEB = Path(portal.web.__file__).parent
CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|<!doctype[^>]*>", re.DOTALL)
SPOKEN_ATTRIBUTE = re.compile(r'\b(?:aria-label|alt|title|placeholder|value)="([^"{]*\w[^"{]*)"')


def said() -> set[str]:
    """Every bokmål text of the pages and of the code behind them."""
    with (WEB / "translations" / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel left it so
    found = extract_from_dir(str(WEB), methods, options)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def translated(language: str) -> Catalog:
    path = WEB / "translations" / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", ["nn", "en"])
def test_every_text_is_translated(language: str) -> None:
    catalog = translated(language)
    texts = said()
    assert len(texts) > 100
    missing = sorted(text for text in texts if text not in catalog or not all(_strings(catalog, text)))
    assert missing == []


@pytest.mark.parametrize("language", ["nn", "en"])
def test_no_translation_is_fuzzy_or_left_over_or_loses_a_placeholder(language: str) -> None:
    catalog = translated(language)
    messages = [message for message in catalog if message.id]
    assert [message.id for message in messages if message.fuzzy] == []
    texts = said()
    assert [_singular(message.id) for message in messages if _singular(message.id) not in texts] == []
    assert [(message.id, errors) for message, errors in catalog.check()] == []


@pytest.mark.parametrize("template", sorted((WEB / "templates").glob("*.html")), ids=lambda path: path.name)
def test_no_template_speaks_past_the_translations(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    words = set(re.findall(r"\w{2,}", CODE.sub(" ", source).replace("&nbsp;", " ")))
    assert words <= {"Inngangsportalen"}
    assert [text for text in SPOKEN_ATTRIBUTE.findall(source) if text != "1"] == []


def _strings(catalog: Catalog, text: str) -> list[str]:
    message = catalog.get(text)
    strings = message.string if message else None
    return [strings] if isinstance(strings, str) else [string or "" for string in strings or [""]]


def _singular(identifier: str | tuple[str, ...] | list[str]) -> str:
    return identifier if isinstance(identifier, str) else identifier[0]
