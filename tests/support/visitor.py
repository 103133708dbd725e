"""A browser that attacks: it follows nothing by itself, and sends what no browser would."""

from __future__ import annotations

import socket
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import requests

if TYPE_CHECKING:
    from support.liar import Liar

CALLBACK = "/login/callback"
SESSION = "portal-session"
Parameters = dict[str, str] | list[tuple[str, str]] | str


class Visitor:
    """A browser that follows nothing by itself and sends an address as it was written."""

    def __init__(self, origin: str, liar: Liar) -> None:
        self._origin, self._liar = origin, liar
        self._jar = requests.Session()
        self._jar.trust_env = False
        self.cookies = self._jar.cookies

    def ask(self, path: str, method: str = "GET", **sent: Any) -> requests.Response:
        request = self._jar.prepare_request(requests.Request(method, self._origin, **sent))
        # Otherwise requests would mend what is meant to be broken.
        request.url = f"{self._origin}{path}"
        return self._jar.send(request, allow_redirects=False, timeout=20)

    def shout(self, target: bytes, *headers: bytes) -> requests.Response:
        """Send a request line byte for byte; what is said in cookies is not remembered."""
        where = urlsplit(self._origin)
        lines = [b"GET %s HTTP/1.1" % target, b"Host: %s" % where.netloc.encode(), *headers]
        if self.cookies:
            lines.append(b"Cookie: %s" % self.jar())
        with socket.create_connection((where.hostname or "", where.port or 0), timeout=20) as connection:
            connection.sendall(b"\r\n".join([*lines, b"Connection: close", b"", b""]))
            heard = HTTPResponse(connection)
            heard.begin()
            return _answer(heard, f"{self._origin}{target.decode('latin-1')}")

    def jar(self) -> bytes:
        """Every cookie, as a header has them."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies).encode()

    def leave_for_helseid(self, next_page: str = "/mine", **more: str) -> str:
        """Ask for a login: the address at HelseID."""
        answer = self.ask(f"/login?{urlencode({'next': next_page, **more})}")
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def begin(self, next_page: str = "/mine") -> dict[str, str]:
        """Log in at HelseID: what is to be brought back, in a form that a test can mangle."""
        return self._liar.log_in(self.leave_for_helseid(next_page))

    def bring(self, parameters: Parameters) -> requests.Response:
        """Come back from HelseID with these."""
        query = parameters if isinstance(parameters, str) else urlencode(parameters)
        return self.ask(f"{CALLBACK}?{query}")

    def log_in(self, next_page: str = "/mine") -> requests.Response:
        return self.bring(self.begin(next_page))

    def is_in(self) -> bool:
        return self.ask("/mine").status_code == 200

    @property
    def session(self) -> str | None:
        return self.cookies.get(SESSION)


def _answer(heard: HTTPResponse, url: str) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.url, answer.encoding = heard.status, url, "utf-8"
    answer.headers.update(heard.getheaders())
    answer._content = heard.read()  # noqa: SLF001  requests has no other way to make one
    return answer
