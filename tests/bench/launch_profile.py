"""Where the milliseconds of a launch go: `python -m bench.launch_profile [strict|classic]`, with no server around it.

First what each step costs, then the same with the profiler, whose own cost makes small functions look dear: ours by
all that they call, and any by what they do themselves.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import Counter, defaultdict
from contextlib import suppress
from cProfile import Profile
from io import BytesIO
from pathlib import Path
from pstats import SortKey, Stats
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from bench import issuers
from bench.flow import Answer, Flow
from sqlalchemy import event
from support.source import ROOT

from portal.app import create_app

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.crowd import Profile as Registered
    from flask import Flask

WARM_UP, FLOWS, LIVE, LINES = 50, 200, 1_000, 25


class Inside:
    """The application itself as a line; it keeps what each step cost, in CPU milliseconds and in the database."""

    def __init__(self, app: Flask, origin: str) -> None:
        self._app, self._host = app, urlsplit(origin).netloc
        self.cost: defaultdict[str, list[float]] = defaultdict(list)
        self.asked: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.profile: Profile | None = None
        self._step = ""
        engine = app.extensions["portal"].database.engine
        event.listen(engine, "before_cursor_execute", lambda *_: self._count("statements"))
        event.listen(engine, "begin", lambda _: self._count("transactions"))
        event.listen(engine, "commit", lambda _: self._count("commits"))

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        environ, said = self._environ(method, path, headers, body), dict[str, Any]()
        self._step = urlsplit(path).path.rpartition("/")[2]

        def start(status: str, answered: list[tuple[str, str]], _error: object = None) -> Any:
            said.update(status=int(status[:3]), headers=dict(answered))

        begun = time.process_time()
        if self.profile:
            content = self.profile.runcall(lambda: b"".join(self._app(environ, cast("Any", start))))
        else:
            content = b"".join(self._app(environ, cast("Any", start)))
        self.cost[self._step].append((time.process_time() - begun) * 1000)
        return Answer(said["status"], said["headers"], content)

    def close(self) -> None:
        """Nothing is open."""

    def _count(self, what: str) -> None:
        self.asked[self._step][what] += 1

    def _environ(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        address, host, port = urlsplit(path), *self._host.split(":")
        named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        return named | {
            "REQUEST_METHOD": method,
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "SERVER_NAME": host,
            "SERVER_PORT": port,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": self._host,
            "CONTENT_TYPE": headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": "http",
        }


def main(profile: Registered = "strict") -> None:
    """Print the steps and the functions."""
    with suppress(OSError):
        os.sched_setaffinity(0, {0})
    logging.disable()
    with TemporaryDirectory(prefix="bench-") as folder:
        stage = issuers.staged(Path(folder) / "portal", profile, LIVE)
        line = Inside(create_app(stage.settings), stage.issuer.origin)
        flow = Flow(stage.issuer, stage.clinicians[0], line)
        _repeat(flow, WARM_UP)
        line.cost.clear()
        line.asked.clear()
        _repeat(flow, FLOWS)
        _print_steps(line)
        line.profile = Profile()
        _repeat(flow, FLOWS)
        stats = Stats(line.profile)
        print(f"\n{stats.total_calls / FLOWS:.0f} calls per flow; seconds of {FLOWS} flows")  # type: ignore[attr-defined]  # typeshed lacks it
        stats.sort_stats(SortKey.CUMULATIVE).print_stats(f"^{ROOT}/portal/", LINES)
        stats.strip_dirs().sort_stats(SortKey.TIME).print_stats(LINES)


def _repeat(flow: Flow, count: int) -> None:
    for _ in range(count):
        flow.run()


def _print_steps(line: Inside) -> None:
    print(f"{'step':<16} {'p5':>8} {'p50':>8} ms   statements (BEGIN too), transactions, commits")
    for step, costs in line.cost.items():
        asked = ", ".join(str(line.asked[step][what] // FLOWS) for what in ("statements", "transactions", "commits"))
        print(f"{step:<16} {quantiles(costs, n=20)[0]:>8.2f} {quantiles(costs)[1]:>8.2f}      {asked}")
    least = sum(quantiles(costs, n=20)[0] for costs in line.cost.values())
    print(f"{'all':<16} {least:>8.2f} {sum(quantiles(costs)[1] for costs in line.cost.values()):>8.2f}")


if __name__ == "__main__":
    main(*cast("list[Registered]", sys.argv[1:]))
