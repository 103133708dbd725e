"""Who may change a target and order its faults: whoever knows the secret that its owner got when it was registered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import request

from portal.store import sandbox_targets
from portal.web import cookies, once
from portal.web.parts import parts

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

_COOKIE, _KIND, _LIFE = "sandbox", "sandbox_owner", timedelta(hours=8)


def may(client_id: str) -> bool:
    """Whether this request is of the owner: by the secret, or by a browser that has shown it; an operator's is free."""
    _, _, secret = request.headers.get("Authorization", "").partition(" ")
    with parts().database.read() as session:
        if not sandbox_targets.is_protected(session, client_id):
            return True
        if secret:
            return sandbox_targets.is_secret(session, client_id, secret)
    shown = cookies.read(_COOKIE)
    return bool(shown and once.look(_KIND, shown, client=client_id))


def let_in(response: Response, client_id: str) -> None:
    """Know this browser as the owner's for eight hours, for this target alone."""
    shown = parts().token()
    once.remember(_KIND, shown, client_id, _LIFE, client=client_id)
    cookies.put(response, _COOKIE, shown, _LIFE)
