# ruff: noqa: INP001  gunicorn loads this file by path
"""gunicorn behind a proxy: one listening socket per zone, and nothing believed that a header says of its origin.

The proxy must buffer requests: a dozen slow bodies are enough to stop a gunicorn that meets its clients itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gunicorn.glogging import Logger

from portal.settings import Settings

if TYPE_CHECKING:
    from datetime import timedelta

    from gunicorn.workers.base import Worker

bind = list(Settings.from_env(os.environ).listen.values())
# The proxy reaches the sockets through the group that it shares with the portal.
umask = 0o007
control_socket_disable = True

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
max_requests = 10_000
max_requests_jitter = 1_000
timeout = 30
graceful_timeout = 30

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# A peer on a local socket counts as trusted, whatever forwarded_allow_ips says: so no header may say anything.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""


class AccessLog(Logger):  # type: ignore[misc]  # gunicorn is untyped
    """Knows the path as it was sent, percent-encoded, and no query, header or address: they cannot be logged."""

    def atoms(self, resp: Any, _req: Any, environ: dict[str, Any], request_time: timedelta) -> dict[str, str]:
        """Everything that `access_log_format` can name."""
        return {
            "time": self.now(),
            "method": environ["REQUEST_METHOD"],
            "path": quote(environ["RAW_URI"].partition("?")[0], safe="/%:@!$&'()*+,;=~"),
            "status": str(resp.status).partition(" ")[0],
            "bytes": str(resp.sent),
            "ms": f"{request_time.total_seconds() * 1000:.0f}",
        }


logger_class = AccessLog
accesslog = "-"
access_log_format = "%(time)s %(method)s %(path)s %(status)s %(bytes)s B %(ms)s ms"


def post_worker_init(worker: Worker) -> None:
    """Let this worker's copy of the public page follow what is published."""
    worker.app.callable.extensions["public_pages"].follow()
