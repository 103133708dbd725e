"""What the SMART server remembers: clicks in the journal, codes and access tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portal.demo.helseid.memory import Shelf
from portal.domain.text import letters

if TYPE_CHECKING:
    from portal.demo.epj.config import Patient
    from portal.demo.visits import User, Visit


def new_id() -> str:
    """A fresh FHIR id: 128 random bits, in letters alone."""
    return letters(secrets.token_hex(16))


@dataclass(frozen=True)
class Launch:
    """A click on a patient; only the same visit to the journal, by the same person, may go on with it."""

    visit: Visit
    user: User
    patient: Patient
    encounter: str


@dataclass(frozen=True)
class Grant:
    """What a code stands for, and the access token that it became."""

    code: str
    challenge: str
    nonce: str | None
    scopes: tuple[str, ...]
    launch: Launch


class Ids:
    """FHIR ids that tell nothing: random ones, the same for the same thing until the process ends."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], str] = {}

    def of(self, kind: str, own_id: str) -> str:
        """The id of what the journal itself knows by `own_id`."""
        return self._ids.setdefault((kind, own_id), new_id())

    def reference(self, kind: str, own_id: str) -> str:
        """The same as a relative reference."""
        return f"{kind}/{self.of(kind, own_id)}"


@dataclass(frozen=True)
class Memory:
    """Every shelf; `used` holds the `jti` of assertions."""

    launches: Shelf[Launch] = field(default_factory=Shelf)
    codes: Shelf[Grant] = field(default_factory=Shelf)
    access_tokens: Shelf[Grant] = field(default_factory=Shelf)
    used: Shelf[bool] = field(default_factory=Shelf)
    ids: Ids = field(default_factory=Ids)
