"""Markdown as our pages have it: Designsystemet's classes, links among themselves, diagrams (CommonMark 0.31)."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markupsafe import Markup

from portal.web import language as languages
from portal.web.framework import sequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

PAGES = Path(__file__).with_name("pages")
FIRST = "index"
ORDER = (
    FIRST,
    "velg",
    "krav",
    "oppstart",
    "uten-oauth",
    "kontekst",
    "tilbakeskriving",
    "feil",
    "registrering",
    "profiler",
    "sikkerhet",
    "testing",
)
EXAMPLE = "https://inngangsportalen.example.no"
"""Our address as the files have it."""

_SIZES = {"h1": "lg", "h2": "sm", "h3": "2xs"}
_CLASSES = {
    "heading_open": "ds-heading",
    "paragraph_open": "ds-paragraph",
    "bullet_list_open": "ds-list",
    "ordered_list_open": "ds-list",
    "blockquote_open": "ds-alert",
    "table_open": "ds-table",
    "link_open": "ds-link",
}
_COLORS = {"table_open": "neutral", "link_open": "accent"}
_ROLES = {
    "table_open": "table",
    "thead_open": "rowgroup",
    "tbody_open": "rowgroup",
    "tr_open": "row",
    "th_open": "columnheader",
    "td_open": "cell",
}
_PAGE = re.compile(r"([a-z-]+)\.md(#.*)?")
_SEQUENCE = "mermaid"


class Page(NamedTuple):
    """A page in one language; `url` is its address here."""

    url: str
    title: str
    content: Markup


@cache
def page(language: str, name: str, base_url: str) -> Page:
    """The page with our own address in it; `name` is one of ORDER."""
    source = (PAGES / language / f"{name}.md").read_text(encoding="utf-8").replace(EXAMPLE, base_url)
    tokens = _MARKDOWN.parse(source)
    for token, following in _each(tokens):
        _dress(token, following, language)
    _label(tokens)
    content = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return Page(_url(name, language), tokens[1].content, Markup(content))  # noqa: S704  markdown-it has escaped it


def anchor(heading: str) -> str:
    """The id of a heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class _Renderer(RendererHTML):
    """Where another element is needed than Markdown's own; the rest is done with attributes."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """A diagram, or code."""
        if tokens[idx].info == _SEQUENCE:
            return sequence.drawn(tokens[idx].content)
        return super().fence(tokens, idx, options, env)


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")


def _each(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token | None]]:
    """Every token with the one behind it, also those within lines of text."""
    for place, token in enumerate(tokens):
        yield token, tokens[place + 1] if place + 1 < len(tokens) else None
        yield from _each(token.children or ())


def _dress(token: Token, following: Token | None, language: str) -> None:
    if token.type in _CLASSES:
        token.attrSet("class", _CLASSES[token.type])
    if token.type == "heading_open" and following:
        token.attrSet("data-size", _SIZES[token.tag])
        token.attrSet("id", anchor(following.content))
    if color := _COLORS.get(token.type):
        token.attrSet("data-color", color)
    if token.type.startswith("blockquote"):
        # What is worth knowing, and nobody's words.
        token.tag = "div"
    if token.type == "link_open" and (named := _PAGE.fullmatch(str(token.attrGet("href")))):
        token.attrSet("href", _url(named[1], language) + (named[2] or ""))


def _label(tokens: Sequence[Token]) -> None:
    """Let each cell know its column: a narrow screen shows a row as a list, and then roles must be said (ARIA 1.2)."""
    heads: list[str] = []
    column = 0
    for token, following in pairwise(tokens):
        if token.type == "thead_open":
            heads = []
        elif token.type == "tr_open":
            column = 0
        elif token.type == "th_open":
            heads.append(following.content.replace("`", ""))
        elif token.type == "td_open":
            token.attrSet("data-label", heads[column])
            column += 1
        if role := _ROLES.get(token.type):
            token.attrSet("role", role)


def _url(name: str, language: str) -> str:
    path = "/rammeverk/" + name.removesuffix(FIRST)
    return path if language == languages.DEFAULT else f"{path}?lang={language}"
