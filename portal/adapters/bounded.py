"""HTTP that ends: one trust store, and a limit on the whole answer where sockets only limit each byte."""

from __future__ import annotations

import math
import socket
import ssl
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Event, Timer
from typing import TYPE_CHECKING, Any, ClassVar

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_end: ContextVar[float] = ContextVar("end", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give everything that is sent in this block `seconds` together; an inner block cannot give more than an outer."""
    token = _end.set(min(_end.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _end.reset(token)


def left() -> float:
    """Seconds until the innermost `within` ends, never negative."""
    return max(_end.get() - time.monotonic(), 0.0)


@contextmanager
def cut_after(seconds: float, shutdown: Callable[[], object]) -> Iterator[None]:
    """Call `shutdown` from another thread when the body takes longer than `seconds`, then raise TimeoutError.

    A socket's own timeout starts anew with every byte, so a server that drips outlasts it.
    """
    late = Event()

    def cut() -> None:
        late.set()
        with suppress(OSError, ValueError):  # already closed
            shutdown()

    watchdog = Timer(seconds, cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
    if late.is_set():
        raise TimeoutError


SENDING = 8.0
"""Seconds that a body may take to leave; urllib3 itself gives it what is meant for connecting."""


class _HTTPConnection(HTTPConnection):
    def send(self, data: Any) -> None:
        """Send within a limit of its own: 10 MB do not go through in the time that a connection takes."""
        if self.sock is not None:
            self.sock.settimeout(max(min(SENDING, left()), 0.001))
        super().send(data)

    def getresponse(self) -> Any:
        """Read status and headers in the time that is left, as a whole."""
        sock = self.sock
        # The plain socket's shutdown: TLS's own would let the reader go on below the encryption.
        with cut_after(left(), lambda: socket.socket.shutdown(sock, socket.SHUT_RDWR)):
            return super().getresponse()


class _HTTPSConnection(_HTTPConnection, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class BoundedAdapter(HTTPAdapter):
    """Trusts what the operating system trusts (SSL_CERT_FILE names another bundle), loaded once; thread-safe."""

    _pools: ClassVar = {"http": _HTTPPool, "https": _HTTPSPool}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Give every connection our classes and one TLS context."""
        super().init_poolmanager(*args, **kwargs, ssl_context=ssl.create_default_context())
        self.poolmanager.pool_classes_by_scheme = self._pools

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002  requests' signature
        """Always verify, without requests' own bundle, which it would read anew for every connection."""
        conn.cert_reqs = "CERT_REQUIRED"
