"""The one rule for text that comes from outside: what every journal, database and XML builder can carry."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from portal.domain import person_number

_NOT_XML = re.compile(r"[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(value: str) -> str:
    """Return NFC text with surrounding space removed.

    Raises ValueError for NUL, other control characters and lone surrogates (XML 1.0 §2.2).
    """
    if _NOT_XML.search(value):
        message = "control characters and lone surrogates are not text"
        raise ValueError(message)
    return unicodedata.normalize("NFC", value).strip()


def single_line(value: str) -> str:
    """As `clean`, and without line breaks or tabs."""
    cleaned = clean(value)
    if len(cleaned.splitlines()) > 1 or "\t" in cleaned:
        message = "must be one line"
        raise ValueError(message)
    return cleaned


_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_OPAQUE_ID = r"^[A-Za-z0-9._~-]{1,64}$"


def is_opaque_id(value: str) -> bool:
    """Whether a value may stand in our URLs and logs as somebody else's id: nobody's number is in it."""
    return re.fullmatch(_OPAQUE_ID, value) is not None and not person_number.stands_in(value)


def _opaque(value: str) -> str:
    if not is_opaque_id(value):
        message = "not an opaque id"
        raise ValueError(message)
    return value


def letters(hexadecimal: str) -> str:
    """Hexadecimal in letters only: one in 1 200 ids of 64 digits holds eleven that could be somebody's number."""
    return hexadecimal.translate(_LETTERS)


Name = Annotated[str, AfterValidator(single_line), StringConstraints(min_length=1, max_length=100)]
Line = Annotated[str, AfterValidator(single_line), StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, AfterValidator(clean), StringConstraints(min_length=1, max_length=500)]
OpaqueId = Annotated[str, StringConstraints(pattern=_OPAQUE_ID), AfterValidator(_opaque)]
HerId = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}$")]
