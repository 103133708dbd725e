"""YAML without surprises: only what every reader reads alike, and a line number for every value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.domain.catalogue_references import Place

DEPTH = 12

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER = yaml.resolver.Resolver()
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_NO_KEY = "?"
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_BOOLEANS = {"true": True, "false": False}


class Fault(NamedTuple):
    """One thing that is wrong; lines count from 1."""

    line: int
    place: Place
    text: str


@dataclass
class Document:
    """What could be read, where each value stands, and everything that could not be read."""

    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unread: set[Place] = field(default_factory=set)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one above it."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)

    def fault(self, line: int, place: Place, text: str) -> None:
        """Note a fault in what could be read all the same."""
        self.faults.append(Fault(line, place, text))

    def give_up(self, line: int, place: Place, text: str) -> None:
        """Note a fault that leaves nothing to check at that place and below it."""
        self.fault(line, place, text)
        self.unread.add(place)


class _TooDeep(Exception):
    """Reading on would only cost."""


def load(text: str) -> Document:
    """Read one YAML document of maps with plain keys, lists, text, true, false, decimal integers and ISO 8601 times.

    Refused, each with its line: anchors, aliases, tags, duplicate keys, more than one document, nesting beyond 12, and
    plain text that some reader takes for another type (NO, 010, 1.5, ~). Never raises for what the text holds.
    """
    document = Document()
    if strange := yaml.reader.Reader.NON_PRINTABLE.search(text):
        document.give_up(text.count("\n", 0, strange.start()) + 1, (), "control characters are not text")
        return document
    try:
        _read(yaml.parse(text, Loader=_LOADER), document)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        document.give_up(mark.line + 1 if mark else 1, (), f"not YAML: {getattr(error, 'problem', 'cannot be read')}")
    except _TooDeep:
        pass
    return document


def _read(events: Iterator[Event], document: Document) -> None:
    next(events)
    first = next(events)
    if isinstance(first, StreamEndEvent):
        document.give_up(1, (), "the file is empty")
        return
    document.value = _node(next(events), events, document, ())
    next(events)
    if isinstance(following := next(events), DocumentStartEvent):
        document.fault(_line(following), (), "only one document is allowed")


def _node(event: Event, events: Iterator[Event], document: Document, place: Place) -> Any:
    document.lines.setdefault(place, _line(event))
    if isinstance(event, AliasEvent):
        document.give_up(_line(event), place, "aliases are not allowed")
        return None
    if getattr(event, "anchor", None) or getattr(event, "tag", None):
        document.give_up(_line(event), place, "anchors and tags are not allowed")
    if isinstance(event, ScalarEvent):
        return _scalar(event, document, place)
    if len(place) >= DEPTH:
        document.give_up(_line(event), (), f"nested deeper than {DEPTH}")
        raise _TooDeep
    if isinstance(event, SequenceStartEvent):
        return _sequence(events, document, place)
    return _mapping(events, document, place)


def _sequence(events: Iterator[Event], document: Document, place: Place) -> list[Any]:
    items: list[Any] = []
    while not isinstance(event := next(events), SequenceEndEvent):
        items.append(_node(event, events, document, (*place, len(items))))
    return items


def _mapping(events: Iterator[Event], document: Document, place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while not isinstance(event := next(events), MappingEndEvent):
        key = _key(event, events, document, place)
        inner = (*place, key)
        document.lines.setdefault(inner, _line(event))
        if key in found:
            document.fault(_line(event), inner, "the same key twice")
        value = _node(next(events), events, document, inner)
        if key != _NO_KEY:
            found.setdefault(key, value)
    return found


def _key(event: Event, events: Iterator[Event], document: Document, place: Place) -> str:
    if isinstance(event, ScalarEvent) and _KEY.fullmatch(event.value) and _type(event) == "str":
        return event.value
    document.fault(
        _line(event), (*place, _NO_KEY), "a key must be a plain name, in quotes if it could be a number or a boolean"
    )
    if isinstance(event, MappingStartEvent | SequenceStartEvent):
        _node(event, events, document, (*place, _NO_KEY))
    return _NO_KEY


def _scalar(event: ScalarEvent, document: Document, place: Place) -> Any:
    kind, text = _type(event), event.value
    try:
        if kind == "bool" and text in _BOOLEANS:
            return _BOOLEANS[text]
        if kind == "int" and _INTEGER.fullmatch(text):
            return int(text)
        if kind == "timestamp":
            return datetime.fromisoformat(text) if ":" in text else date.fromisoformat(text)
    except ValueError:
        document.give_up(_line(event), place, "no such date or time")
    else:
        if kind != "str":
            document.give_up(
                _line(event), place, f"some readers take this for {kind}: write it out, or put it in quotes"
            )
    return text


def _type(event: ScalarEvent) -> str:
    """What YAML 1.1 takes a plain scalar for: str, bool, int, float, null, timestamp, merge or value."""
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
    return tag.rpartition(":")[2]


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
