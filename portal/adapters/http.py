"""The only way out: allow-listed servers, bounded in time and size, errors in our own words."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from requests import Request, RequestException
from urllib3.exceptions import HTTPError

from portal.adapters.bounded import BoundedAdapter, left, within
from portal.domain import strict_json
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from urllib3.response import BaseHTTPResponse

Form: TypeAlias = "Mapping[str, str | Sequence[str]]"
"""Fields of a form; one with several values is sent several times."""

_ORIGIN = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(?=[/?]|\Z)")
_URL = re.compile(r"[!-~]{1,8192}")  # printable ASCII, so that no two parsers read it differently
_HEADERS = {"User-Agent": "inngangsportalen"}
_PORTS = {"http": "80", "https": "443"}
_CHUNK = 65_536
_POOL = 32  # connections kept per server; more than the threads of a process

# urllib3 logs paths and queries.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Answer:
    """What a server said; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON; raises UpstreamError upstream_malformed (see `strict_json.loads`)."""
        try:
            return strict_json.loads(self.body)
        except ValueError:
            raise UpstreamError("upstream_malformed", "the body is not JSON") from None


class Egress:
    """Sends requests to the servers in `allow` (origins, scheme://host:port) and nowhere else; thread-safe.

    An answer takes at most `total_timeout` seconds, connecting to it `connect_timeout` of them, and `max_bytes` bytes;
    what is sent in a block of `within` shares that block's time. No redirect is followed; proxies, cookies, netrc and
    compression play no part.
    """

    def __init__(
        self,
        allow: Collection[str],
        *,
        connect_timeout: float = 2.0,
        total_timeout: float = 10.0,
        max_bytes: int = 2_000_000,
    ) -> None:
        self._allow = frozenset(_origin(origin) for origin in allow)
        self._connect_timeout = connect_timeout
        self._total_timeout = total_timeout
        self._max_bytes = max_bytes
        # Bare adapter, no session: sessions share cookies and read proxies and netrc from the environment.
        self._adapter = BoundedAdapter(pool_maxsize=_POOL)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | Form | None = None,
    ) -> Answer:
        """Send one request once and return the whole answer, whatever its status; a mapping is sent as a form.

        Raises UpstreamError: egress_refused (not in the allow list, never retryable), upstream_unreachable,
        upstream_malformed (too large). Texts name the origin only.
        """
        origin = _origin(url)
        if origin not in self._allow:
            raise UpstreamError("egress_refused", origin, retryable=False)
        try:
            return self._exchange(Request(method, url, headers={**_HEADERS, **(headers or {})}, data=data), origin)
        except (RequestException, HTTPError, OSError, ValueError):
            # Their texts quote the whole address.
            raise UpstreamError("upstream_unreachable", origin) from None

    def _exchange(self, request: Request, origin: str) -> Answer:
        with within(self._total_timeout):
            timeout = (min(self._connect_timeout, left()), left())
            answer = self._adapter.send(request.prepare(), stream=True, timeout=timeout)
            try:
                body = self._body(answer.raw)
            finally:
                answer.close()
        if len(body) > self._max_bytes:
            raise UpstreamError("upstream_malformed", origin)
        return Answer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, body)

    def _body(self, raw: BaseHTTPResponse) -> bytes:
        body = b""
        # Until nothing comes: only then does urllib3 compare with Content-Length.
        while len(body) <= self._max_bytes and (more := raw.read(_CHUNK, decode_content=False)):
            body += more
        return body


def _origin(url: str) -> str:
    found = _ORIGIN.match(url) if _URL.fullmatch(url) else None
    if found is None:
        raise UpstreamError("egress_refused", "not an http address of one host", retryable=False)
    scheme, host, port = found.groups()
    return f"{scheme}://{host.lower()}:{port or _PORTS[scheme]}"
