"""A HelseID that lies on order: it checks what it is sent for real, and every answer is right until a test changes it.

It keeps two clocks apart: proofs and assertions are held against the portal's, so that they never fail for a test that
only wants `ahead`, the error of the clock by which it dates its answers and its own tokens.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

from support.forge import by_hand
from support.issuer import PATHS
from support.keys import ec, rsa
from support.loopback import Asked, Says, http_server

from portal.domain import assertion, dpop
from portal.domain.identity import HPR_DETAILS, HPR_NUMBER, PID, SECURITY_LEVEL
from portal.domain.pkce import challenge_holds
from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

CLIENT = "portal"
DISCOVERY, JWKS, TOKEN, USERINFO = "/.well-known/openid-configuration", "/jwks", "/connect/token", "/connect/userinfo"
PAR = "/connect/par"
NONCE = "nonce-of-the-server"
MISSING: Any = object()
"""The value of a member that is left out."""
NAME, SUB, SID, FNR, HPR = "Kari Kanarifugl", "kanari+sub/1=", "0F1E2D3C-sid", "13917099805", "565501872"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_DOCTOR = {
    "hpr_number": int(HPR),
    "approvals": [{"profession": "LE", "authorization": {"value": "1"}, "requisition_rights": [{"value": "1"}]}],
}

Changes = dict[str, Any]


class Code(NamedTuple):
    """What a code was given for."""

    pushed: dict[str, str]
    spent: bool = False


class Liar:
    """`claims`, `header`, `tokens` and `person` are changes to what is true; `overrides` are whole answers by path."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now, self.origin = now, ""
        self._pushed: dict[str, dict[str, str]] = {}
        self._codes: dict[str, Code] = {}
        self._spent: set[str] = set()
        self.repent()

    def repent(self) -> None:
        """Tell the truth from now on, and forget what was asked."""
        self.ahead = timedelta(0)
        self.date: Callable[[], str] = lambda: format_datetime(self.now() + self.ahead, usegmt=True)
        self.metadata: Changes = {"issuer": self.origin} | {name: self.origin + path for name, path in PATHS.items()}
        self.keys: Any = [rsa().public]
        self.header: Changes = {}
        self.claims: Changes = {}
        self.tokens: Changes = {}
        self.person: Changes = {}
        self.forge: Callable[[Changes, Changes], str] = by_hand
        self.overrides: dict[str, Callable[[Asked], Says]] = {}
        self.asked: list[Asked] = []
        self.secrets: set[str] = {NAME, SUB, SID, FNR, HPR}
        self.faults: list[str] = []

    def count(self, path: str) -> int:
        return len(self.asked_for(path))

    def asked_for(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if urlsplit(asked.path).path == path]

    def log_in(self, address: str) -> dict[str, str]:
        """Somebody follows the address of a login and says who they are: the parameters that they bring back."""
        query = dict(parse_qsl(urlsplit(address).query))
        pushed = self._pushed.pop(query["request_uri"])
        code = self._secret("code")
        self._codes[code] = Code(pushed)
        return {"code": code, "state": pushed["state"], "iss": self.origin}

    def id_token(self, nonce: str) -> str:
        """The token of a login, with every change that was ordered."""
        claims = with_changes(self.true_claims(nonce), self.claims)
        return self._made(with_changes({"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}, self.header), claims)

    def logout_token(self, header: Changes | None = None, **changes: Any) -> str:
        """What says that the session of every login here has ended, with these changes."""
        at = int((self.now() + self.ahead).timestamp())
        claims = {"iss": self.origin, "aud": CLIENT, "iat": at, "exp": at + 120, "jti": secrets.token_urlsafe(16)}
        claims |= {"sub": SUB, "sid": SID, "events": {LOGOUT_EVENT: {}}}
        true = {"alg": "RS256", "kid": "rsa-1", "typ": "logout+jwt"}
        return self._made(with_changes(true, header or {}), with_changes(claims, changes))

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        path = urlsplit(asked.path).path
        if path in self.overrides:
            return self.overrides[path](asked)
        try:
            return self._answers()[path](asked)
        except OAuthError as error:
            self.faults.append(str(error))
            return Says({"error": error.code}, error.status)

    def _answers(self) -> dict[str, Callable[[Asked], Says]]:
        return {
            DISCOVERY: lambda _: Says(self.metadata),
            JWKS: lambda _: Says({"keys": self.keys}),
            PAR: self._par,
            TOKEN: self._token,
            USERINFO: self._userinfo,
        }

    def _par(self, asked: Asked) -> Says:
        self._authenticate(asked)
        request_uri = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(24)}"
        self._pushed[request_uri] = asked.form
        self.secrets |= {asked.form["state"], asked.form["nonce"]}
        return Says({"request_uri": request_uri, "expires_in": 60}, 201)

    def _token(self, asked: Asked) -> Says:
        self._authenticate(asked)
        if self._proof(asked, None).nonce != NONCE:
            return Says({"error": "use_dpop_nonce"}, 400, {"DPoP-Nonce": NONCE})
        form = asked.form
        self.secrets.add(form["code_verifier"])
        code = self._codes.get(form["code"], Code({}, spent=True))
        if code.spent or not challenge_holds(form["code_verifier"], code.pushed["code_challenge"]):
            raise OAuthError("invalid_grant")
        self._codes[form["code"]] = code._replace(spent=True)
        issued = {"access_token": self._secret("at"), "token_type": "DPoP", "expires_in": 600}
        return Says(with_changes({**issued, "id_token": self.id_token(code.pushed["nonce"])}, self.tokens))

    def _userinfo(self, asked: Asked) -> Says:
        scheme, token = asked.headers["authorization"].split(" ")
        if scheme == "DPoP" and self._proof(asked, token).nonce != NONCE:
            return Says(b"", 401, {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": NONCE})
        return Says(with_changes({"sub": SUB, HPR_DETAILS: _DOCTOR}, self.person))

    def true_claims(self, nonce: str) -> Changes:
        """What an honest id token says."""
        at = int((self.now() + self.ahead).timestamp())
        times = {"iat": at, "nbf": at, "exp": at + 300, "auth_time": at - 60}
        person = {"sub": SUB, "name": NAME, PID: FNR, HPR_NUMBER: HPR, SECURITY_LEVEL: "4"}
        return {"iss": self.origin, "aud": CLIENT, "sid": SID, "nonce": nonce, "amr": ["pwd"], **times, **person}

    def _authenticate(self, asked: Asked) -> None:
        given = asked.form["client_assertion"]
        keys, now = [ec(CLIENT).public], self.now()
        checked = assertion.check(given, keys=keys, client_id=CLIENT, audiences=(self.origin,), now=now)
        self._spend(checked.jti)

    def _proof(self, asked: Asked, access_token: str | None) -> dpop.Proof:
        given, url, window = asked.headers["dpop"], self.origin + asked.path, timedelta(seconds=10)
        proof = dpop.check_proof(
            given, method=asked.method, url=url, now=self.now(), window=window, access_token=access_token
        )
        self._spend(proof.jti)
        return proof

    def _spend(self, jti: str) -> None:
        if jti in self._spent:
            raise OAuthError("invalid_client", "jti was seen before")
        self._spent.add(jti)

    def _made(self, header: Changes, claims: Changes) -> str:
        token = self.forge(header, claims)
        self.secrets |= {token} - {""}
        return token

    def _secret(self, kind: str) -> str:
        made = f"{kind}-{secrets.token_urlsafe(24)}"
        self.secrets.add(made)
        return made


def with_changes(whole: Changes, changes: Changes) -> Changes:
    """The same with these members instead; those that are MISSING are left out."""
    return {name: value for name, value in (whole | changes).items() if value is not MISSING}


@contextmanager
def lying(now: Callable[[], datetime]) -> Iterator[Liar]:
    """Serve a liar until the block ends."""
    it = Liar(now)
    # The server of the standard library dates every answer itself, by the clock on the wall; and it sends head and body
    # apart, so that Nagle's algorithm waits 40 ms between them.
    dated = patch.object(BaseHTTPRequestHandler, "date_time_string", lambda *_: it.date())
    prompt = patch.object(BaseHTTPRequestHandler, "disable_nagle_algorithm", new=True)
    with dated, prompt, http_server(it.answer) as origin:
        it.origin = origin
        it.repent()
        yield it
