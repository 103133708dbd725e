"""Clinicians with an EPJ each and a browser each at one portal, on real HTTP, from as many threads as one likes."""

from __future__ import annotations

import json
import logging
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.cookies import RequestsCookieJar
from support.bodies import LINE, OLE, session_body
from support.keys import ec
from support.staging import living

from portal.domain import dpop
from portal.domain.oids import DNR, FNR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from http.cookiejar import Cookie
    from pathlib import Path

    from support.world import World

    from portal.demo.helseid.config import Person

MAY = {"number": "45830364157", "family": "Nilsen", "given": "May", "birth_date": "2003-03-05"}
"""With a D-number."""
PATIENTS = (LINE, OLE, MAY)
TARGET = "demo-melding"
"""A client, and its service."""


class Jar(RequestsCookieJar):
    """A browser's cookies, which tabs read and write at the same time."""

    def __iter__(self) -> Iterator[Cookie]:  # type: ignore[override]  # typeshed takes it for a mapping
        with self._cookies_lock:  # type: ignore[attr-defined]  # http.cookiejar's own
            return iter(list(super().__iter__()))


class Tab:
    """One tab: it follows nothing by itself, and shares its cookies with the other tabs of its browser."""

    def __init__(self, origin: str, jar: Jar) -> None:
        self._origin, self._session = origin, requests.Session()
        self._session.trust_env = False
        self._session.cookies = jar

    def get(self, path: str, **query: str) -> requests.Response:
        return self._session.get(f"{self._origin}{path}", params=query, allow_redirects=False, timeout=30)

    def post(self, path: str, form: dict[str, str], origin: str | None = None) -> requests.Response:
        """Press a button of a page of ours, or of `origin`."""
        url, headers = f"{self._origin}{path}", {"Origin": origin or self._origin}
        return self._session.post(url, form, headers=headers, allow_redirects=False, timeout=30)

    def arrive(self, press: Press) -> requests.Response:
        """Come from the EPJ with a patient's code."""
        return self.post("/start", {"code": press.code, "ehr_code_verifier": press.verifier}, "https://epj.test")


@dataclass(eq=False)
class EpjSession:
    """One clinician at work in one EPJ; `presses` are the patients that she has opened there, the latest last."""

    clinician: Clinician
    token: str = field(repr=False)
    presses: list[Press] = field(default_factory=list)
    begun: int = 0
    done: int = 0
    """How many of its calls that decide which patient is the newest have been begun, and are done."""


@dataclass(eq=False)
class Press:
    """One patient that a clinician opened in her EPJ, and all that the EPJ knows of it.

    No two presses give the patient the same name (`mark`). Times are of the clinic's ticks; `ends` is between when,
    by the world's clock, the portal lets it go unless it is refreshed.
    """

    epj: EpjSession
    patient: dict[str, str]
    mark: str
    id: str = ""
    code: str = field(default="", repr=False)
    verifier: str = field(default="", repr=False)
    opening: int | None = None
    opened: int | None = None
    ending: int | None = None
    ended: int | None = None
    ends: tuple[float, float] = (0, 0)

    @property
    def path(self) -> str:
        return f"/k/{self.id}/"


@dataclass(eq=False)
class Clinician:
    """A person with a browser that is logged in at the portal."""

    person: Person
    jar: Jar
    presses: list[Press] = field(default_factory=list)


class Clinic:
    """Anybody's EPJs, browsers and target at one world; thread-safe."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.egress = world.egress
        self._ticks, self._marks, self._lock = count(1), count(), Lock()

    def tick(self) -> int:
        """The next moment; of two, the later is the greater."""
        return next(self._ticks)

    def now(self) -> float:
        return self.world.clock().timestamp()

    def jump(self, by: timedelta) -> None:
        """Let time pass for everybody."""
        with self._lock:
            self.world.clock.ahead += by

    def clinician(self, person: Person) -> Clinician:
        """Log somebody in at the portal."""
        browser, jar = self.world.browser(), Jar()
        self.world.log_in(browser, person)
        for cookie in browser.cookies:
            jar.set_cookie(cookie)
        return Clinician(person, jar)

    def tab(self, clinician: Clinician) -> Tab:
        return Tab(self.world.origin, clinician.jar)

    def epj_session(self, clinician: Clinician) -> EpjSession:
        """Let a clinician log in to an EPJ."""
        return EpjSession(clinician, self.world.epj_token(clinician.person))

    def named(self, epj: EpjSession, patient: dict[str, str]) -> Press:
        """A patient about to be opened, under a name that nobody else has."""
        with self._lock:
            number = next(self._marks)
        letters = "".join(chr(ord("a") + number // 26**place % 26) for place in range(5))
        return Press(epj, patient, f"Zq{letters}")

    def copy_of(self, clinician: Clinician) -> Clinician:
        """The same person in another browser that has got hold of all her cookies."""
        jar = Jar()
        jar.update(clinician.jar)
        return Clinician(clinician.person, jar)

    def proven(self, epj: EpjSession, what: str) -> dict[str, str]:
        """The headers of one call to `session/<what>`."""
        url, key = f"{self.world.origin}/api/session/{what}", ec("epj").private
        proof = dpop.make_proof(key, "POST", url, self.world.clock(), secrets.token_urlsafe(32), access_token=epj.token)
        fixed = {"X-SOURCE-SYSTEM": "EksempelEPJ 1.0", "Content-Type": "application/json"}
        return fixed | {"Authorization": f"DPoP {epj.token}", "DPoP": proof}

    def call(
        self, epj: EpjSession, what: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """The EPJ's server at `session/<what>`: status and body."""
        url, headers = f"{self.world.origin}/api/session/{what}", headers or self.proven(epj, what)
        answer = self.egress.send("POST", url, headers=headers, data=json.dumps(body).encode())
        return answer.status, answer.json() if answer.body else {}

    def create(self, press: Press) -> None:
        """Tell the portal which patient is open."""
        verifier, who = secrets.token_urlsafe(32), press.patient
        body = session_body(verifier, who | {"given": f"{who['given']} {press.mark}"}, reply_to=None)
        body["claims"]["patient_identifier"]["system"] = DNR if who["number"] > "4" else FNR
        status, said = self.call(press.epj, "create", body)
        assert status == 201, said
        press.id, press.code, press.verifier = said["sessionId"], said["code"], verifier

    def handle_of(self, answer: requests.Response) -> str:
        """The handle in the address that a page goes on to."""
        return parse_qs(urlsplit(answer.headers["Refresh"]).query)["launch"][0]

    def redeem(self, tab: Tab, handle: str) -> tuple[int, dict[str, Any]]:
        """The target's server and the browser take a launch to its end: status and body of the token response."""
        pushed, verifier = self.world.push(TARGET, handle)
        assert pushed.status == 201, pushed.json()
        back = tab.get("/oauth/authorize", client_id=TARGET, request_uri=pushed.json()["request_uri"])
        assert back.status_code == 303, back.text
        query = parse_qs(urlsplit(back.headers["Location"]).query)
        if "code" not in query:
            return 400, {"error": query["error"][0]}
        given = self.world.redeem(TARGET, query["code"][0], verifier)
        return given.status, given.json()


@contextmanager
def quiet_clinic(database_url: str, folder: Path, **changes: Any) -> Iterator[Clinic]:
    """Serve a clinic that may make millions of requests: nobody reads its log; `changes` are settings."""
    logging.disable(logging.WARNING)
    try:
        # Not the demo, which also writes down for vendors what their EPJs do.
        with living(database_url, folder, environment="test", **changes) as world:
            yield Clinic(world)
    finally:
        logging.disable(logging.NOTSET)
