"""A threaded server on loopback that really ends."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from werkzeug.serving import ThreadedWSGIServer

from portal.demo.standin import PathOnly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask


class Server(ThreadedWSGIServer):
    """Can hang up on everybody; werkzeug's own goes on answering on connections that are kept open."""

    def __init__(self, app: Flask, port: socket.socket) -> None:
        self._open: WeakSet[socket.socket] = WeakSet()
        host, number = port.getsockname()
        super().__init__(host, number, app, PathOnly, fd=port.fileno())

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def hang_up(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def served(app: Flask, port: int) -> Iterator[None]:
    """Serve an app on loopback until the block ends; then nobody is answered any more."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        server = Server(app, listening)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.hang_up()
        thread.join()
        server.server_close()
