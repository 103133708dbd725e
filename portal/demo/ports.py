"""Where everything listens: fixed addresses for a person, free ones for a machine; always loopback."""

from __future__ import annotations

import secrets
import socket
from typing import NamedTuple

from portal.demo.standin import HOST

FIRST = 8000


class Addresses(NamedTuple):
    """One origin per server, `http://127.0.0.1:<port>`."""

    portal: str
    helseid: str
    epj: str
    target: str

    def port(self, name: str) -> int:
        """The port of one of them."""
        return int(getattr(self, name).rpartition(":")[2])


def fixed() -> Addresses:
    """Port 8000 and the next ones that are free."""
    ports: list[int] = []
    candidate = FIRST
    while len(ports) < len(Addresses._fields):
        if _is_free(candidate):
            ports.append(candidate)
        candidate += 1
    return _addresses(ports)


def ephemeral() -> Addresses:
    """Ports that nobody uses."""
    ports: set[int] = set()
    while len(ports) < len(Addresses._fields):
        ports.add(free_port())
    return _addresses(list(ports))


def free_port() -> int:
    """A port that nobody listens on, and that the system gives to no outgoing connection (32768 and up) meanwhile."""
    while not _is_free(candidate := 10_000 + secrets.randbelow(22_000)):
        pass
    return candidate


def _addresses(ports: list[int]) -> Addresses:
    return Addresses(*(f"http://{HOST}:{port}" for port in ports))


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True
