"""What opens each operation of the contract: tokens, proofs, assertions and ids that a machine cannot make up."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from support.bodies import LINE, answered, document_body, session_body
from support.helseid import ANNA
from support.keys import ec

from portal.domain import assertion, dpop
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.world import World

    from portal.demo.browser import Browser, Page

EPJ, CLIENT = "epj", "demo-melding"
BACK = f"http://127.0.0.1:9/{CLIENT}/callback"
SCOPE = "launch patient/Patient.r user/Practitioner.r"


@dataclass
class Callers:
    """An EPJ and a target that Anna uses, with what they have got from the portal so far."""

    world: World
    browser: Browser
    listed: Page
    launched: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.token = self.world.epj_token(ANNA)
        code, verifier = self.code()
        self.launched = self.world.redeem(CLIENT, code, verifier).json()
        assert self.world.put(self.launched).status == 202

    def open(self, case: Any) -> None:
        """Put into a made-up call what its operation does not do without."""
        if case.operation.label in OPENS:
            OPENS[case.operation.label](self, case)

    def let_in(self, case: Any) -> None:
        """As `open`, but the body stays as it was made up, with the client's proof in it."""
        made_up = case.body
        self.open(case)
        proof = {name: value for name, value in case.body.items() if name.startswith("client_assertion")}
        case.body = made_up | proof if isinstance(made_up, dict) else made_up

    def handle(self) -> str:
        """Of a new launch."""
        return self.world.handle(self.browser, self.listed)

    def code(self) -> tuple[str, str]:
        """Of a new launch, with the verifier."""
        pushed, verifier = self.world.push(CLIENT, self.handle(), scope=SCOPE)
        arrived = self.world.authorize(self.browser, CLIENT, pushed.json()["request_uri"])
        return answered(arrived)["code"], verifier

    def assertion(self) -> dict[str, str]:
        """The target proves who it is."""
        signed = assertion.make(ec(CLIENT).private, CLIENT, self.world.origin, self.world.clock(), _new())
        return {"client_assertion_type": assertion.TYPE, "client_assertion": signed}

    def prove(self, case: Any, who: str, token: str | None = None) -> None:
        """A proof for this very call, and the token that it is for."""
        url, key = f"{self.world.origin}{case.formatted_path}", ec(who).private
        case.headers["DPoP"] = dpop.make_proof(key, case.method, url, self.world.clock(), _new(), access_token=token)
        if token:
            case.headers["Authorization"] = f"DPoP {token}"


def _create(by: Callers, case: Any) -> None:
    case.body = session_body(_new(), LINE) | _some(case, "encounter", "ehr_code_challenge")
    by.prove(case, EPJ, by.token)


def _session(by: Callers, case: Any) -> None:
    case.body = {"sessionId": by.world.open_session(by.token)["sessionId"]}
    by.prove(case, EPJ, by.token)


def _catalogue(by: Callers, case: Any) -> None:
    by.prove(case, EPJ, by.token)


def _par(by: Callers, case: Any) -> None:
    right = {"response_type": "code", "redirect_uri": BACK, "scope": SCOPE, "aud": by.world.settings.fhir_issuer}
    right |= {"launch": _new(), "code_challenge": s256(_new()), "code_challenge_method": "S256"}
    case.body = _some(case, "state") | right | by.assertion()
    by.prove(case, CLIENT)


def _authorize(by: Callers, case: Any) -> None:
    pushed, _ = by.world.push(CLIENT, _new())
    asked = {"client_id": CLIENT, "request_uri": pushed.json()["request_uri"]}
    if case.method == "GET":
        case.query = asked
    else:
        case.body = asked


def _token(by: Callers, case: Any) -> None:
    code, verifier = by.code()
    right = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": BACK}
    case.body = right | by.assertion()
    by.prove(case, CLIENT)


def _revoke(by: Callers, case: Any) -> None:
    case.body = _some(case, "token", "token_type_hint") | by.assertion()


def _introspect(by: Callers, case: Any) -> None:
    case.body = _some(case, "token_type_hint") | {"token": by.launched["access_token"]} | by.assertion()


def _context(by: Callers, case: Any) -> None:
    case.body = {"launch": by.handle(), "sub": ANNA.sub} | by.assertion()
    by.prove(case, CLIENT)


def _failure(by: Callers, case: Any) -> None:
    case.body = _some(case, "code") | {"trace_id": by.launched["trace_id"]} | by.assertion()


def _patient(by: Callers, case: Any) -> None:
    case.path_parameters = {"resource_id": by.launched["patient"]}
    by.prove(case, CLIENT, by.launched["access_token"])


def _practitioner(by: Callers, case: Any) -> None:
    keyring = by.world.app.extensions["portal"].keyring
    case.path_parameters = {"resource_id": keyring.practitioner(CLIENT, ANNA.sub)}
    by.prove(case, CLIENT, by.launched["access_token"])


def _put(by: Callers, case: Any) -> None:
    case.body = document_body(by.launched["patient"]) | _some(case, "title", "text")
    by.prove(case, CLIENT, by.launched["writeback_token"])


def _get(by: Callers, case: Any) -> None:
    case.path_parameters = {"document_id": "d-1"}
    by.prove(case, CLIENT, by.launched["writeback_token"])


def _notice(by: Callers, case: Any) -> None:
    now = by.world.clock()
    stop = {"kind": "fault", "from": now.isoformat(), "to": (now + timedelta(hours=1)).isoformat()}
    case.body = _some(case, "message") | stop | by.assertion()


OPENS: dict[str, Callable[[Callers, Any], None]] = {
    "POST /api/session/create": _create,
    "POST /api/session/refresh": _session,
    "POST /api/session/end": _session,
    "GET /api/catalogue": _catalogue,
    "POST /oauth/par": _par,
    "GET /oauth/authorize": _authorize,
    "POST /oauth/authorize": _authorize,
    "POST /oauth/token": _token,
    "POST /oauth/revoke": _revoke,
    "POST /oauth/introspect": _introspect,
    "POST /api/context": _context,
    "POST /api/launch-failure": _failure,
    "GET /fhir/Patient/{resource_id}": _patient,
    "GET /fhir/Practitioner/{resource_id}": _practitioner,
    "PUT /api/writeback/{document_id}": _put,
    "GET /api/writeback/{document_id}": _get,
    "PUT /api/notices/{notice_id}": _notice,
}


def _some(case: Any, *names: str) -> dict[str, Any]:
    """What was made up for these, if that is an object at all."""
    made_up = case.body if isinstance(case.body, dict) else {}
    return {name: made_up[name] for name in names if name in made_up}


def _new() -> str:
    return secrets.token_urlsafe(32)
