"""What changed between two catalogues, field by field, for the person who is to put the newer one in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from portal.domain.catalogue import Catalogue


class Change(NamedTuple):
    """One difference, at a place like `services.msis.title.nb`; None where there was, or now is, nothing."""

    place: str
    old: Any
    new: Any


def changes(old: Catalogue, new: Catalogue) -> Iterator[Change]:
    """Every difference between two catalogues, by the owner's and the service's id; a new order is one, too."""
    before, after = _by_id(old), _by_id(new)
    for part in ("owners", "services"):
        yield from _compared(part, before[part], after[part])
    kept_before, kept_after = (
        [name for name in one["services"] if name in other["services"]]
        for one, other in ((before, after), (after, before))
    )
    if kept_before != kept_after:
        yield Change("services", kept_before, kept_after)


def _by_id(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    plain = catalogue.model_dump(mode="json", exclude_defaults=True)
    return {"owners": plain["owners"], "services": {one["id"]: one for one in plain["services"]}}


def _compared(place: str, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            yield from _compared(f"{place}.{key}", old.get(key), new.get(key))
    elif old != new:
        yield Change(place, old, new)
