"""A registration as its owner writes it: the JSON that an operator would take in production too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from pydantic import ValidationError

from portal.domain import strict_json
from portal.domain.client_registration import Client
from portal.domain.conformance.target.entry import entry
from portal.store import sandbox_targets
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 8192
EXAMPLE = """{
  "client_id": "eksempel-register",
  "owner": "Eksempeletaten",
  "keys": [
    {"kty": "EC", "kid": "2026-1", "alg": "ES256", "crv": "P-256", "x": "…", "y": "…"}
  ],
  "launch_url": "https://melding.example.no/launch",
  "redirect_uris": ["https://melding.example.no/launch/callback"],
  "release": ["patient_number", "hpr", "organisation"],
  "writeback": true
}"""


class Unreadable(Exception):
    """The registration does not hold; `faults` names fields and rules."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("registration")
        self.faults = faults


def written() -> str:
    """The registration as it was sent, as JSON or in the form's one field."""
    return request.get_data(as_text=True) if request.is_json else request.form.get("registration", "")


def read(text: str) -> Client:
    """Return a client whose service is named as itself, for a target's entry here is its own; raises Unreadable."""
    try:
        client = Client.model_validate(_object(text))
    except ValidationError as error:
        raise Unreadable(list(_said(error))) from None
    try:
        entry(client, parts().now().date())
    except ValidationError:
        raise Unreadable(["launch_url: the catalogue takes no such address"]) from None
    return client


def read_new(text: str) -> Client:
    """As `read`, of a target that nobody has: not even the catalogue."""
    client = read(text)
    if parts().shelf.stock().has(client.service):
        raise Unreadable(["client_id: somebody has it"])
    return client


def read_change(text: str, client_id: str) -> Client:
    """As `read`, of this target, which its owner has registered alone."""
    client = read(text)
    with parts().database.read() as session:
        own = sandbox_targets.is_protected(session, client_id)
    if client.client_id != client_id or not own:
        raise Unreadable(["client_id: must stay as it is, and be one that was registered here"])
    return client


def _object(text: str) -> dict[str, Any]:
    try:
        given = strict_json.loads(text.encode())
    except ValueError:
        raise Unreadable(["JSON: cannot be read"]) from None
    if not isinstance(given, dict) or len(text) > _LONGEST:
        raise Unreadable(["JSON: one object, of at most 8192 characters"])
    return given | {"service": given.get("client_id")}


def _said(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        if fault["loc"][:1] != ("service",):
            yield f"{'.'.join(map(str, fault['loc'])) or 'registration'}: {fault['msg']}"
