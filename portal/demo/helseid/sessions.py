"""The browser's single sign-on session, which makes the second login silent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import request

from portal.demo.helseid import logout
from portal.demo.helseid.memory import Session

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from portal.demo.helseid.config import Person
    from portal.demo.helseid.par import PushedRequest
    from portal.demo.helseid.provider import Provider

COOKIE = "helseid-demo"
LIFE = timedelta(hours=8)


def current(provider: Provider) -> Session | None:
    """Find the session of the calling browser."""
    return provider.memory.sessions.look(request.cookies.get(COOKIE, ""), provider.now())


def suffices(provider: Provider, session: Session, pushed: PushedRequest) -> bool:
    """Say whether the session needs no new login: its level is high enough, and it is no older than `max_age`."""
    age = provider.now() - session.auth_time
    is_fresh = pushed.max_age is None or age <= timedelta(seconds=pushed.max_age)
    return is_fresh and session.level >= pushed.lowest_level


def start(provider: Provider, person: Person, level: int) -> tuple[str, Session]:
    """Log `person` in at `level`; returns the cookie's secret and the session.

    Whoever logs in again, perhaps at another level, stays in the same session; anybody else ends the one before.
    """
    secret, now, before = provider.token(), provider.now(), end(provider)
    is_same = before is not None and before.sub == person.sub
    if before and not is_same:
        logout.tell(provider, before)
    sid, clients = (before.sid, before.clients) if before and is_same else (provider.token(), set())
    session = Session(sub=person.sub, sid=sid, level=level, auth_time=now, clients=clients)
    provider.memory.sessions.put(secret, session, now=now, until=now + LIFE)
    return secret, session


def remember(provider: Provider, response: Response, secret: str) -> None:
    """Give the browser its cookie."""
    response.set_cookie(COOKIE, secret, httponly=True, samesite="Lax", secure=provider.issuer.startswith("https://"))


def end(provider: Provider) -> Session | None:
    """Forget the calling browser's session and return it; of several callers one gets it."""
    return provider.memory.sessions.take(request.cookies.get(COOKIE, ""), provider.now())
