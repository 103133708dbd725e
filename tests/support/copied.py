"""What the framework's pages have for copying: requests by curl, read as a shell would read them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from portal.web.framework import text

if TYPE_CHECKING:
    from collections.abc import Callable

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROVE = re.compile(r"\$\(python prove\.py ([^)]*)\)")
_VARIABLE = re.compile(r"\$([A-Z_]+)")


class Block(NamedTuple):
    language: str
    content: str


class Copied(NamedTuple):
    """One request; `form` is empty when `body` is JSON."""

    method: str
    url: str
    headers: dict[str, str]
    form: dict[str, str]
    body: str

    @property
    def path(self) -> str:
        return self.url.removeprefix(text.EXAMPLE)


def source(language: str, name: str) -> str:
    """The Markdown of a page."""
    return Path(text.PAGES, language, f"{name}.md").read_text(encoding="utf-8")


def blocks(language: str, name: str, *kinds: str) -> list[str]:
    """The code of a page, of these kinds."""
    found = [Block(*match) for match in _FENCE.findall(source(language, name))]
    return [block.content for block in found if block.language in kinds]


def curls(name: str) -> list[str]:
    """Every request of a page; they are the same in each language."""
    return [block for block in blocks("nb", name, "sh") if block.startswith("curl ")]


def filled(command: str, value: Callable[[str], str], prove: Callable[..., str]) -> str:
    """The command with its variables and proofs in it."""

    def named(within: str) -> str:
        return _VARIABLE.sub(lambda match: value(match[1]), within)

    return named(_PROVE.sub(lambda match: prove(*named(match[1]).split()), command))


def parsed(command: str, document: str = "") -> Copied:
    """The request that curl would send; `document` is the file document.json."""
    line, _, here = command.partition("<<END\n")
    words = iter(shlex.split(line.replace("\\\n", " "))[1:])
    method, url, headers, form, body = "", "", {}, {}, ""
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, said = next(words).partition(": ")
            headers[name] = said
        elif word in {"-d", "--data-urlencode"}:
            name, _, said = next(words).partition("=")
            if name.startswith("@"):
                body = here.removesuffix("END\n") if name == "@-" else document
            else:
                form[name] = said
        else:
            url = word
    return Copied(method or ("POST" if form or body else "GET"), url, headers, form, body)


def every_curl() -> list[tuple[str, str]]:
    """Page and command, with variables as they stand."""
    return [(name, command) for name in text.ORDER for command in curls(name)]
