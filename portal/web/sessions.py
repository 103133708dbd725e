"""flask-login over our own rows: the cookie holds a secret, the row holds everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from flask import current_app, request
from flask_login import LoginManager, UserMixin

from portal.store import logins
from portal.web import cookies
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from typing import Any

    from flask import Flask, Request

    from portal.store.logins import Login

    View = TypeVar("View", bound=Callable[..., Any])

_TOUCH_EVERY = 30
"""Seconds between two notes of activity, so that a page view is not always a write."""


@dataclass
class User(UserMixin):
    """What flask-login hands to the views."""

    login: Login

    def get_id(self) -> str:
        """The HelseID `sub`."""
        return self.login.person.sub


def init(app: Flask) -> None:
    """Read the login behind every request from its cookie."""
    # Its own context processor would look the user up on every page, also on the one that says the database is down.
    manager = LoginManager(app, add_context_processor=False)
    manager.session_protection = None
    manager.request_loader(_load)


def _load(_request: Request) -> User | None:
    secret = cookies.read(cookies.SESSION)
    if not secret:
        return None
    portal = parts()
    now, idle = portal.now(), portal.settings.lifetimes.session_idle
    with portal.database.read() as session:
        login = logins.find(session, portal.vault, secret, now, idle)
    if login and not _is_passive() and _stale(login.seen_at, now, idle):
        with portal.database.write() as session:
            logins.touch(session, login.key_hash, now)
    return User(login) if login else None


def passive(view: View) -> View:
    """Let asking this view count as no activity: pages ask it by themselves."""
    view.passive = True  # type: ignore[attr-defined]
    return view


def _is_passive() -> bool:
    return bool(getattr(current_app.view_functions.get(request.endpoint or ""), "passive", False))


def _stale(seen_at: datetime, now: datetime, idle: timedelta) -> bool:
    return (now - seen_at).total_seconds() >= min(_TOUCH_EVERY, idle.total_seconds() / 4)
