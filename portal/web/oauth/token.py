"""Token: the target's server gets the context, once; and what becomes of its tokens (RFC 6749, RFC 7009, RFC 7662)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, request

from portal.errors import OAuthError
from portal.store import audit, contexts, launches
from portal.store.launches import ACCESS
from portal.web import handover
from portal.web.acts import act
from portal.web.guards import target_client
from portal.web.oauth import sign_on
from portal.web.oauth.client import METHOD
from portal.web.oauth.request import posted
from portal.web.oauth.server import GRANTS, SERVER, plain_refusals
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.client_registration import Client
    from portal.domain.launch import Launch
    from portal.store.launches import Token

blueprint = Blueprint("token", __name__, url_prefix="/oauth")


@blueprint.post("/token")
@target_client
def token() -> ResponseReturnValue:
    """Redeem a code, or a refresh token."""
    if request.form.get("grant_type") not in GRANTS:
        raise OAuthError("unsupported_grant_type")
    with plain_refusals():
        return SERVER.create_token_response()  # type: ignore[no-any-return]  # authlib is untyped


@blueprint.post("/revoke")
@target_client
def revoke() -> ResponseReturnValue:
    """Give a token back: with access goes what refreshes it; another client's, or none, is no error (RFC 7009 §2.2)."""
    portal, (client, secret) = parts(), _asked("revoke")
    with portal.database.write() as session:
        found = launches.give_back(session, secret, client.client_id, portal.now())
        if found:
            actor, subject = f"client {client.client_id}", f"launch {found.launch_id}"
            audit.record(session, act("token_revoked", found.kind, actor=actor, subject=subject))
    return "", 200


@blueprint.post("/introspect")
@target_client
def introspect() -> ResponseReturnValue:
    """Say what a token of the client's own stands for, launch context included; of others only `active: false`."""
    portal, (client, secret) = parts(), _asked("introspect")
    with portal.database.read() as session:
        found = launches.of_client(session, secret, client.client_id, portal.now())
        launch = launches.find(session, found.launch_id) if found else None
    told = _told(found, launch, client) if found and launch else None
    return jsonify(told or {"active": False})


def _asked(endpoint: str) -> tuple[Client, str]:
    asked = posted()
    with plain_refusals():
        client = SERVER.authenticate_client(asked, [METHOD], endpoint).registered
    if not asked.form.get("token"):
        raise OAuthError("invalid_request", "token is missing")
    return client, asked.form["token"]


def _told(found: Token, launch: Launch, client: Client) -> dict[str, Any] | None:
    portal = parts()
    with portal.database.read() as session:
        context = contexts.find(session, portal.vault, launch.context_id)
    told = {
        "active": True,
        "scope": found.scope,
        "client_id": found.client_id,
        "exp": int(found.expires_at.timestamp()),
        "iss": portal.settings.base_url,
        "sub": launch.sub,
        "token_type": "DPoP" if found.jkt else "Bearer",
    }
    if found.jkt:
        told["cnf"] = {"jkt": found.jkt}
    if "fhirUser" in found.scope.split():
        told["fhirUser"] = sign_on.fhir_user(launch, client)
    if launch.context_id is None or found.kind != ACCESS:
        return told
    if context is None or not context.is_live(portal.now()):
        return None
    items = handover.told(launch, context, client) | {"trace_id": launch.id}
    items["fhirContext"] = [item.model_dump(exclude_none=True) for item in items["fhirContext"]]
    return told | {name: value for name, value in items.items() if value is not None}
