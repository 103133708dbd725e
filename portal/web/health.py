"""Is the process alive, can it do its work, how much waits to be done; nothing personal in any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST

from portal.web.guards import public
from portal.web.metrics import page
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
@public
def live() -> ResponseReturnValue:
    """The process answers; it depends on nothing."""
    return jsonify({"status": "live"})


@blueprint.get("/health/ready")
@public
def ready() -> ResponseReturnValue:
    """The process can do its work: database and catalogue answer. HelseID being down is not our unreadiness.

    `warnings` are codes of what an operator should look at before it becomes one: `helseid_discovery`, `helseid_keys`
    (what is remembered could not be renewed), `clock_skew` (our clock or HelseID's is more than 5 s off).
    """
    parts().shelf.stock()
    return jsonify({"status": "ready", "warnings": parts().helseid.troubles()})


@blueprint.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """How write-back and launches go, from the database; the proxy keeps it from the open networks."""
    return Response(page(), content_type=CONTENT_TYPE_LATEST)
