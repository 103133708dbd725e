"""One launch, click to context, as a clinician's browser and the target's server make it; the same at every issuer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

from requests.structures import CaseInsensitiveDict
from support.keys import ec

from portal.demo.standin import now, token
from portal.domain import assertion, dpop
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENT, REDIRECT_URI = "demo-melding", "http://127.0.0.1:9/callback"
FORM = "application/x-www-form-urlencoded"


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Line(Protocol):
    """What brings a request to an issuer."""

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer: ...

    def close(self) -> None: ...


class FlowError(Exception):
    """A step was answered otherwise than it should be."""

    def __init__(self, step: str, said: str) -> None:
        super().__init__(f"{step}: {said}")


class Wire:
    """HTTP, with the connection kept open."""

    def __init__(self, origin: str, timeout: float = 10) -> None:
        self._connection = HTTPConnection(urlsplit(origin).netloc, timeout=timeout)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        return Answer(answer.status, CaseInsensitiveDict(answer.getheaders()), answer.read())

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Issuer:
    """An authorization server and how it is spoken to; `bound` is with DPoP."""

    origin: str
    scope: str
    bound: bool = False


@dataclass(frozen=True)
class Clinician:
    """Somebody who is logged in, and where she clicks."""

    cookie: str
    click: str


@dataclass(frozen=True)
class Flow:
    """The four steps, by one clinician over one line; each raises FlowError."""

    issuer: Issuer
    clinician: Clinician
    line: Line

    def run(self) -> None:
        verifier = token()
        self.redeem(self.authorize(self.push(self.mint(), verifier)), verifier)

    def close(self) -> None:
        self.line.close()

    def mint(self) -> str:
        """Click; the page goes on to the target with the handle of a launch."""
        headers = {"Cookie": self.clinician.cookie, "Origin": self.issuer.origin, "Content-Type": FORM}
        answer = self._demand(200, "POST", self.clinician.click, headers)
        return _parameter(answer.headers.get("Refresh", ""), "launch")

    def push(self, handle: str, verifier: str) -> str:
        form = {
            "response_type": "code",
            "redirect_uri": REDIRECT_URI,
            "scope": self.issuer.scope,
            "aud": f"{self.issuer.origin}/fhir",
            "launch": handle,
            "state": "opaque-state",
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
        }
        answer = self._demand(201, "POST", "/oauth/par", {"Content-Type": FORM}, self._signed(form))
        return str(json.loads(answer.body)["request_uri"])

    def authorize(self, request_uri: str) -> str:
        query = urlencode({"client_id": CLIENT, "request_uri": request_uri})
        answer = self._demand(303, "GET", f"/oauth/authorize?{query}", {"Cookie": self.clinician.cookie})
        return _parameter(answer.headers.get("Location", ""), "code")

    def redeem(self, code: str, verifier: str) -> None:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": REDIRECT_URI,
        }
        url, headers = f"{self.issuer.origin}/oauth/token", {"Content-Type": FORM}
        if self.issuer.bound:
            headers["DPoP"] = dpop.make_proof(ec(CLIENT).private, "POST", url, now(), token())
        answer = self._demand(200, "POST", "/oauth/token", headers, self._signed(form))
        given = json.loads(answer.body)
        expected = {"access_token", "patient"} | ({"id_token"} if "openid" in self.issuer.scope else set())
        if not expected <= given.keys():
            raise FlowError("token", f"without {', '.join(sorted(expected - given.keys()))}")

    def _signed(self, form: Mapping[str, str]) -> bytes:
        signed = assertion.make(ec(CLIENT).private, CLIENT, self.issuer.origin, now(), token())
        proven = {"client_id": CLIENT, "client_assertion_type": assertion.TYPE, "client_assertion": signed}
        return urlencode({**form, **proven}).encode()

    def _demand(self, status: int, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        answer = self.line.send(method, path, headers, body)
        if answer.status != status:
            said = answer.body if "json" in answer.headers.get("Content-Type", "") else b""
            raise FlowError(urlsplit(path).path.rpartition("/")[2], f"{answer.status} {said.decode()}")
        return answer


def _parameter(url: str, name: str) -> str:
    given = parse_qs(urlsplit(url).query)
    if name not in given:
        raise FlowError("onwards", f"no {name}, but {', '.join(given.get('error', given))}")
    return given[name][0]
