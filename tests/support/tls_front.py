"""TLS in front of a server that speaks plain HTTP, as the proxy of a real host does."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager, suppress
from select import select
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Front(NamedTuple):
    """Where it listens, with what, and the port of the server behind it on 127.0.0.1."""

    host: str
    port: int
    certificate: Path
    key: Path
    behind: int


@contextmanager
def serve(front: Front) -> Iterator[None]:
    """Serve from threads of its own; a connection ends when the server behind it ends."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(front.certificate, front.key)

    class Connection(BaseRequestHandler):
        def handle(self) -> None:
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as outer,
                socket.create_connection(("127.0.0.1", front.behind)) as inner,
            ):
                _pour(outer, inner)

    with ThreadingTCPServer((front.host, front.port), Connection) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _pour(outer: ssl.SSLSocket, inner: socket.socket) -> None:
    """Pass bytes both ways until one side has no more."""
    other: dict[socket.socket, socket.socket] = {outer: inner, inner: outer}
    while True:
        # What TLS has already decrypted no longer shows on the socket.
        for ready in [outer] if outer.pending() else select(list(other), [], [])[0]:
            data = ready.recv(65_536)
            if not data:
                return
            other[ready].sendall(data)
