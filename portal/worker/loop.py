"""The loop: receipts in, messages out, log sealed, old things forgotten; it stops between two turns when told to."""

from __future__ import annotations

import logging
import signal
from dataclasses import asdict
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

from portal.adapters import log_lines
from portal.errors import PortalError
from portal.store import audit, retention
from portal.worker import incoming, outgoing
from portal.worker.tools import tools_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from portal.settings import Settings
    from portal.worker.tools import Tools

log = logging.getLogger(__name__)
_PAUSE = 0.5


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    log_lines.configure()
    tools, stop = tools_of(settings), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log.info("worker started")
    due = dict.fromkeys(_DUTIES, tools.now())
    while not stop.is_set():
        try:
            _do_duties(tools, due)
            busy = turn(tools)
        except PortalError as error:
            # The database is away for a moment: what was claimed comes free with its lease.
            log.warning("turn failed", extra={"code": error.code})
            busy = False
        if not busy:
            stop.wait(_PAUSE)
    seal(tools)
    log.info("worker stopped")


def turn(tools: Tools) -> bool:
    """Read receipts and move one Delivery on; True when there was one, so that the next turn need not wait."""
    incoming.read_all(tools)
    return outgoing.move_one(tools)


def seal(tools: Tools) -> None:
    """Chain what was audited since the last time, and publish the head in the log."""
    with tools.database.write() as session:
        head = audit.seal(session, tools.settings.audit_key, tools.now())
    if head:
        log.info("audit sealed", extra={"batch": head.batch, "head": head.digest})


def forget(tools: Tools) -> None:
    """Keep nothing longer than it is needed."""
    with tools.database.write() as session:
        counts = retention.run(session, tools.now(), tools.settings.lifetimes)
    retention.scrub(tools.database)
    log.info("retention run", extra=asdict(counts))


_DUTIES: dict[Callable[[Tools], None], timedelta] = {seal: timedelta(seconds=5), forget: timedelta(hours=1)}


def _do_duties(tools: Tools, due: dict[Callable[[Tools], None], datetime]) -> None:
    for duty, every in _DUTIES.items():
        if tools.now() >= due[duty]:
            duty(tools)
            due[duty] = tools.now() + every
