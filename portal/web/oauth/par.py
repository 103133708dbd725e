"""PAR: a target's server pushes its authorization request before any browser sees it (RFC 9126)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, request

from portal.domain import authorization_request
from portal.domain.target_bodies import ParResponse
from portal.errors import OAuthError
from portal.web.guards import checked_proof, target_client
from portal.web.oauth import pushed
from portal.web.oauth.client import METHOD
from portal.web.oauth.request import posted
from portal.web.oauth.server import SERVER, plain_refusals
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.domain.client_registration import Client

blueprint = Blueprint("par", __name__, url_prefix="/oauth")


@blueprint.post("/par")
@target_client
def par() -> ResponseReturnValue:
    """Check a whole request and keep it; a DPoP proof binds the code to its key (RFC 9449 §10.1)."""
    portal, asked = parts(), posted()
    with plain_refusals():
        client = SERVER.authenticate_client(asked, [METHOD], "par").registered
    form = authorization_request.check(asked.form, client, portal.settings.fhir_issuer)
    if "DPoP" in request.headers:
        form["dpop_jkt"] = _bound(client, form.get("dpop_jkt"))
    kept = pushed.keep(client, form)
    life = int(portal.settings.lifetimes.request_uri.total_seconds())
    return jsonify(ParResponse(request_uri=kept.request_uri, expires_in=life).model_dump()), 201


def _bound(client: Client, dpop_jkt: str | None) -> str:
    proven = checked_proof(algorithms=client.proof_algorithms).jkt
    if dpop_jkt not in (None, proven):
        raise OAuthError("invalid_dpop_proof", "dpop_jkt")
    return proven
