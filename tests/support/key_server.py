"""A target portal's key set at an address of its own, by TLS, under a name that no DNS knows."""

from __future__ import annotations

import ssl
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.certificates import authority
from support.loopback import Asked, Says, http_server, raw_server

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest
    from support.certificates import Issued

NAME = "nokler.demomelding.test"


@dataclass
class KeyServer:
    """`keys` is what it has, `overrides` a whole other answer; `asked` is what it was asked, by which names."""

    port: int
    keys: list[Any]
    says: Says | None = None
    asked: list[Asked] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=lambda: {NAME: ["127.0.0.1"]})
    looked_up: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"https://{NAME}:{self.port}"

    @property
    def jwks_uri(self) -> str:
        return f"{self.origin}/jwks"

    def resolve(self, host: str, _port: int) -> list[str]:
        """The DNS of this test: what a name leads to."""
        self.looked_up.append(host)
        return self.names.get(host, [])


@contextmanager
def key_server(folder: Path, monkeypatch: pytest.MonkeyPatch, *keys: dict[str, Any]) -> Iterator[KeyServer]:
    """Serve these public keys until the block ends; from here on this process trusts the server's certificate."""
    served = KeyServer(0, list(keys))

    def answer(asked: Asked) -> Says:
        served.asked.append(asked)
        return served.says or Says({"keys": served.keys})

    with http_server(answer, _tls(folder, monkeypatch)) as origin:
        served.port = int(origin.rpartition(":")[2])
        yield served


@contextmanager
def dripping(folder: Path, monkeypatch: pytest.MonkeyPatch, before: bytes) -> Iterator[KeyServer]:
    """As `key_server`, but after `before` it says a byte every hundredth of a second."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(1_000):
            connection.sendall(b"1")
            time.sleep(0.01)

    with raw_server(talk, _tls(folder, monkeypatch)) as origin:
        yield KeyServer(int(origin.rpartition(":")[2]), [])


@contextmanager
def silent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    """As `key_server`, but it never shakes hands."""
    _trusted(folder, monkeypatch)
    with raw_server(lambda _: time.sleep(2)) as origin:
        yield KeyServer(int(origin.rpartition(":")[2]), [])


def _trusted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Issued:
    issued = authority(folder, NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(issued.authority))
    return issued


def _tls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[socket.socket], socket.socket]:
    issued = _trusted(folder, monkeypatch)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    return lambda plain: context.wrap_socket(plain, server_side=True)
