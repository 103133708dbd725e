"""A HelseID client in which every part of every request can be made wrong."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from support.keys import ec, signed

from portal.demo.helseid.config import Client, Jwks
from portal.domain import assertion, dpop, id_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.keys import Pair

    from portal.demo.helseid.provider import Provider
    from portal.domain.identity import VerifiedClaims

Form = dict[str, Any]
BACK = "http://127.0.0.1:9/login/callback"
AFTER_LOGOUT = "http://127.0.0.1:9/logged-out"
VERIFIER = "v" * 43
LOGIN = (
    "openid profile helseid://scopes/identity/pid helseid://scopes/identity/security_level "
    "helseid://scopes/hpr/hpr_number"
)
SCOPE = f"{LOGIN} offline_access inngangsportalen/context"


def registration(client_id: str, **fields: Any) -> Client:
    """A client whose one key is named after it."""
    usual: dict[str, Any] = {"redirect_uris": (BACK,), "post_logout_redirect_uris": (AFTER_LOGOUT,)}
    return Client(client_id=client_id, jwks=Jwks(keys=[ec(client_id).public]), **usual | fields)


class RawClient:
    """Sends right requests; `changes` replace parameters, None leaves one out."""

    def __init__(self, provider: Provider, client_id: str) -> None:
        self.provider = provider
        self.client_id = client_id
        self.key: Pair = ec(client_id)

    def url(self, path: str) -> str:
        return f"{self.provider.issuer}{path}"

    def assertion(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        now = int(self.provider.now().timestamp())
        right: dict[str, Any] = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.provider.issuer,
            "jti": secrets.token_hex(),
        }
        right |= {"iat": now, "exp": now + 10}
        kind = {"alg": "ES256", "kid": self.client_id, "typ": "client-authentication+jwt"}
        return signed(kind | dict(header or {}), right | claims, self.key.private)

    def proof(self, path: str, nonce: str | None = None, token: str | None = None, method: str = "POST") -> str:
        key, now, jti = self.key.private, self.provider.now(), secrets.token_hex()
        return dpop.make_proof(key, method, self.url(path), now, jti, nonce=nonce, access_token=token)

    def nonce(self) -> str:
        return dpop.issue_nonce(self.provider.nonce_secret, self.provider.now())

    def par(self, **changes: Any) -> requests.Response:
        form = {
            "response_type": "code",
            "redirect_uri": BACK,
            "scope": SCOPE,
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": _s256(VERIFIER),
            "code_challenge_method": "S256",
        }
        return requests.post(self.url("/connect/par"), data=self._authenticated(form) | changes, timeout=5)

    def authorize_url(self, **changes: Any) -> str:
        query = urlencode({"client_id": self.client_id, "request_uri": self.par(**changes).json()["request_uri"]})
        return self.url(f"/connect/authorize?{query}")

    def code(self, sub: str, **changes: Any) -> str:
        answer = requests.post(self.authorize_url(**changes), data={"person": sub}, allow_redirects=False, timeout=5)
        return query_of(answer)["code"]

    def tokens(self, browser: requests.Session, sub: str, level: str = "", **changes: Any) -> dict[str, Any]:
        """What a person's login in this browser gives the client."""
        said = log_in(browser, self.authorize_url(**changes), sub, level)
        return dict(self.redeem(said["code"]).json())

    def redeem(self, code: str, headers: Mapping[str, str] | None = None, /, **changes: Any) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
        return self.token(form, headers, **changes)

    def refresh(self, refresh_token: str, /, **changes: Any) -> requests.Response:
        return self.token({"grant_type": "refresh_token", "refresh_token": refresh_token}, None, **changes)

    def machine(self, /, **changes: Any) -> requests.Response:
        """A token for the client itself."""
        return self.token({"grant_type": "client_credentials"}, None, **changes)

    def revoke(self, token: str) -> requests.Response:
        return requests.post(self.url("/connect/revocation"), data=self._authenticated({"token": token}), timeout=5)

    def token(self, form: Form, headers: Mapping[str, str] | None, /, **changes: Any) -> requests.Response:
        """Headers are a right proof with a right nonce unless given."""
        sent = {"DPoP": self.proof("/connect/token", self.nonce())} if headers is None else headers
        data = self._authenticated(form) | changes
        return requests.post(self.url("/connect/token"), data=data, headers=sent, timeout=5)

    def identify(self, tokens: Mapping[str, Any]) -> VerifiedClaims:
        """The claims of the id token, checked as the portal checks them."""
        return id_token.check(
            tokens["id_token"],
            keys=requests.get(self.url("/.well-known/openid-configuration/jwks"), timeout=5).json()["keys"],
            issuer=self.provider.issuer,
            client_id=self.client_id,
            nonce="the-nonce",
            now=self.provider.now(),
        )

    def read_access_token(self, tokens: Mapping[str, Any]) -> dict[str, Any]:
        said = self.provider.key.read(tokens["access_token"], "at+jwt")
        assert said is not None
        return said

    def _authenticated(self, form: Form) -> Form:
        return form | {
            "client_id": self.client_id,
            "client_assertion_type": assertion.TYPE,
            "client_assertion": self.assertion(),
        }


def query_of(answer: requests.Response) -> dict[str, str]:
    """The parameters that a redirect back to the client carries."""
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith(f"{BACK}?")
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def log_in(browser: requests.Session, url: str, sub: str, level: str = "") -> dict[str, str]:
    """Choose a person at the login page, and a level; what the client gets to know."""
    return query_of(browser.post(url, data={"person": sub, "level": level}, allow_redirects=False))


def refusal(answer: requests.Response) -> str:
    """The error word of RFC 6749 §5.2."""
    assert answer.status_code in {400, 401}, answer.text
    return str(answer.json()["error"])


def _s256(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
