"""The worker: messages out, receipts in, the log sealed, old things forgotten; it stops between two turns when told to.

Nothing that fails stops the rest: a turn that breaks is logged by type and place, and the next one comes.
"""

from __future__ import annotations

import logging
import signal
from contextlib import ExitStack
from dataclasses import asdict
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from portal.adapters import log_lines
from portal.domain.audit import AuditEvent
from portal.store import audit, retention, scrubbing
from portal.worker import incoming, outgoing
from portal.worker.care import carefully
from portal.worker.tools import tools_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from portal.settings import Settings
    from portal.worker.tools import Tools

log = logging.getLogger(__name__)
_PAUSE, _RECEIPTS_EVERY, _BATCHES = 0.5, 1.0, 20


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    log_lines.configure()
    tools, stop = tools_of(settings), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log.info("worker started")
    # On its own: a journal that does not answer keeps nobody's message waiting.
    reader = Thread(target=_keep_reading, args=(tools, stop), name="receipts")
    with ExitStack() as ending:
        ending.callback(carefully, seal, tools)
        ending.callback(reader.join)
        reader.start()
        _keep_sending(tools, stop)
    log.info("worker stopped")


def seal(tools: Tools) -> None:
    """Chain what was audited since the last time, and publish each head in the log; what is far too much waits."""
    for _ in range(_BATCHES):
        with tools.database.write() as session:
            head = audit.seal(session, tools.settings.audit_key, tools.now())
        if head:
            log.info("audit sealed", extra={"batch": head.batch, "head": head.digest})
        if head is None or not head.full:
            return


def forget(tools: Tools) -> None:
    """Keep nothing longer than it is needed."""
    counts = retention.run(tools.database, tools.now(), tools.settings.lifetimes)
    with tools.database.write() as session:
        audit.record(session, AuditEvent(tools.now(), "retention_run", "ok", "worker", basis=counts.basis()))
    scrubbed = scrubbing.scrub(tools.database)
    log.info("retention run", extra=asdict(counts) | {"scrubbed": scrubbed})


_DUTIES: dict[Callable[[Tools], None], timedelta] = {seal: timedelta(seconds=5), forget: timedelta(hours=1)}


def _keep_sending(tools: Tools, stop: Event) -> None:
    due = dict.fromkeys(_DUTIES, tools.now())
    while not stop.is_set():
        _do_duties(tools, due)
        if not carefully(outgoing.move_one, tools):
            stop.wait(_PAUSE)


def _keep_reading(tools: Tools, stop: Event) -> None:
    due: dict[Any, datetime] = {}
    while not stop.wait(_RECEIPTS_EVERY):
        carefully(incoming.read_all, tools, due)


def _do_duties(tools: Tools, due: dict[Callable[[Tools], None], datetime]) -> None:
    for duty, every in _DUTIES.items():
        if tools.now() >= due[duty]:
            # First, so that a duty that fails does not repeat at once.
            due[duty] = tools.now() + every
            carefully(duty, tools)
