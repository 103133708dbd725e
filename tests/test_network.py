from __future__ import annotations

import socket

import pytest


def test_connecting_elsewhere_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception), socket.socket(socket.AF_INET, socket.SOCK_STREAM) as outgoing:
        outgoing.connect(("192.0.2.1", 443))


def test_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
