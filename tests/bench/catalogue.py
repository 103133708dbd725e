"""A catalogue of any size, made of the shipped one over and over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.catalogue import SHIPPED

from portal.adapters import catalogue_file

if TYPE_CHECKING:
    from portal.domain.catalogue import Catalogue


def of_size(size: int) -> Catalogue:
    """The shipped services again and again until there are so many; each has an id and a title of its own."""
    shipped = catalogue_file.read(SHIPPED)
    services = tuple(
        one.model_copy(
            update={
                "id": f"{one.id}-{number}",
                "parent": None,
                "title": one.title.model_copy(update={"nb": f"{one.title.nb} {number}"}),
            }
        )
        for number in range(size)
        for one in [shipped.services[number % len(shipped.services)]]
    )
    return shipped.model_copy(update={"services": services})
