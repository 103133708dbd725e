"""A SMART app that does what Nav's own library does, and takes what that takes (navikt/smart-on-fhir, facts/launch).

It asks for what Nav registers for its app, and proves itself in either of the two ways that the library has.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

import requests
from support.counterpart import walk
from support.keys import rsa, signed
from support.third_party import carried

from portal.demo.browser import Hop
from portal.domain import assertion
from portal.domain.client_registration import Client, PublicKey
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from support.world import World

    from portal.demo.browser import Browser, Page

BACK = "http://127.0.0.1:9/demo-melding/callback"
SCOPE = (
    "openid profile launch fhirUser offline_access patient/Patient.read patient/Encounter.read patient/Condition.read "
    "patient/DocumentReference.read patient/DocumentReference.write"
)
SECRET = "a-secret-that-both-know"
KEY = rsa("nav", "RS384")

Method = Literal["private_key_jwt", "client_secret_basic"]


@dataclass
class NavApp:
    """Registered for `demo-melding`, with all that a target may ask for switched on."""

    world: World
    method: Method

    def register(self, **changes: Any) -> None:
        by_key = self.method == "private_key_jwt"
        public = {name: value for name, value in KEY.public.items() if name != "use"}
        registered = {
            "client_id": "demo-melding",
            "service": "demo-melding",
            "owner": "Demo-eier",
            "profile": "classic",
            "authentication": self.method,
            "keys": (PublicKey.model_validate(public),) if by_key else (),
            "secret_sha256": None if by_key else sha256(SECRET.encode()).hexdigest(),
            "launch_url": "http://127.0.0.1:9/demo-melding/launch",
            "redirect_uris": (BACK,),
            "sign_on": True,
            "access_token": "jwt",
            "refresh": "online",
            "release": ("patient_number", "hpr", "organisation", "encounter"),
        }
        self.world.put_in_force(Client.model_validate(registered | changes))

    def configuration(self, iss: str) -> dict[str, Any]:
        return dict(requests.get(f"{iss}/.well-known/smart-configuration", timeout=10).json())

    def authorize(self, browser: Browser, listed: Page, **changes: str) -> tuple[dict[str, str], str]:
        """What the browser brings back after a click, and the verifier; `changes` are of the request."""
        came = carried(browser, listed).query()
        verifier = secrets.token_urlsafe(32)
        asked = {
            "response_type": "code",
            "client_id": "demo-melding",
            "scope": SCOPE,
            "redirect_uri": BACK,
            "aud": came["iss"],
            "launch": came["launch"],
            "state": "the-state",
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
        } | changes
        url = f"{self.configuration(came['iss'])['authorization_endpoint']}?{urlencode(asked)}"
        back = walk(browser, Hop("GET", url), BACK)
        assert isinstance(back, Hop), back.text
        assert back.query()["state"] == "the-state"
        return back.query(), verifier

    def launch(self, browser: Browser, listed: Page) -> requests.Response:
        """From the click to the answer of the token endpoint."""
        answer, verifier = self.authorize(browser, listed)
        form = {"grant_type": "authorization_code", "code": answer["code"], "code_verifier": verifier}
        return self.post(form | {"redirect_uri": BACK})

    def refresh(self, tokens: dict[str, Any]) -> requests.Response:
        return self.post({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})

    def read(self, path: str, tokens: dict[str, Any]) -> requests.Response:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return requests.get(f"{self.world.settings.fhir_issuer}/{path}", headers=headers, timeout=10)

    def post(self, form: dict[str, str], endpoint: str = "token_endpoint") -> requests.Response:
        """As the client, to an endpoint that our configuration names."""
        found = self.configuration(self.world.settings.fhir_issuer)
        identified = {"client_id": "demo-melding", **form}
        if self.method == "client_secret_basic":
            return requests.post(found[endpoint], data=identified, auth=("demo-melding", SECRET), timeout=10)
        # SMART App Launch 2.2 wants the token endpoint here, and says nothing of the others.
        proof = {"client_assertion_type": assertion.TYPE, "client_assertion": _assertion(found["token_endpoint"])}
        return requests.post(found[endpoint], data=identified | proof, timeout=10)


def _assertion(audience: str) -> str:
    now = int(time.time())
    who = {"iss": "demo-melding", "sub": "demo-melding", "aud": audience, "jti": secrets.token_hex(16)}
    head = {"alg": "RS384", "kid": KEY.private["kid"], "typ": "JWT"}
    return signed(head, who | {"iat": now, "exp": now + 60}, KEY.private)
