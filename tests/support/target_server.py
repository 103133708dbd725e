"""A target's server that speaks JSON with the portal: it takes launches up without OAuth, and tells of failed ones."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from support.helseid import ANNA
from support.keys import ec

from portal.domain import assertion, dpop

if TYPE_CHECKING:
    from support.world import World

    from portal.adapters.http import Answer

CONTEXT, FAILURE = "/api/context", "/api/launch-failure"


def assertion_of(world: World, client: str = "demo-melding", **changes: str) -> dict[str, str]:
    """The client proves who it is; `aud` and `jti` may be others."""
    audience, jti = changes.get("aud", world.origin), changes.get("jti", secrets.token_urlsafe(32))
    signed = assertion.make(ec(client).private, client, audience, world.clock(), jti)
    return {"client_assertion_type": assertion.TYPE, "client_assertion": signed}


def proof_of(world: World, client: str = "demo-melding", path: str = CONTEXT) -> str:
    """A proof by the client's key for a POST."""
    key, jti = ec(client).private, secrets.token_urlsafe(32)
    return dpop.make_proof(key, "POST", f"{world.origin}{path}", world.clock(), jti)


def take_up(
    world: World,
    handle: str,
    sub: str = ANNA.sub,
    client: str = "demo-melding",
    proof: str | None = None,
    **changes: Any,
) -> Answer:
    """POST /api/context; with a proof in the strict profile, unless one is given or is ``""``."""
    wanted = proof_of(world, client) if proof is None and world.profile == "strict" else proof
    body = {"launch": handle, "sub": sub} | assertion_of(world, client) | changes
    return _post(world, CONTEXT, body, {"DPoP": wanted} if wanted else {})


def tell(world: World, code: str, client: str = "demo-melding", **named: Any) -> Answer:
    """POST /api/launch-failure of the launch that is named."""
    return _post(world, FAILURE, {"code": code} | assertion_of(world, client) | named, {})


def _post(world: World, path: str, body: dict[str, Any], headers: dict[str, str]) -> Answer:
    sent = {name: value for name, value in body.items() if value is not None}
    fixed = {"Content-Type": "application/json"} | headers
    return world.egress.send("POST", f"{world.origin}{path}", headers=fixed, data=json.dumps(sent).encode())
