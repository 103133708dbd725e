"""Which target a request is of, also one that is refused: by its unverified assertion, its token, or its service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import request

from portal.domain.conformance.observed import opaque
from portal.store import registry, target_observations
from portal.web import once
from portal.web.parts import parts
from portal.web.sandbox.facts import sent
from portal.web.sandbox.named import unverified

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.domain.conformance.target.observed import Event
    from portal.store.launches import Token

_BY_CLIENT: dict[str, Event] = {
    "/oauth/par": "push",
    "/oauth/token": "token",
    "/api/context": "context",
    "/api/launch-failure": "failure",
}
_BY_BROWSER = frozenset({"/oauth/authorize", "/oauth/confirm"})
_BY_TOKEN: dict[str, Event] = {"PUT": "put", "GET": "read"}
_LAUNCHES = frozenset({"/k/<context_id>/open/<service_id>", "/open/<service_id>"})
_CLIENT_ID = re.compile(r"[a-z0-9-]{1,60}")
START = "/sandkasse/mal/<client_id>/start"


class Named(NamedTuple):
    """What happens, and of which target."""

    event: Event
    client_id: str


def named() -> Named | None:
    """What this request is; None when it is nothing that is watched, or of no target that is in force here."""
    rule = request.url_rule.rule if request.url_rule else ""
    who = _named(rule)
    if who is None or not _CLIENT_ID.fullmatch(who.client_id):
        return None
    with parts().database.read() as session:
        return who if registry.client(session, who.client_id) else None


def token() -> Token | None:
    """What the token of this request stands for, by whatever scheme it came."""
    _, _, secret = request.headers.get("Authorization", "").partition(" ")
    if not secret:
        return None
    with parts().database.read() as session:
        return target_observations.holder(session, secret, parts().now())


def launch_of(handle: Any, client_id: str) -> str | None:
    """The launch that a handle of this target's stands for, used or not, in opaque words."""
    launch_id = found("launch", handle, client_id)
    return opaque(launch_id) if launch_id else None


def found(kind: str, key: Any, client_id: str) -> Any:
    """A value of this target's that holds once, also after it was used."""
    if not isinstance(key, str) or not key or not key.isascii():
        return None
    return once.look(kind, key, client=client_id) or once.spent(kind, key, client=client_id)


def given() -> Mapping[str, Any]:
    """The parameters of this request, as a form, a query or JSON."""
    if request.method == "GET":
        return request.args
    return sent() if request.is_json else request.form


def _named(rule: str) -> Named | None:
    if rule in _BY_CLIENT and request.method == "POST":
        return Named(_BY_CLIENT[rule], _client_id())
    if rule in _BY_BROWSER:
        return Named("authorize", str(given().get("client_id", "")))
    if rule.startswith(("/api/writeback/", "/fhir/")) and request.method in _BY_TOKEN:
        held = token()
        return Named(_BY_TOKEN[request.method], held.client_id) if held else None
    if request.method == "POST" and (rule in _LAUNCHES or rule == START):
        return _launched((request.view_args or {}).get("client_id"))
    return None


def _client_id() -> str:
    """Who the request says that it is of; nobody has checked it."""
    signed, basic = given().get("client_assertion"), request.authorization
    claimed = unverified(signed).get("sub") if isinstance(signed, str) else given().get("client_id")
    return str(claimed or (basic.username if basic else "") or "")


def _launched(client_id: str | None) -> Named | None:
    if client_id is not None:
        return Named("launch", client_id)
    with parts().database.read() as session:
        client = registry.client_of_service(session, (request.view_args or {})["service_id"])
    return Named("launch", client.client_id) if client else None
