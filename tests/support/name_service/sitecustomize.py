"""Tells the servers of a browser test what Chromium learns by --host-resolver-rules: *.test is this machine."""

from __future__ import annotations

import socket
from typing import Any

_ask = socket.getaddrinfo


def _answer(host: Any, *args: Any, **kwargs: Any) -> Any:
    return _ask("127.0.0.1" if isinstance(host, str) and host.endswith(".test") else host, *args, **kwargs)


socket.getaddrinfo = _answer
