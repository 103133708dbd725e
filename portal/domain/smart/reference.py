"""Ids and references as they stand in the addresses of an EPJ's resources (FHIR R4, References; Data Types: id)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from portal.domain.text import is_opaque_id
from portal.errors import SmartRejected

if TYPE_CHECKING:
    from collections.abc import Collection

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
ID_RULE = "a FHIR id has 1 to 64 of A-Z a-z 0-9 - . (FHIR R4, Data Types: id), and nobody's national number is in it"


class Reference(NamedTuple):
    """A resource below the issuer; as text it is the path from there."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}/{self.id}"


def is_id(value: Any) -> bool:
    """Whether it is a FHIR id that may stand in an address: dots alone would be a step up in its path."""
    return isinstance(value, str) and bool(_ID.fullmatch(value)) and bool(value.strip(".")) and is_opaque_id(value)


def read(value: Any, *, issuer: str, types: Collection[str], field: str, code: str) -> Reference:
    """Return what a reference leads to: relative, or absolute below the issuer.

    Raises SmartRejected with `code`, naming `field`, for everything else: another host never gets our token.
    """
    if not isinstance(value, str):
        raise SmartRejected(code, f"{field}: must be a reference (FHIR R4, References)")
    path = value.removeprefix(f"{issuer.rstrip('/')}/")
    if _ABSOLUTE.match(path):
        raise SmartRejected(code, f"{field}: an absolute reference must lie below the issuer (FHIR R4, References)")
    kind, _, key = path.partition("/")
    if kind not in types:
        raise SmartRejected(code, f"{field}: must be {'/<id> or '.join(types)}/<id> (FHIR R4, References)")
    if not is_id(key):
        raise SmartRejected(code, f"{field}: must end with a FHIR id; {ID_RULE}")
    return Reference(kind, key)
