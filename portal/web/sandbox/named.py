"""Which EPJ a request is of, also one that is refused: by the guard, by its unverified token, or by its context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import g, request

from portal.domain import jose
from portal.domain.conformance.observed import SERVER, opaque
from portal.domain.jose import Unsound
from portal.store import logins, observations, registry
from portal.web import cookies, once
from portal.web.parts import parts

if TYPE_CHECKING:
    from portal.domain.conformance.observed import Event
    from portal.store.observations import Known

_EVENTS: dict[str, Event] = {
    "/api/session/create": "create",
    "/api/session/refresh": "refresh",
    "/api/session/end": "end",
    "/api/catalogue": "catalogue",
    "/start": "start",
    "/start/videre/<handle>": "proceed",
    "/launch": "launch",
    "/launch/callback": "callback",
}


class Named(NamedTuple):
    """What happens, of which EPJ, and the context that the browser brought, if it is one of ours."""

    event: Event
    epj_id: str
    known: Known | None = None


def named() -> Named | None:
    """What this request is; None when it is nothing that is watched, or of no EPJ that is in force here."""
    event = _EVENTS.get(request.url_rule.rule) if request.url_rule else None
    if event in SERVER:
        registered = g.get("epj")
        epj_id = registered.id if registered else _of_client(unverified_token().get("client_id"))
        return Named(event, epj_id) if event and epj_id else None
    if event in {"start", "proceed"}:
        known = _known(context_of_code() if event == "start" else _pending())
        return Named(event, known.epj_id, known) if event and known else None
    if event in {"launch", "callback"}:
        epj_id = _of_issuer() if event == "launch" else _of_state()
        return Named(event, epj_id) if event and epj_id else None
    return None


def unverified_token() -> dict[str, Any]:
    """What the access token says of itself; nobody has checked it."""
    _, _, token = request.headers.get("Authorization", "").partition(" ")
    return unverified(token)


def unverified(token: str) -> dict[str, Any]:
    """The claims of a token that nobody has checked; empty when it cannot be read."""
    try:
        return dict(jose.peek(token).claims)
    except Unsound:
        return {}


def epj_session_of(claims: dict[str, Any]) -> tuple[str | None, str | None]:
    """In opaque words the HelseID session that a token is of, and the person in that EPJ."""
    sub, client_id, sid = (claims.get(name) for name in ("sub", "client_id", "sid"))
    if not (isinstance(sub, str) and isinstance(client_id, str) and isinstance(sid, str)):
        return None, None
    return opaque(client_id, sid), opaque(client_id, sub)


def context_of_code() -> str | None:
    """The context of the code that the browser brought to /start, spent and too old ones included."""
    code = request.values.get("code")
    if not code:
        return None
    with parts().database.read() as session:
        return observations.context_of_code(session, parts().vault, code)


def _known(context_id: str | None) -> Known | None:
    if context_id is None:
        return None
    with parts().database.read() as session:
        return observations.known(session, context_id)


def _pending() -> str | None:
    pending = cookies.read(f"{cookies.PENDING}{(request.view_args or {}).get('handle', '')}")
    waiting = (once.look("pending", pending) or once.spent("pending", pending)) if pending else None
    return waiting["context"] if waiting else None


def _of_client(client_id: Any) -> str | None:
    if not isinstance(client_id, str):
        return None
    with parts().database.read() as session:
        registered = registry.epj_of_helseid_client(session, client_id)
    return registered.id if registered else None


def _of_issuer() -> str | None:
    with parts().database.read() as session:
        registered = registry.epj_of_issuer(session, request.values.get("iss", ""))
    return registered.id if registered else None


def _of_state() -> str | None:
    """The EPJ that the launch was begun with, in this browser."""
    state = request.args.get("state", "")
    for name in cookies.names(cookies.SMART):
        hers = {"client": logins.hashed(cookies.read(name) or "")}
        if begun := once.look("smart", state, **hers) or once.spent("smart", state, **hers):
            return str(begun["epj"])
    return None
