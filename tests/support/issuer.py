"""A small OpenID provider on real HTTP whose every answer a test can change."""

from __future__ import annotations

import itertools
import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from support.keys import ec, rsa, signed
from support.loopback import Asked, Says, http_server

from portal.adapters.client_keys import one_key
from portal.adapters.http import Egress
from portal.adapters.openid import OpenIdClient
from portal.domain import assertion, dpop
from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENT, BACK, NONCE = "inngangsportalen", "https://inngangsportalen.test/login/callback", "server-nonce"
PATHS = {
    "authorization_endpoint": "/connect/authorize",
    "end_session_endpoint": "/connect/endsession",
    "jwks_uri": "/jwks",
    "pushed_authorization_request_endpoint": "/connect/par",
    "token_endpoint": "/connect/token",
    "userinfo_endpoint": "/connect/userinfo",
}


class Issuer:
    """Checks assertions and proofs for real, refuses both when seen before, and wants its nonce in every proof."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.made = itertools.count()
        self.origin = ""
        self.metadata: dict[str, Any] = {}
        self.keys: list[Any] = [rsa().public]
        self.client_keys: list[Any] = [ec().public]
        self.overrides: dict[str, Callable[[Asked], Says]] = {}
        self.asked: list[Asked] = []
        self.spent: set[str] = set()
        self.tokens: dict[str, Any] = {"access_token": "at-1", "token_type": "DPoP", "expires_in": 600}

    def open(self, origin: str) -> None:
        self.origin = origin
        self.metadata = {"issuer": origin} | {name: origin + path for name, path in PATHS.items()}

    def asked_for(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if urlsplit(asked.path).path == path]

    def id_token(self, nonce: str, *, signer: str = "rsa-1") -> str:
        at = int(self.now.timestamp())
        claims = {"iss": self.origin, "aud": CLIENT, "sub": "s", "sid": "1", "nonce": nonce, "iat": at, "exp": at + 300}
        return signed({"alg": "RS256", "kid": signer, "typ": "JWT"}, claims, rsa(signer).private)

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        path = urlsplit(asked.path).path
        try:
            return self.overrides.get(path, self._answers()[path])(asked)
        except OAuthError as error:
            return Says({"error": error.code}, error.status)

    def _answers(self) -> dict[str, Callable[[Asked], Says]]:
        return {
            "/.well-known/openid-configuration": lambda _: Says(self.metadata),
            "/jwks": lambda _: Says({"keys": self.keys}),
            "/connect/par": self._par,
            "/connect/token": self._token,
            "/connect/userinfo": self._userinfo,
            "/v1/client-secret": self._client_secret,
        }

    def _par(self, asked: Asked) -> Says:
        self._authenticate(asked)
        return Says({"request_uri": "urn:ietf:params:oauth:request_uri:abc", "expires_in": 60}, 201)

    def _token(self, asked: Asked) -> Says:
        self._authenticate(asked)
        if self._proof(asked, None).nonce != NONCE:
            return Says({"error": "use_dpop_nonce"}, 400, {"DPoP-Nonce": NONCE})
        return Says(self.tokens)

    def _userinfo(self, asked: Asked) -> Says:
        scheme, token = asked.headers["authorization"].split(" ")
        if scheme == "DPoP" and self._proof(asked, token).nonce != NONCE:
            return Says(b"", 401, {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": NONCE})
        return Says({"sub": "s", "scheme": scheme})

    def _client_secret(self, asked: Asked) -> Says:
        scheme, token = asked.headers["authorization"].split(" ")
        assert scheme == "DPoP"
        self._proof(asked, token)
        self.client_keys.append(json.loads(asked.body))
        return Says({"expiration": "2027-11-20T12:00:00.1234567+00:00"})

    def _authenticate(self, asked: Asked) -> None:
        given, keys = asked.form["client_assertion"], self.client_keys
        checked = assertion.check(given, keys=keys, client_id=CLIENT, audiences=(self.origin,), now=self.now)
        self._spend(checked.jti)

    def _proof(self, asked: Asked, access_token: str | None) -> dpop.Proof:
        given, url, window = asked.headers["dpop"], f"http://{asked.headers['host']}{asked.path}", timedelta(seconds=10)
        proof = dpop.check_proof(
            given, method=asked.method, url=url, now=self.now, window=window, access_token=access_token
        )
        self._spend(proof.jti)
        return proof

    def _spend(self, jti: str) -> None:
        assert jti not in self.spent
        self.spent.add(jti)


@contextmanager
def issuer() -> Iterator[Issuer]:
    it = Issuer()
    with http_server(it.answer) as origin:
        it.open(origin)
        yield it


def client_of(it: Issuer, **changes: Any) -> OpenIdClient:
    """A client with a key that `it` knows, on the clock of `it`."""
    usual: dict[str, Any] = {
        "issuer": it.origin,
        "client_id": CLIENT,
        "keys": one_key(ec().private),
        "redirect_uri": BACK,
        "egress": Egress({it.origin}, connect_timeout=0.5, total_timeout=2.0),
        "now": lambda: it.now,
        "token": lambda: f"{next(it.made):032d}",
    }
    return OpenIdClient(**usual | changes)
