"""A browser's visit by HTTP alone: cookies by server, one redirect at a time; nothing is run, and nothing is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode, urljoin, urlsplit

from lxml import html

from portal.adapters.http import Egress
from portal.domain.conformance.smart_server import may_be_asked
from portal.domain.conformance.target.launch_url import Step
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COOKIE = re.compile(r"(?:^|, )([^\s=;,]+)=([^;,]*)")
_REFRESH = re.compile(r"[0-9]; url=(\S+)")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST = 12


@dataclass(frozen=True)
class Form:
    """A form of a page: where it goes, what it holds, and its buttons by name."""

    action: str
    fields: Mapping[str, str]
    buttons: Mapping[str, list[str]]


@dataclass
class Visitor:
    """One browser that only goes where `near` may be asked from: https, or loopback if `near` is there too."""

    near: str
    _cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    _body: bytes = b""

    def get(self, url: str, query: Mapping[str, str] | None = None) -> Step:
        """Ask for an address; a server that does not answer is status 0."""
        joined = f"{url}{'&' if '?' in url else '?'}{urlencode(query)}" if query else url
        return self._send("GET", joined, None, {})

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Step:
        """Press a button of the server's own page."""
        return self._send("POST", url, form, {"Origin": _origin(url), **(headers or {})})

    def follow(self, step: Step, goes_on: Callable[[str], bool] = bool) -> list[Step]:
        """Go where a page leads by itself while `goes_on` says so of the address; every step, at most 12."""
        steps = [step]
        while steps[-1].onwards and goes_on(steps[-1].onwards) and len(steps) < MOST:
            steps.append(self.get(steps[-1].onwards))
        return steps

    def forms(self, step: Step) -> list[Form]:
        """The forms of the page where the visit is now."""
        tree = cast("html.HtmlElement", html.document_fromstring(self._body or b"<p></p>"))
        return [
            Form(
                action=urljoin(step.url, form.get("action") or step.url),
                fields={name: str(value) for name, value in form.form_values()},
                buttons=_buttons(form.xpath(".//button[@name]")),
            )
            for form in tree.forms
            if form.method.upper() == "POST"
        ]

    def _send(self, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Step:
        if not may_be_asked(url, self.near):
            raise UpstreamError("egress_refused", "only https is asked, or loopback from loopback", retryable=False)
        kept = self._cookies.setdefault(_origin(url), {})
        known = {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())} if kept else {}
        try:
            answer = Egress({_origin(url)}).send(
                method, url, headers={"Accept": "text/html", **known, **headers}, data=form
            )
        except UpstreamError:
            return Step(url, 0)
        kept.update(_COOKIE.findall(answer.headers.get("set-cookie", "")))
        self._body = answer.body
        refresh = _REFRESH.fullmatch(answer.headers.get("refresh", ""))
        to = answer.headers.get("location", "") if answer.status in _REDIRECTS else refresh.group(1) if refresh else ""
        return Step(url, answer.status, urljoin(url, to) if to else "")


def _buttons(found: list[html.HtmlElement]) -> dict[str, list[str]]:
    buttons: dict[str, list[str]] = {}
    for button in found:
        buttons.setdefault(str(button.get("name")), []).append(str(button.get("value", "")))
    return buttons


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
