"""Sequence diagrams: a little of Mermaid's language, which code hosts draw, as a list that style sheets draw.

A list is read in order by everyone; on a narrow screen it is nothing but a list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PARTY = re.compile(r"participant (\w+) as (.+)")
_MESSAGE = re.compile(r"(\w+)(--?)>>(\w+): (.+)")
_NOTE = re.compile(r"note over [\w, ]+: (.+)")

_FIGURE = Markup('<figure class="sequence" data-parties="{}"><ul aria-hidden="true">{}</ul><ol>{}</ol></figure>\n')
_STEP = Markup('<li class="{}" data-left="{}" data-right="{}"><p><span>{} → {}: </span>{}</p></li>')
_NOTED = Markup('<li class="note"><p>{}</p></li>')


def drawn(source: str) -> str:
    """The diagram as HTML; raises ValueError on what is not in our part of the language."""
    first, *lines = [line.strip() for line in source.splitlines() if line.strip()]
    if first != "sequenceDiagram":
        raise ValueError(first)
    names = {party[1]: party[2] for line in lines if (party := _PARTY.fullmatch(line))}
    steps = Markup().join(_steps(lines[len(names) :], names))
    heads = Markup().join(Markup("<li>{}</li>").format(name) for name in names.values())
    return _FIGURE.format(len(names), heads, steps)


def _steps(lines: Sequence[str], names: Mapping[str, str]) -> Iterator[Markup]:
    places = {key: place for place, key in enumerate(names, start=1)}
    for line in lines:
        if note := _NOTE.fullmatch(line):
            yield _NOTED.format(note[1])
        elif message := _MESSAGE.fullmatch(line):
            sender, dash, receiver, said = message.groups()
            ends = places[sender], places[receiver]
            style = ("forth" if ends[0] < ends[1] else "back") + (" answer" if dash == "--" else "")
            yield _STEP.format(style, min(ends), max(ends), names[sender], names[receiver], said)
        else:
            raise ValueError(line)
