"""Somebody who tries a target in the sandbox: its server, its clinician's browser, and the page that judges it."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from support.bodies import answered, document_body
from support.helseid import ANNA
from support.keys import ec
from support.staging import world_client

from portal.demo.browser import Hop
from portal.domain import assertion, dpop
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from support.world import World

    from portal.adapters.http import Answer
    from portal.adapters.proven import ProvenClient
    from portal.demo.browser import Browser, Page
    from portal.domain.conformance.target.case import CaseId

ID = "eksempel-register"
AT = f"http://127.0.0.1:9/{ID}"
JSON = {"Content-Type": "application/json"}


def registration(**changes: Any) -> dict[str, Any]:
    """What a new owner writes; None leaves out."""
    public = {name: value for name, value in ec(ID).public.items() if name != "use"}
    right = {
        "client_id": ID,
        "owner": "Eksempeletaten",
        "keys": [public],
        "launch_url": f"{AT}/launch",
        "redirect_uris": [f"{AT}/callback"],
        "release": ["patient_number", "hpr", "organisation"],
        "writeback": True,
    }
    return {name: value for name, value in (right | changes).items() if value is not None}


@dataclass
class Owner:
    """One owner with one target, which does everything right unless a test says otherwise."""

    world: World
    secret: str = ""
    browser: Browser = field(init=False)
    client: ProvenClient = field(init=False)
    kept: dict[str, Any] = field(default_factory=dict)
    """A launch that is open already."""

    def __post_init__(self) -> None:
        self.browser = self.world.browser()
        self.world.log_in(self.browser, ANNA)
        self.client = world_client(self.world, ID)

    @property
    def page(self) -> str:
        return f"{self.world.origin}/sandkasse/mal/{ID}"

    def register(self, **changes: Any) -> Answer:
        """Post the registration, and keep the secret that comes back."""
        data = json.dumps(registration(**changes)).encode()
        answer = self.world.egress.send("POST", f"{self.world.origin}/sandkasse/mal/", headers=JSON, data=data)
        if answer.status == 201:
            self.secret = answer.json()["secret"]
        return answer

    def judged(self) -> dict[str, dict[str, str]]:
        """The result by case, as JSON."""
        answer = self.world.egress.send("GET", f"{self.page}?format=json")
        assert answer.status == 200
        return {case["id"]: case for case in answer.json()["cases"]}

    def of(self, outcome: str) -> set[str]:
        return {name for name, case in self.judged().items() if case["outcome"] == outcome}

    def outcome(self, case: CaseId) -> str:
        return self.judged()[case]["outcome"]

    def manage(self, what: str, secret: str | None = None, **form: str) -> Answer:
        """Change something, with the secret in a header as a script does it."""
        known = {"Authorization": f"Bearer {self.secret if secret is None else secret}", "Origin": self.world.origin}
        return self.world.egress.send("POST", f"{self.page}/{what}".rstrip("/"), headers=known, data=form)

    def order(self, fault: str) -> None:
        assert self.manage("feil", fault=fault).status == 303

    def press(self, patient: str = "solvi") -> str:
        """Start the target from the page; the handle that its launch address gets."""
        click = Hop("POST", f"{self.page}/start", {"patient": patient}, self.world.origin)
        page = self.browser.step(click)
        assert page.status == 200, page.text
        onwards = self.browser.next(page, click)
        assert onwards is not None
        assert onwards.url.startswith(f"{AT}/launch?")
        return onwards.query()["launch"]

    def push(self, handle: str, **changes: str) -> tuple[str, str]:
        """PAR: the request's number, and the verifier."""
        pushed = self.client.post(f"{self.world.origin}/oauth/par", self.asked(verifier := _new(), handle, **changes))
        return pushed.json().get("request_uri", ""), verifier

    def asked(self, verifier: str, handle: str, **changes: str) -> dict[str, str]:
        """An authorization request; what is empty is left out."""
        right = {
            "response_type": "code",
            "redirect_uri": f"{AT}/callback",
            "scope": "launch patient/Patient.r",
            "aud": self.world.settings.fhir_issuer,
            "launch": handle,
            "state": _new(),
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (right | changes).items() if value}

    def come_back(self, request_uri: str) -> dict[str, str]:
        """What the browser brings back to the target."""
        return answered(self.world.authorize(self.browser, ID, request_uri))

    def ask(self, handle: str, **changes: str) -> tuple[dict[str, str], str]:
        """From the launch address to the answer: its parameters, and the verifier."""
        request_uri, verifier = self.push(handle, **changes)
        return self.come_back(request_uri), verifier

    def redeem(self, code: str, verifier: str) -> Answer:
        return self.client.post_bound(f"{self.world.origin}/oauth/token", self.grant(code, verifier))

    def grant(self, code: str, verifier: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": f"{AT}/callback",
        }

    def launch(self, patient: str = "solvi") -> dict[str, Any]:
        """A whole launch: the token response."""
        carried, verifier = self.ask(self.press(patient))
        answer = self.redeem(carried["code"], verifier)
        assert answer.status == 200, answer.json()
        return dict(answer.json())

    def put(self, launched: dict[str, Any], *, scheme: str = "DPoP", **changes: str) -> Answer:
        """Put a new document with the grant of a launch."""
        path, body = f"/api/writeback/{_new()}", document_body(launched["patient"]) | changes
        return self.world.call("PUT", path, launched["writeback_token"], body, key=ec(ID).private, scheme=scheme)

    def tell(self, code: str = "context_expired", **named: str) -> Answer:
        """Tell of a failure, by `launch` or `trace_id`."""
        signed = assertion.make(ec(ID).private, ID, self.world.origin, self.world.clock(), _new())
        proof = {"client_assertion_type": assertion.TYPE, "client_assertion": signed}
        data = json.dumps({**proof, **named, "code": code}).encode()
        return self.world.egress.send("POST", f"{self.world.origin}/api/launch-failure", headers=JSON, data=data)

    def proof(self, jti: str, nonce: str | None = None) -> dict[str, str]:
        """The header of a call to the token endpoint."""
        url, now = f"{self.world.origin}/oauth/token", self.world.clock()
        return {"DPoP": dpop.make_proof(ec(ID).private, "POST", url, now, jti, nonce=nonce)}

    def send_token(self, code: str, verifier: str, **headers: str) -> Answer:
        """One call to the token endpoint with these headers, and a proof of its own unless one is among them."""
        signed = assertion.make(ec(ID).private, ID, self.world.origin, self.world.clock(), _new())
        proven = {"client_id": ID, "client_assertion_type": assertion.TYPE, "client_assertion": signed}
        headers = self.proof(_new()) | headers
        url = f"{self.world.origin}/oauth/token"
        return self.world.egress.send("POST", url, headers=headers, data=self.grant(code, verifier) | proven)


