"""What the stand-in remembers: shelves of things that expire and can be taken once."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from portal.demo.helseid.par import PushedRequest

Thing = TypeVar("Thing")


class Shelf(Generic[Thing]):
    """Things by key, each with its end; every method is atomic."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._things: dict[str, tuple[Thing, datetime]] = {}

    def put(self, key: str, thing: Thing, *, now: datetime, until: datetime) -> bool:
        """Keep `thing`, replacing what stood there; False if the key was already taken."""
        with self._lock:
            self._things = {k: kept for k, kept in self._things.items() if kept[1] > now}
            fresh = key not in self._things
            self._things[key] = (thing, until)
            return fresh

    def look(self, key: str, now: datetime) -> Thing | None:
        """See a thing and leave it."""
        with self._lock:
            thing, until = self._things.get(key, (None, now))
            return thing if until > now else None

    def take(self, key: str, now: datetime) -> Thing | None:
        """Remove a thing; of several callers one gets it."""
        with self._lock:
            thing, until = self._things.pop(key, (None, now))
            return thing if until > now else None

    def take_all(self, wanted: Callable[[Thing], bool]) -> list[Thing]:
        """Remove every thing that is wanted."""
        with self._lock:
            gone = {key: thing for key, (thing, _) in self._things.items() if wanted(thing)}
            self._things = {key: kept for key, kept in self._things.items() if key not in gone}
            return list(gone.values())


@dataclass(frozen=True)
class Session:
    """A browser that has logged in; `sid` goes into the tokens, the cookie holds another secret.

    `clients` are the ids of those who were told who it is; the set grows.
    """

    sub: str
    sid: str
    level: int
    auth_time: datetime
    clients: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Grant:
    """What a code or a refresh token stands for; every refresh token that came from one code is of one `family`."""

    request: PushedRequest
    session: Session
    family: str


@dataclass(frozen=True)
class Memory:
    """Every shelf; `used` holds what is good once (`jti` values, refresh tokens), `revoked` families."""

    pushed: Shelf[PushedRequest] = field(default_factory=Shelf)
    sessions: Shelf[Session] = field(default_factory=Shelf)
    codes: Shelf[Grant] = field(default_factory=Shelf)
    refresh_tokens: Shelf[Grant] = field(default_factory=Shelf)
    used: Shelf[bool] = field(default_factory=Shelf)
    revoked: Shelf[bool] = field(default_factory=Shelf)

    def forget(self) -> None:
        """Lose everything."""
        for shelf in vars(self).values():
            shelf.take_all(lambda _: True)
