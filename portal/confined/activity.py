"""Finds what a PDF does by itself, and what it brings along (ISO 32000-1 §7.11, §12.6, §13)."""

from __future__ import annotations

import re

import pikepdf

# Keys that start something or carry another file.
_KEYS = frozenset(["/AA", "/JS", "/JavaScript", "/EF", "/EmbeddedFile", "/EmbeddedFiles", "/XFA", "/OnInstantiate"])
_KEYS |= {"/RichMediaContent", "/RichMediaSettings"}
# What an action, an annotation or a stream may not be.
_KINDS = frozenset(["/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition"])
_KINDS |= {"/Movie", "/Sound", "/Screen", "/3D", "/RichMedia", "/RichMediaExecute", "/EmbeddedFile", "/FileAttachment"}
_NAMING = frozenset(["/Type", "/Subtype", "/S"])
# What a reader may be led to. A structure element's /A is no action, and has no /S.
_ACTIONS = frozenset(["/GoTo", "/Named", "/URI"])
_LEADING = frozenset(["/OpenAction", "/A", "/PA", "/Next"])
_ADDRESSES = frozenset(["/URI", "/Base"])
# The web, mail, a telephone, or an address without a scheme; viewers skip white space within.
_ADDRESS = re.compile(rb"(?:https?|mailto|tel):.*|(?!//)[^:\\\x80-\xff]*(?:[/?#].*)?", re.IGNORECASE | re.DOTALL)
_WHITE = bytes(range(0x21))
# Values in dictionaries and arrays together: a report has a few thousand, and these take two seconds.
_VALUES = 250_000


class TooMuchError(Exception):
    """There is more to look at than a report has."""


def found(pdf: pikepdf.Pdf) -> str:
    """The key or kind that is not allowed, as our rule names it; empty when there is none.

    Every object of the file's table is looked at once, so none is followed to another and cycles do not matter. Raises
    TooMuchError.
    """
    left = _VALUES
    for whole in (pdf.trailer, *pdf.objects):
        inside = [whole]
        while inside:
            thing = inside.pop()
            values = _values(thing)
            left -= len(values)
            if left < 0:
                raise TooMuchError
            if why := next(filter(None, (_active(thing, key, value) for key, value in values)), ""):
                return why
            inside += [value for _, value in values if isinstance(value, pikepdf.Object) and not value.is_indirect]
    return ""


def _values(thing: object) -> list[tuple[str, object]]:
    if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return list(thing.items())
    return [("", value) for value in thing] if isinstance(thing, pikepdf.Array) else []


def _active(thing: object, key: str, value: object) -> str:
    """The rule that one entry of a dictionary breaks; an item of an array has no key."""
    if key in _KEYS:
        return key
    if key in _NAMING and isinstance(value, pikepdf.Name) and str(value) in _KINDS:
        return str(value)
    if key in _LEADING and not all(map(_may_lead, value if isinstance(value, pikepdf.Array) else [value])):
        return key
    if key in _ADDRESSES and isinstance(value, pikepdf.String) and not _is_address(bytes(value)):
        return key
    # Its bytes lie in another file.
    return "external stream" if key == "/F" and isinstance(thing, pikepdf.Stream) else ""


def _may_lead(value: object) -> bool:
    if not isinstance(value, pikepdf.Dictionary) or "/S" not in value:
        return True
    kind = value["/S"]
    return isinstance(kind, pikepdf.Name) and str(kind) in _ACTIONS


def _is_address(value: bytes) -> bool:
    return _ADDRESS.fullmatch(value.translate(None, _WHITE)) is not None
