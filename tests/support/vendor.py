"""Somebody who tries a journal system in the sandbox: its server, its browser, and the page that judges it."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from support.bodies import LINE, OLE, session_body
from support.helseid import ANNA
from support.keys import ec

from portal.demo.browser import Hop
from portal.domain import dpop

if TYPE_CHECKING:
    from support.world import World

    from portal.adapters.http import Answer
    from portal.demo.browser import Browser, Page
    from portal.demo.helseid.config import Person
    from portal.domain.conformance.case import CaseId

JSON = "application/json"


@dataclass
class Vendor:
    """One clinician at work in one EPJ; everything is done right unless a test says otherwise."""

    world: World
    person: Person = ANNA
    token: str = ""
    epj: str = "epj"
    browser: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.token = self.token or self.world.epj_token(self.person)
        self.browser = self.world.browser()

    @property
    def page(self) -> str:
        """Where the EPJ is judged."""
        return f"{self.world.origin}/sandkasse/epj/{self.epj}"

    def call(
        self,
        name: str,
        body: Any,
        *,
        nonce: str | None = None,
        jti: str | None = None,
        scheme: str = "DPoP",
        source: str = "EksempelEPJ 1.0",
    ) -> Answer:
        """One call to /api/session/ with a proof of its own."""
        url = f"{self.world.origin}/api/session/{name}"
        key, now, jti = ec("epj").private, self.world.clock(), jti or secrets.token_urlsafe(32)
        proof = dpop.make_proof(key, "POST", url, now, jti, nonce=nonce, access_token=self.token)
        headers = {"Authorization": f"{scheme} {self.token}", "DPoP": proof, "X-SOURCE-SYSTEM": source}
        data = json.dumps(body).encode()
        return self.world.egress.send("POST", url, headers={**headers, "Content-Type": JSON}, data=data)

    def create(self, who: dict[str, str] = LINE, **changes: Any) -> tuple[Answer, str]:
        """session/create; the answer and the verifier."""
        verifier = secrets.token_urlsafe(32)
        return self.call("create", session_body(verifier, who, **changes)), verifier

    def opened(self, who: dict[str, str] = LINE, **changes: Any) -> dict[str, str]:
        """As `create`, which must be accepted; what the browser needs of it."""
        answer, verifier = self.create(who, **changes)
        assert answer.status == 201, answer.json()
        return {**answer.json(), "verifier": verifier}

    def press(self, who: dict[str, str] = LINE, **changes: Any) -> dict[str, str]:
        """Open a patient in the browser, who logs in when asked to."""
        opened = self.opened(who, **changes)
        page = self.start(opened)
        if page.url.startswith(self.world.provider.issuer):
            page = self.browser.submit(page, page.form(), person=self.person.sub)
        assert page.status == 200, page.text
        return opened

    def start(self, opened: dict[str, str], browser: Browser | None = None) -> Page:
        return self.world.start(browser or self.browser, opened)

    def refresh(self, opened: dict[str, str], **more: Any) -> Answer:
        return self.call("refresh", {"sessionId": opened["sessionId"], **more})

    def end(self, opened: dict[str, str]) -> None:
        assert self.call("end", {"sessionId": opened["sessionId"]}).status == 204

    def order(self, fault: str) -> Page:
        """Press the button on the page."""
        return self._send("feil", {"fault": fault})

    def start_over(self) -> Page:
        return self._send("forfra", {})

    def judged(self) -> dict[str, dict[str, str]]:
        """The result by case, as JSON."""
        answer = self.world.egress.send("GET", f"{self.page}?format=json")
        assert answer.status == 200
        return {case["id"]: case for case in answer.json()["cases"]}

    def of(self, outcome: str) -> set[str]:
        """The cases that went so."""
        return {name for name, case in self.judged().items() if case["outcome"] == outcome}

    def outcome(self, case: CaseId) -> str:
        return self.judged()[case]["outcome"]

    def _send(self, what: str, form: dict[str, str]) -> Page:
        return self.browser.follow(Hop("POST", f"{self.page}/{what}", form, self.world.origin))


def right_day(vendor: Vendor) -> None:
    """Two patients after each other, then each fault that can be ordered."""
    line = vendor.press(LINE)
    vendor.world.clock.ahead += timedelta(minutes=2)
    assert vendor.refresh(line).status == 200
    ole = vendor.press(OLE, service="demo-melding")
    vendor.end(line)
    vendor.end(ole)
    _after_nonce(vendor)
    _after_outage(vendor)
    vendor.order("start_expired")
    assert vendor.start(vendor.opened()).status == 410
    again = vendor.press()
    vendor.order("context_ended")
    assert vendor.refresh(again).status == 410
    vendor.end(vendor.press())


def _after_nonce(vendor: Vendor) -> None:
    vendor.order("use_dpop_nonce")
    body = session_body(secrets.token_urlsafe(32), LINE)
    asked = vendor.call("create", body)
    assert (asked.status, asked.json()["code"]) == (401, "use_dpop_nonce")
    answered = vendor.call("create", body, nonce=asked.headers["dpop-nonce"])
    assert answered.status == 201
    vendor.end(answered.json())


def _after_outage(vendor: Vendor) -> None:
    vendor.order("unavailable")
    assert vendor.create()[0].status == 503
    assert vendor.create()[0].status == 503
    vendor.world.clock.ahead += timedelta(seconds=10)
    assert vendor.create()[0].status == 201
