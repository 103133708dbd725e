"""Hears every address that this process connects to or looks up, whoever asks."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_listening: list[set[tuple[str, int]]] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _listening:
        return
    if event == "socket.getaddrinfo":
        host, port = arguments[:2]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host, port = arguments[1][:2]
    else:
        return
    for heard in _listening:
        heard.add((str(host), int(port or 0)))


sys.addaudithook(_hear)


@contextmanager
def outbound() -> Iterator[set[tuple[str, int]]]:
    """Fill a set of hosts and ports until the block ends; the test's own calls are among them."""
    heard: set[tuple[str, int]] = set()
    _listening.append(heard)
    try:
        yield heard
    finally:
        _listening.remove(heard)
