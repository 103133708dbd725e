"""The catalogue as a YAML file that people write: every fault at once, each with its line and field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from portal.adapters.yaml_document import Document, Fault, load
from portal.domain.catalogue import Catalogue
from portal.domain.catalogue_references import dangling
from portal.errors import CatalogueRejected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from portal.domain.catalogue_references import Place

SIZE_LIMIT = 1024 * 1024


def read(path: Path) -> Catalogue:
    """Read a catalogue file: UTF-8 with or without BOM, at most 1 MB.

    Raises CatalogueRejected with a line `file:line: field.path: fault` for every fault, and OSError.
    """
    raw = path.read_bytes()
    if len(raw) > SIZE_LIMIT:
        raise _rejected(str(path), [Fault(1, (), "larger than 1 MB")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _rejected(str(path), [Fault(line, (), "not UTF-8")]) from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Catalogue:
    """As `read`, for a text that is already at hand; `name` is the file in what is said about it."""
    if len(text) > SIZE_LIMIT:
        raise _rejected(name, [Fault(1, (), "larger than 1 MB")])
    document = load(text)
    try:
        catalogue = Catalogue.model_validate(document.value)
    except ValidationError as error:
        raise _rejected(name, _faults(document, error)) from None
    if document.faults:
        raise _rejected(name, document.faults)
    return catalogue


def _faults(document: Document, error: ValidationError) -> list[Fault]:
    """Faults of the text, then those of fields and references, except where the text could not be read anyway."""
    checked = {*_of_fields(document, error), *_of_references(document)}
    return document.faults + [fault for fault in checked if document.unread.isdisjoint(_upwards(fault.place))]


def _of_fields(document: Document, error: ValidationError) -> Iterator[Fault]:
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        place = _written(document, detail)
        yield Fault(document.line(place), place, detail["msg"].removeprefix("Value error, "))


def _of_references(document: Document) -> Iterator[Fault]:
    for place, rule in dangling(document.value):
        yield Fault(document.line(place), place, rule)


def _written(document: Document, detail: ErrorDetails) -> Place:
    """The part of pydantic's location that the author wrote, and the name of a field that is missing."""
    place = detail["loc"]
    kept = len(place) - 1 if detail["type"] == "missing" else len(place)
    while kept and place[:kept] not in document.lines:
        kept -= 1
    return place if detail["type"] == "missing" else place[:kept]


def _upwards(place: Place) -> Iterator[Place]:
    return (place[:length] for length in range(len(place) + 1))


def _rejected(name: str, faults: list[Fault]) -> CatalogueRejected:
    lines = (
        f"{name}:{fault.line}: {'.'.join(map(str, fault.place)) or 'file'}: {fault.text}"
        for fault in sorted(faults, key=lambda fault: (fault.line, str(fault.place), fault.text))
    )
    return CatalogueRejected("catalogue_invalid", "\n".join(lines))
