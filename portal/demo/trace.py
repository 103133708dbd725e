"""What crossed the wire, as a proxy on the way could have written it down: addresses, headers, errors of APIs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from portal.adapters.http import Egress

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from portal.adapters.http import Answer, Form
    from portal.demo.ports import Addresses

# OAuth puts these into addresses; each is good for one use (RFC 6749 §4.1.2, RFC 9126 §2.2, SMART App Launch 2.2).
_ONE_TIME = re.compile(rb"([?&](?:code|state|launch|request_uri)=)[^&\s]*")
SECRET_COOKIE = r"portal-session|portal-(?:login|smart|pending)-[0-9a-f]{16}|(?:helseid|epj|target)-demo"
_COOKIE = re.compile(rf"^(Set-Cookie: (?:{SECRET_COOKIE})=)[^;\r\n]*".encode(), re.IGNORECASE | re.MULTILINE)
_ERRORS = 400


class Trace:
    """Everything in `whole`; in `kept` without the values that the protocols themselves put into addresses and cookies.

    No number and no patient's name may stand in `whole`. Codes, handles, cookies, tokens and clinicians' names may
    not stand in `kept`, which blanks them where they belong: `code`, `state`, `launch` and `request_uri` in an address,
    a session cookie's value in its Set-Cookie, `id_token_hint` at HelseID's own logout address.
    """

    def __init__(self, whole: Path, kept: Path, addresses: Addresses) -> None:
        self.whole, self.kept = whole, kept
        logout = re.escape(f"{addresses.helseid}/connect/endsession".encode())
        self._hint = re.compile(rb"(" + logout + rb"\?(?:[^\s#]*&)?id_token_hint=)[^&\s]*")

    def note(self, method: str, url: str, status: int, headers: Iterable[tuple[str, str]], body: bytes = b"") -> None:
        """Write down a request and its answer; `body` only where it may hold nothing personal."""
        lines = [f"{method} {url} {status}", *(f"{name}: {value}" for name, value in headers)]
        # Headers come as Latin-1 (RFC 9110 §5.5): encoded so, their bytes are those that crossed the wire.
        written = "\n".join(lines).encode("latin-1", "backslashreplace") + b"\n" + body + b"\n\n"
        blanked = _COOKIE.sub(rb"\1...", _ONE_TIME.sub(rb"\1...", self._hint.sub(rb"\1...", written)))
        for path, text in ((self.whole, written), (self.kept, blanked)):
            with path.open("ab") as output:
                output.write(text)


class TracedEgress(Egress):
    """The guarded way out; what it carries is written down, and the body of every error."""

    def __init__(self, allow: set[str], trace: Trace) -> None:
        super().__init__(allow)
        self._trace = trace

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | Form | None = None,
    ) -> Answer:
        """As `Egress.send`."""
        answer = super().send(method, url, headers=headers, data=data)
        body = answer.body if answer.status >= _ERRORS else b""
        self._trace.note(method, url, answer.status, answer.headers.items(), body)
        return answer
