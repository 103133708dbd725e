"""Our cookies: host-bound, HTTP only; in them a random value, the language, or the day of a browser's first visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from portal.web.parts import parts

if TYPE_CHECKING:
    from datetime import timedelta

    from werkzeug.wrappers import Response

SESSION = "session"
LOGIN, SMART, PENDING = "login-", "smart-", "pending-"
"""How the cookies of logins, of launches from EPJs and of patients begin who are on their way: each tab has its own."""
_MOST_TABS = 8


def read(name: str) -> str | None:
    """The value that the browser sent, if any."""
    return request.cookies.get(_full(name))


def names(beginning: str) -> list[str]:
    """The cookies that the browser sent whose names begin so, the oldest first (RFC 6265 §5.4)."""
    prefix = _full("")
    return [name.removeprefix(prefix) for name in request.cookies if name.startswith(prefix + beginning)]


def put(response: Response, name: str, value: str, life: timedelta | None = None) -> None:
    """Set a cookie for this host alone; without `life` it ends with the browser."""
    seconds = int(life.total_seconds()) if life else None
    secure = parts().settings.secure
    response.set_cookie(_full(name), value, max_age=seconds, secure=secure, httponly=True, samesite="Lax", path="/")


def put_for_tab(response: Response, beginning: str, handle: str, value: str, life: timedelta) -> None:
    """Set a cookie for what one tab has under way; of more than eight, the oldest were abandoned, and go."""
    for name in names(beginning)[: 1 - _MOST_TABS]:
        drop(response, name)
    put(response, f"{beginning}{handle}", value, life)


def drop(response: Response, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(_full(name), secure=parts().settings.secure, httponly=True, samesite="Lax", path="/")


def _full(name: str) -> str:
    # Four servers of the demo share one address and so one jar: the name tells them apart.
    return f"__Host-portal-{name}" if parts().settings.secure else f"portal-{name}"