def right_day(owner: Owner) -> None:
    """Two launches as they should be, then one of each fault, rightly met, until everything has been seen."""
    first = owner.launch()
    assert owner.put(first).status == 202
    owner.manage("erklaering", case="target-patient-banner")
    for fault in ("expired", "replayed", "other_client", "helseid_down", "access_denied"):
        owner.order(fault)
        handle = owner.press()
        carried, _ = owner.ask(handle)
        assert "code" not in carried
        assert owner.tell(launch=handle).status == 201, fault
    owner.order("wrong_issuer")
    carried, _ = owner.ask(handle := owner.press())
    assert carried["iss"] != owner.world.origin
    owner.tell(launch=handle)
    owner.order("wrong_state")
    owner.ask(owner.press())
    right_at_the_token_endpoint(owner)
    owner.order("other_patient")
    owner.launch()
    assert owner.put(first).status == 202


def right_at_the_token_endpoint(owner: Owner) -> None:
    """Down, a nonce, a question in between, and somebody else's context."""
    owner.order("token_unavailable")
    carried, verifier = owner.ask(owner.press())
    assert owner.redeem(carried["code"], verifier).status == 503
    owner.world.clock.ahead += timedelta(seconds=2)
    assert owner.redeem(carried["code"], verifier).status == 200
    owner.order("use_dpop_nonce")
    owner.launch()
    owner.order("parked")
    request_uri, verifier = owner.push(owner.press())
    assert owner.redeem(confirmed(owner, request_uri)["code"], verifier).status == 200
    owner.order("other_person")
    given = owner.launch()
    assert given["sub"] != ANNA.sub
    owner.tell("other_person", trace_id=given["trace_id"])


def confirmed(owner: Owner, request_uri: str) -> dict[str, str]:
    """What the browser brings back after its clinician has answered our question."""
    asked: Page = owner.world.authorize(owner.browser, ID, request_uri)
    assert asked.status == 200, asked.text
    click = owner.browser.pressed(asked, asked.form("/confirm"))
    onwards = owner.browser.next(owner.browser.step(click), click)
    assert onwards is not None
    return onwards.query()


def _new() -> str:
    return secrets.token_urlsafe(32)
