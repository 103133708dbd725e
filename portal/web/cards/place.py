"""Where a card stands, and so where its buttons go.

The addresses on a patient's page are relative to it: so a card is the same for every patient, and is made once.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from portal.domain.catalogue import Service


class Opening(NamedTuple):
    """Where a card's button goes: a page of ours or an open address (get), or out of the portal (post).

    For a patient `level` is what the card says: at another one something else would go along.
    """

    url: str
    method: Literal["get", "post"] = "get"
    level: str | None = None


class Place(Enum):
    """My list, a patient's list, or the public page as it is seen from one network."""

    MINE = "mine"
    PATIENT = "patient"
    HELSENETT = "helsenett"
    INTERNETT = "internett"

    def opening(self, service: Service) -> Opening:
        """One click: the patient's name stands above the list; without one, it asks which of those that are open."""
        if self is Place.PATIENT:
            return Opening(f"./open/{service.id}", "post", service.level)
        if self is not Place.MINE:
            return Opening(service.address(self.value) or "")
        if service.patient == "none":
            return Opening(f"/open/{service.id}", "post")
        return Opening(f"/go/{service.id}")

    def marking(self, service: Service) -> str | None:
        """Where a favourite is marked; None where nobody is known."""
        return {Place.MINE: f"/mine/favoritter/{service.id}", Place.PATIENT: f"./favoritter/{service.id}"}.get(self)
