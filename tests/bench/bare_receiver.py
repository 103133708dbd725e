"""A journal that takes every message at once and never sends a receipt (portal/adapters/transport/simulator).

Started by gunicorn as `bare_receiver:app`; no Flask, for what it costs is taken from those who are measured.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """202 with a reference for a message, no receipts, and 404 for whether one was seen before."""
    path, posted = environ["PATH_INFO"], environ["REQUEST_METHOD"] == "POST"
    environ["wsgi.input"].read()
    known = posted or path == "/receipts"
    told = {"id": environ.get("HTTP_X_MESSAGE_ID", "?")} if posted else {"receipts": []}
    body = json.dumps(told).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("202 Accepted" if posted else "200 OK" if known else "404 Not Found", headers)
    return [body]
