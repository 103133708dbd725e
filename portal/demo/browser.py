"""A clinician's browser without a screen: cookies, redirects, `Refresh`, forms, frames, and Chromium's own headers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests
from lxml import html

from portal.demo.trace import SECRET_COOKIE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lxml.html import FormElement, HtmlElement

    from portal.demo.trace import Trace

_REDIRECTS = {301, 302, 303}
_MOST_HOPS = 30
_REFRESH = re.compile(r"[0-9]; url=(\S+)")
_SECRET = re.compile(rf"code|ehr_code_verifier|launch|request_uri|state|{SECRET_COOKIE}")


class BlockedError(Exception):
    """A real browser would not have gone on; the text says which rule."""


@dataclass(frozen=True)
class Page:
    """What the window shows."""

    url: str
    response: requests.Response = field(repr=False)

    @property
    def status(self) -> int:
        """The HTTP status that it came with."""
        return self.response.status_code

    @property
    def tree(self) -> HtmlElement:
        """The page as a tree; an answer that is not HTML is an empty one."""
        return html.document_fromstring(self.response.text or "<p></p>")

    @property
    def text(self) -> str:
        """What a person reads, in one line."""
        return " ".join(self.tree.body.text_content().split())

    def links(self) -> list[str]:
        """Every address that the page offers, by link or form."""
        forms = [str(form.action or "") for form in self.tree.forms]
        return [str(link.get("href")) for link in self.tree.iterfind(".//a[@href]")] + forms

    def form(self, action_end: str = "", *, form_id: str | None = None) -> FormElement:
        """The form with this end of its action, or this id; a page may have the same one in several places."""
        matching = [
            form
            for form in self.tree.forms
            if (form.action or "").endswith(action_end) and (form_id is None or form.get("id") == form_id)
        ]
        alike = {(form.action, *form.form_values()) for form in matching}
        if len(alike) != 1:
            message = f"{len(alike)} forms match on {urlsplit(self.url).path}"
            raise BlockedError(message)
        return matching[0]


@dataclass(frozen=True)
class Hop:
    """One request on the way; `form_origins` is where a form's redirects may lead (CSP `form-action`)."""

    method: str
    url: str
    data: dict[str, str] | None = None
    origin: str | None = None
    form_origins: frozenset[str] | None = None

    def query(self) -> dict[str, str]:
        """The parameters in the address."""
        return dict(parse_qsl(urlsplit(self.url).query))


class Browser:
    """One window on one workstation; keeps the pages where it came to rest in `pages`, every hop in `trace`."""

    def __init__(self, pages: Path, trace: Trace | None = None) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self.cookies = self._session.cookies
        self._pages = pages
        self._trace = trace
        self.visited: list[str] = []
        self.secrets: set[str] = set()

    def open(self, url: str) -> Page:
        """Type an address, and follow where it leads."""
        return self.follow(Hop("GET", url))

    def glance(self, url: str) -> Page:
        """As `open`, but no copy is kept: for whoever looks again and again."""
        return self._arrive(Hop("GET", url))

    def submit(self, page: Page, form: FormElement, **fields: str) -> Page:
        """Press a form's button, and follow where it leads."""
        return self.follow(self.pressed(page, form, **fields))

    def pressed(self, page: Page, form: FormElement, **fields: str) -> Hop:
        """The request that a form's button makes."""
        data = {name: str(value) for name, value in form.form_values()} | fields
        csp = page.response.headers.get("Content-Security-Policy", "")
        own = frozenset({_origin(page.url)}) if "form-action 'self'" in csp else None
        # A page under no-referrer sends its forms with an origin of null (Fetch §3.2).
        strict = page.response.headers.get("Referrer-Policy") == "no-referrer"
        target = urljoin(page.url, form.action or page.url)
        if form.method.upper() == "GET":
            return Hop("GET", f"{target}?{urlencode(data)}")
        return Hop(form.method.upper(), target, data, "null" if strict else _origin(page.url), own)

    def follow(self, hop: Hop) -> Page:
        """Make a request and every one that it leads to without a click."""
        page = self._arrive(hop)
        self._keep(page)
        return page

    def step(self, hop: Hop) -> Page:
        """Make one request and stop there."""
        if hop.form_origins is not None and _origin(hop.url) not in hop.form_origins:
            raise BlockedError("form-action")
        headers = {"Origin": hop.origin} if hop.origin and hop.method == "POST" else {}
        self.visited.append(hop.url)
        self._remember(parse_qsl(urlsplit(hop.url).query), (hop.data or {}).items())
        response = self._session.request(
            hop.method, hop.url, data=hop.data, headers=headers, allow_redirects=False, timeout=20
        )
        self._remember(response.cookies.items())
        if self._trace:
            self._trace.note(hop.method, hop.url, response.status_code, response.raw.headers.items())
        page = Page(hop.url, response)
        self._load_frames(page)
        return page

    def next(self, page: Page, hop: Hop) -> Hop | None:
        """Where the page goes by itself: redirect, `Refresh`, or the small script that submits a form."""
        if page.status in _REDIRECTS:
            return Hop("GET", urljoin(page.url, page.response.headers["Location"]), form_origins=hop.form_origins)
        refresh = _REFRESH.fullmatch(page.response.headers.get("Refresh", ""))
        if refresh:
            return Hop("GET", urljoin(page.url, refresh.group(1)))
        if _is_html(page) and page.tree.xpath("//form[@id='forward']"):
            return self.pressed(page, page.form(form_id="forward"))
        return None

    def _arrive(self, hop: Hop) -> Page:
        for _ in range(_MOST_HOPS):
            page = self.step(hop)
            onwards = self.next(page, hop)
            if onwards is None:
                return page
            hop = onwards
        raise BlockedError("redirects without end")

    def _load_frames(self, page: Page) -> None:
        """Another site's page in a frame gets no cookie of its own: they are SameSite."""
        for frame in page.tree.iter("iframe") if _is_html(page) else ():
            url = urljoin(page.url, frame.get("src", ""))
            self.visited.append(url)
            with requests.Session() as stranger:
                stranger.trust_env = False
                response = stranger.get(url, allow_redirects=False, timeout=20)
            if self._trace:
                self._trace.note("GET", url, response.status_code, response.raw.headers.items())

    def _remember(self, *given: Iterable[tuple[str, str]]) -> None:
        for pairs in given:
            self.secrets |= {value for name, value in pairs if _SECRET.fullmatch(name) and value}

    def _keep(self, page: Page) -> None:
        number = len(list(self._pages.iterdir())) + 1
        name = re.sub(r"[^a-z0-9]+", "-", f"{urlsplit(page.url).port}{urlsplit(page.url).path}".lower()).strip("-")
        (self._pages / f"{number:02}-{name[:40]}.html").write_bytes(page.response.content)


def _is_html(page: Page) -> bool:
    return "html" in page.response.headers.get("Content-Type", "")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
