"""References between the entries of a catalogue, checked also in a document that has other faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Place = tuple[str | int, ...]
"""Where in a document something stands: keys and indices from the root."""


class Dangling(NamedTuple):
    """A reference that leads nowhere."""

    place: Place
    rule: str


def dangling(document: Any) -> Iterator[Dangling]:
    """Every id, owner, operator, parent and replacement that does not hold.

    `document` is the catalogue as plain maps and lists. It need not be valid: what cannot be read is passed over, so
    that an author sees the faults of fields and those of references in one go.
    """
    root = document if isinstance(document, Mapping) else {}
    owners = root.get("owners")
    known = set(owners) if isinstance(owners, Mapping) else set()
    services = root.get("services")
    entries = services if isinstance(services, Sequence) and not isinstance(services, str) else ()
    parents = {_text(entry, "id"): _text(entry, "parent") for entry in entries}
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        place = ("services", index)
        yield from _owned(entry, known, place)
        yield from _placed(entry, parents, place)
        name = _text(entry, "id")
        if name in seen:
            yield Dangling((*place, "id"), "another service has the same id")
        seen |= {name} if name else set()


def _owned(entry: Any, owners: set[str], place: Place) -> Iterator[Dangling]:
    for field in ("owner", "operator"):
        name = _text(entry, field)
        if name and name not in owners:
            yield Dangling((*place, field), "names no owner")


def _placed(entry: Any, parents: Mapping[str | None, str | None], place: Place) -> Iterator[Dangling]:
    name, parent = _text(entry, "id"), _text(entry, "parent")
    replacement = _text(entry.get("status") if isinstance(entry, Mapping) else None, "replaced_by")
    if parent and (parent not in parents or parent == name):
        yield Dangling((*place, "parent"), "names no other service")
    elif parent and parents[parent]:
        yield Dangling((*place, "parent"), "names a service that has a parent itself")
    if replacement and (replacement not in parents or replacement == name):
        yield Dangling((*place, "status", "replaced_by"), "names no other service")


def _text(entry: Any, field: str) -> str | None:
    value = entry.get(field) if isinstance(entry, Mapping) else None
    return value if isinstance(value, str) else None
