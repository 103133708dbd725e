"""Is the process alive, can it do its work, how much waits to be done; nothing personal in any of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from portal.domain.delivery import State
from portal.store import launch_failures, outbox
from portal.web.guards import public
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("health", __name__)

_FAILED_OVER = timedelta(hours=1)


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
    """Deliveries by state and launches by outcome, from the database; the proxy keeps it from the open networks."""
    registry = CollectorRegistry()
    gauge = Gauge("portal_deliveries", "Deliveries by state", ["state"], registry=registry)
    with parts().database.read() as session:
        counts = outbox.count_by_state(session)
        failures = launch_failures.counts(session, parts().now() - _FAILED_OVER)
    for state in State:
        gauge.labels(state).set(counts.get(state, 0))
    launched = Gauge("portal_launches_last_hour", "Launches with a context", ["service", "taken_up"], registry=registry)
    for service, success in parts().shelf.success().items():
        launched.labels(service, "yes").set(success.redeemed)
        launched.labels(service, "no").set(success.made - success.redeemed)
    said = "Launches that did not get through, by what was told of them"
    failed = Gauge("portal_launch_failures_last_hour", said, ["service", "code"], registry=registry)
    for (service, code), count in failures.items():
        failed.labels(service, code).set(count)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
