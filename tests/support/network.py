"""Nothing in a test leaves this machine."""

from __future__ import annotations

import sys
from ipaddress import ip_address
from typing import Any

import pytest


def guard() -> None:
    """Fail the test at any connection that is not to loopback or to a local socket; it holds until the process ends."""
    sys.addaudithook(_loopback_only)


def _loopback_only(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in {"socket.connect", "socket.sendto"}:
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_loopback(address[0]):
        # Not an OSError: the code under test must not mistake this for a server that is down.
        pytest.fail(f"a test tried to reach {address[0]}")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
