"""A SMART app in which every part of every request can be made wrong, beside an EPJ whose client it is."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import requests
from support.keys import ec, rsa, signed
from support.smart_counterpart import CLIENT_ID

from portal.domain import assertion, jose
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from support.keys import Pair
    from support.smart_counterpart import SmartEpj

VERIFIER = "v" * 43
KEY, RSA_KEY = ec("smart", "P-384", "ES384"), rsa("smart-rsa", "RS384")
WHO = "openid fhirUser launch launch/patient launch/encounter"
SCOPE = f"{WHO} patient/Patient.r patient/Encounter.r user/Practitioner.r user/Organization.r"


class App:
    """Sends right requests; `changes` replace parameters, None leaves one out."""

    def __init__(self, epj: SmartEpj) -> None:
        self.epj = epj
        self.back = f"{epj.portal}/launch/callback"
        self.browser = requests.Session()

    def authorize(self, launch: str, /, **changes: Any) -> requests.Response:
        """Where the browser is sent, not followed."""
        asked = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": self.back,
            "scope": SCOPE,
            "aud": self.epj.fhir,
            "launch": launch,
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": s256(VERIFIER),
            "code_challenge_method": "S256",
        }
        query = urlencode(given(asked | changes))
        return self.browser.get(f"{self.epj.address}/auth?{query}", allow_redirects=False, timeout=10)

    def said(self, launch: str, /, **changes: Any) -> dict[str, str]:
        """What the browser is sent back with."""
        answer = self.authorize(launch, **changes)
        assert answer.status_code == 303, answer.text
        address, _, query = answer.headers["Location"].partition("?")
        assert address == self.back
        return dict(parse_qsl(query))

    def code(self, launch: str, /, **changes: Any) -> str:
        return self.said(launch, **changes)["code"]

    def assertion(self, key: Pair = KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:
        now = int(time.time())
        usual = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": f"{self.epj.address}/token", "jti": secrets.token_hex(16)}
        head = {"alg": key.private["alg"], "typ": "JWT", "kid": key.private["kid"]} | (header or {})
        return signed(given(head), given(usual | {"iat": now, "exp": now + 60} | claims), key.private)

    def token(self, form: dict[str, str], basic: tuple[str, str] | None = None, /, **changes: Any) -> requests.Response:
        """With an assertion, unless there is a name and a secret for the header."""
        proof = {} if basic else {"client_assertion_type": assertion.TYPE, "client_assertion": self.assertion()}
        data = given(form | proof | changes)
        return requests.post(f"{self.epj.address}/token", data=data, auth=basic, timeout=10)

    def redeem(self, code: str, basic: tuple[str, str] | None = None, /, **changes: Any) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.back, "code_verifier": VERIFIER}
        return self.token(form, basic, **changes)

    def launch(self, launch: str, /, **changes: Any) -> dict[str, Any]:
        """The whole way: the token response."""
        answer = self.redeem(self.code(launch, **changes))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def read(self, path: str, token: str) -> requests.Response:
        return requests.get(f"{self.epj.fhir}/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=10)

    def configuration(self) -> dict[str, Any]:
        return dict(requests.get(f"{self.epj.fhir}/.well-known/smart-configuration", timeout=10).json())

    def identify(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """The claims of an id token whose signature holds by the keys that are published."""
        published = requests.get(self.configuration()["jwks_uri"], timeout=10).json()["keys"]
        return dict(jose.verify(tokens["id_token"], published, algorithms=("RS256",), types=("JWT", None)).claims)


def given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
