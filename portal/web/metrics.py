"""What Prometheus reads: all of it from the database, so that every host says the same; nothing personal in a label."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from portal.domain.delivery import State
from portal.domain.opening_hours import hours_of, is_open
from portal.store import figures, incidents, launch_failures, outbox
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.domain.incident import Kind
    from portal.domain.launch_failure import Code
    from portal.store.figures import Flow

_HOUR = timedelta(hours=1)
# So many launches in so long, and no document of any of them, is not chance.
_SILENT_OVER, _SILENT_LAUNCHES = timedelta(hours=2), 5
_LONGEST_GRANT = timedelta(days=7)
_QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True)
class _Read:
    """What one look at the database gave."""

    states: dict[str, int]
    failures: dict[tuple[str, Code], int]
    waiting: dict[State, int]
    queued_for: float
    receipts: dict[str, list[float]]
    flows: dict[str, Flow]
    quarantined: int
    incidents: dict[Kind, int]


def page() -> bytes:
    """Everything, in the text format of Prometheus."""
    registry = CollectorRegistry()
    read = _read()
    _tell_launches(registry, read)
    _tell_deliveries(registry, read)
    _tell_troubles(registry, read)
    return generate_latest(registry)


def _read() -> _Read:
    now = parts().now()
    with parts().database.read() as session:
        oldest = figures.oldest_queued(session)
        return _Read(
            states=outbox.count_by_state(session),
            failures=launch_failures.counts(session, now - _HOUR),
            waiting=figures.waiting(session),
            queued_for=(now - oldest).total_seconds() if oldest else 0,
            receipts=figures.receipt_times(session, now - _HOUR),
            flows=figures.flow(session, now - _SILENT_OVER, now - _SILENT_OVER - _LONGEST_GRANT),
            quarantined=figures.quarantined(session),
            incidents=incidents.open_by_kind(session),
        )


def _tell_launches(registry: CollectorRegistry, read: _Read) -> None:
    launched = Gauge("portal_launches_last_hour", "Launches with a context", ["service", "taken_up"], registry=registry)
    for service, success in parts().shelf.success().items():
        launched.labels(service, "yes").set(success.redeemed)
        launched.labels(service, "no").set(success.made - success.redeemed)
    said = "Launches that did not get through, by what was told of them"
    failed = Gauge("portal_launch_failures_last_hour", said, ["service", "code"], registry=registry)
    for (service, code), count in read.failures.items():
        failed.labels(service, code).set(count)


def _tell_deliveries(registry: CollectorRegistry, read: _Read) -> None:
    by_state = Gauge("portal_deliveries", "Deliveries by state", ["state"], registry=registry)
    waiting = Gauge("portal_deliveries_waiting", "Deliveries that wait for a person", ["state"], registry=registry)
    for state in State:
        by_state.labels(state).set(read.states.get(state, 0))
        waiting.labels(state).set(read.waiting.get(state, 0))
    said = "How long the oldest Delivery has been in the queue; 0 when none is"
    Gauge("portal_oldest_queued_seconds", said, registry=registry).set(read.queued_for)
    said = "From a document to its receipt, of receipts that came in the last hour"
    receipts = Gauge("portal_receipt_seconds_last_hour", said, ["epj", "quantile"], registry=registry)
    for epj_id, taken in read.receipts.items():
        for quantile in _QUANTILES:
            receipts.labels(epj_id, str(quantile)).set(_quantile(taken, quantile))


def _tell_troubles(registry: CollectorRegistry, read: _Read) -> None:
    opened = Gauge("portal_incidents_open", "Incidents that an operator must see to", ["kind"], registry=registry)
    for kind, count in read.incidents.items():
        opened.labels(kind).set(count)
    said = "What came for us and could not be read as a receipt"
    Gauge("portal_quarantined", said, registry=registry).set(read.quarantined)
    said = "1 when a service is launched in its opening hours with a right to write back, and nothing comes back"
    silent = Gauge("portal_writeback_silent", said, ["service"], registry=registry)
    for service, flow in read.flows.items():
        silent.labels(service).set(_is_silent(service, flow))


def _is_silent(service: str, flow: Flow) -> bool:
    hours = hours_of(service, parts().settings.opening_hours)
    return flow.launches >= _SILENT_LAUNCHES and not flow.documents and is_open(hours, parts().now())


def _quantile(ordered: Sequence[float], quantile: float) -> float:
    return ordered[ceil(quantile * len(ordered)) - 1]
