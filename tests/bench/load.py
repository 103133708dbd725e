"""One visitor who asks again and again: at a steady pace for latencies, without pause for what a request costs."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from statistics import quantiles
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from bench.servers import Server


class Latency(NamedTuple):
    """Milliseconds."""

    p50: float
    p95: float
    worst: float


def visitor(headers: dict[str, str] | None = None) -> requests.Session:
    """A browser with its connection kept open."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update(headers or {})
    return session


def paced(session: requests.Session, url: str, rate: int, seconds: int) -> Latency:
    """Ask at `rate` requests a second, whether the last one was answered in time or not."""
    address = urlsplit(url)
    # Not the session itself: reading a large page in its small chunks would be a good part of what is measured.
    connection = HTTPConnection(address.netloc, timeout=10)
    headers = {name: str(value) for name, value in session.headers.items() if name != "Accept-Encoding"}
    took, begun = [], time.perf_counter()
    for number in range(rate * seconds):
        due = begun + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        connection.request("GET", f"{address.path}?{address.query}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        # From when it was due: one that waits for another one has waited.
        took.append((time.perf_counter() - due) * 1000)
        assert answer.status == 200, answer.status
    connection.close()
    cuts = quantiles(took, n=100)
    return Latency(cuts[49], cuts[94], max(took))


def cpu_per_request(server: Server, session: requests.Session, path: str, count: int) -> float:
    """Milliseconds of the server's core that a request costs; the best of three runs."""
    return min(_cpu_per_request(server, session, path, count) for _ in range(3))


def _cpu_per_request(server: Server, session: requests.Session, path: str, count: int) -> float:
    before = server.cpu_seconds()
    for _ in range(count):
        assert session.get(server.origin + path, timeout=10).status_code == 200
    return (server.cpu_seconds() - before) * 1000 / count
