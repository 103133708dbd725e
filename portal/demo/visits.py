"""A browser's visit to a stand-in, kept on the server; the cookie carries a random id and nothing else."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flask import session

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from portal.adapters.openid import Begun


@dataclass(frozen=True)
class User:
    """Who HelseID says is at the browser, with the tokens of that login."""

    sub: str
    name: str
    hpr_number: str | None
    tokens: dict[str, Any] = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class Pending:
    """A login that is on its way; `silent` ones fall back to a visible login, `next` is a path of ours."""

    begun: Begun
    next: str
    silent: bool


@dataclass
class Visit:
    """What every stand-in keeps of a browser."""

    pending: dict[str, Pending] = field(default_factory=dict)
    user: User | None = None


VisitT = TypeVar("VisitT", bound=Visit)


class Visits(Generic[VisitT]):
    """Every visit since the process started."""

    def __init__(self, new: Callable[[], VisitT]) -> None:
        self._new = new
        self._visits: dict[str, VisitT] = {}

    def current(self) -> VisitT:
        """The visit of this request's browser, a new one if it has none."""
        key = session.setdefault("visit", secrets.token_urlsafe(32))
        return self._visits.setdefault(key, self._new())

    def forget(self) -> None:
        """End the visit of this request's browser."""
        self._visits.pop(session.pop("visit", ""), None)
