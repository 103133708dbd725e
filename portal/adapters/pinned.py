"""The way out to servers that somebody else has named: to an address that was checked, and to that one alone."""

from __future__ import annotations

import socket
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from portal.adapters.bounded import BoundedAdapter, left
from portal.adapters.http import Egress
from portal.domain.public_address import is_public
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from requests import PreparedRequest

Resolve: TypeAlias = "Callable[[str, int], list[str]]"

_HTTPS = 443
_STEP = 1.0  # seconds to look up, to connect and to shake hands, each: with nothing else these are the three of a whole


def resolve(host: str, port: int) -> list[str]:
    """Return every IP address of a host; raises OSError, and UnicodeError for a label that is too long."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class PinnedAdapter(BoundedAdapter):
    """Speaks TLS to the open internet, and to the origins in `allow` wherever they are; thread-safe.

    A name is looked up once, every address of it is checked, and one of these is connected to, so that a name which
    leads elsewhere a moment later (DNS rebinding) leads nowhere. What TLS verifies is the name.
    """

    def __init__(self, allow: Collection[str], resolve: Resolve = resolve) -> None:
        self._allow, self._resolve = frozenset(map(_plain, allow)), resolve
        super().__init__()

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Connect to the address instead of the name; requests' own place to say where to (see its docstring)."""
        where, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        host, netloc = where["host"].strip("[]"), urlsplit(str(request.url)).netloc
        allowed = _plain(f"https://{netloc}") in self._allow
        request.headers["Host"] = netloc
        address = self._checked(where["scheme"], host, where["port"] or _HTTPS, allowed=allowed)
        return where | {"host": address}, tls | {"server_hostname": host}

    def _checked(self, scheme: str, host: str, port: int, *, allowed: bool) -> str:
        if scheme != "https":
            raise UpstreamError("egress_refused", "not https", retryable=False)
        addresses = _in_time(lambda: self._resolve(host, port))
        if not addresses:
            raise OSError
        if not allowed and not all(map(is_public, addresses)):
            raise UpstreamError("egress_refused", "not on the open internet", retryable=False)
        return addresses[0]


class PinnedEgress(Egress):
    """As Egress, to one server that somebody else has named: 3 seconds and 64 kB at most."""

    def __init__(self, origin: str, adapter: PinnedAdapter) -> None:
        super().__init__({origin}, connect_timeout=_STEP, total_timeout=3 * _STEP, max_bytes=65_536)
        self._adapter = adapter


def _plain(origin: str) -> str:
    return origin.lower().removesuffix(f":{_HTTPS}")


def _in_time(look_up: Callable[[], list[str]]) -> list[str]:
    """What a look-up brings within its time, nothing if it fails; `getaddrinfo` knows no limit of its own."""
    found: Queue[list[str]] = Queue()

    def run() -> None:
        with suppress(OSError, UnicodeError):
            found.put(look_up())
        found.put([])

    Thread(target=run, daemon=True).start()
    with suppress(Empty):
        return found.get(timeout=min(_STEP, left()))
    return []
