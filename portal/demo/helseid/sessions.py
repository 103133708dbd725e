"""The browser's single sign-on session, which makes the second login silent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import request

from portal.demo.helseid.memory import Session

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from portal.demo.helseid.config import Person
    from portal.demo.helseid.par import PushedRequest
    from portal.demo.helseid.provider import Provider

COOKIE = "helseid-demo"
LIFE = timedelta(hours=8)
HIGHEST = 4


def current(provider: Provider) -> Session | None:
    """Find the session of the calling browser."""
    return provider.memory.sessions.look(request.cookies.get(COOKIE, ""), provider.now())


def suffices(provider: Provider, session: Session, pushed: PushedRequest) -> bool:
    """Say whether the session needs no new login: Level4 is a filter on who may be silent, not a promise."""
    person = provider.config.person(session.sub)
    wants_highest = bool({"Level4", "High"} & set(pushed.acr_values.split()))
    return person is not None and (person.security_level == HIGHEST or not wants_highest)


def start(provider: Provider, person: Person) -> tuple[str, Session]:
    """Open a session for `person`; returns the cookie's secret and the session."""
    secret, now = provider.token(), provider.now()
    session = Session(sub=person.sub, sid=provider.token(), auth_time=now)
    provider.memory.sessions.put(secret, session, now=now, until=now + LIFE)
    return secret, session


def remember(provider: Provider, response: Response, secret: str) -> None:
    """Give the browser its cookie."""
    response.set_cookie(COOKIE, secret, httponly=True, samesite="Lax", secure=provider.issuer.startswith("https://"))


def end(provider: Provider) -> None:
    """Forget the calling browser's session."""
    provider.memory.sessions.take(request.cookies.get(COOKIE, ""), provider.now())
