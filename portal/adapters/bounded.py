"""HTTP that ends: one trust store, and a limit on the whole answer where sockets only limit each byte."""

from __future__ import annotations

import io
import math
import ssl
import time
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, ClassVar

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from portal.errors import Unavailable

if TYPE_CHECKING:
    import socket
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


def hurried(wait: Callable[[float], None]) -> Callable[[float], None]:
    """Wait no longer than whoever asks has time; raises Unavailable helseid_down instead."""

    def waiting(seconds: float) -> None:
        if left() <= seconds:
            raise Unavailable("helseid_down", "no time left")
        wait(seconds)

    return waiting


_LONGEST = 60.0  # sockets take no infinity
SENDING = 8.0
"""Seconds that a body may take to leave; urllib3 itself gives it what is meant for connecting."""


class _Timely(io.RawIOBase):
    """Reads a socket in the time that is left, as a whole: its own timeout starts anew with every byte."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        seconds = min(left(), _LONGEST)
        if seconds <= 0:
            raise TimeoutError
        self._sock.settimeout(seconds)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Timely(sock))


class _HTTPConnection(HTTPConnection):
    response_class = _Response

    def send(self, data: Any) -> None:
        """Send within a limit of its own: 10 MB do not go through in the time that a connection takes."""
        if self.sock is not None:
            self.sock.settimeout(max(min(SENDING, left()), 0.001))
        super().send(data)


class _HTTPSConnection(_HTTPConnection, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


@lru_cache(maxsize=4)
def _trust(_where: ssl.DefaultVerifyPaths) -> ssl.SSLContext:
    """What is trusted, read once for each place that it is read from: a bundle takes 0.1 s."""
    return ssl.create_default_context()


class BoundedAdapter(HTTPAdapter):
    """Trusts what the operating system trusts (SSL_CERT_FILE names another bundle), loaded once; thread-safe."""

    _pools: ClassVar = {"http": _HTTPPool, "https": _HTTPSPool}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Give every connection our classes and one TLS context."""
        super().init_poolmanager(*args, **kwargs, ssl_context=_trust(ssl.get_default_verify_paths()))
        self.poolmanager.pool_classes_by_scheme = self._pools

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002  requests' signature
        """Always verify, without requests' own bundle, which it would read anew for every connection."""
        conn.cert_reqs = "CERT_REQUIRED"
