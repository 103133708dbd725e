"""The journal stand-in alone, with HelseID beside it, and the portal's part of SMART App Launch driven by hand."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import requests
from support.helseid import ANNA, Clock, running
from support.keys import ec, rsa, signed
from support.loopback import Asked, Says, http_server
from support.serving import served

from portal.demo import keys, people, standin_files
from portal.demo.browser import Browser, Hop
from portal.demo.epj.app import Journal, app_of
from portal.demo.epj.config import EpjConfig
from portal.demo.helseid.config import Client, Jwks
from portal.demo.ports import Addresses, free_port
from portal.domain import assertion
from portal.domain.identity import Organisation
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.keys import Pair

    from portal.demo.browser import Page
    from portal.demo.helseid.config import Person

CLIENT = standin_files.PORTAL_AT_EPJ
SCOPE = (
    "openid fhirUser launch launch/patient launch/encounter patient/Patient.r patient/Encounter.r "
    "user/Practitioner.r user/PractitionerRole.r user/Organization.r "
    "patient/DocumentReference.rs patient/DocumentReference.cu"
)
VERIFIER = "v" * 43
ES384 = ec("smart-1", "P-384", "ES384")
RS384, ES256, UNPUBLISHED = rsa("smart-2", "RS384"), ec("catalogue-1"), ec("smart-3", "P-384", "ES384")
PUBLISHED = {"keys": [ES256.public, ES384.public, RS384.public]}


class Portal:
    """What the journal sees of the portal: its keys, and door A."""

    def __init__(self) -> None:
        self.is_up = True

    def answer(self, asked: Asked) -> Says:
        if asked.path == "/.well-known/jwks.json" and self.is_up:
            return Says(PUBLISHED)
        if asked.path == "/api/session/create":
            return Says({"code": "c", "sessionId": "context-1", "startUrl": "http://127.0.0.1:9/start"}, 201)
        return Says(status=204 if asked.path == "/api/session/end" else 503)


@dataclass
class Epj:
    """The journal, and the portal's part of SMART App Launch driven by hand; `changes` replace, None leaves out."""

    origin: str
    at_portal: str
    journal: Journal
    clock: Clock
    portal: Portal
    folder: Path

    @property
    def fhir(self) -> str:
        return f"{self.origin}/fhir"

    def browser(self, person: Person = ANNA) -> Browser:
        """Somebody who is signed in at the journal."""
        browser = Browser(self.folder)
        self.sign_in(browser, "/", person)
        return browser

    def sign_in(self, browser: Browser, path: str, person: Person) -> None:
        asked = browser.open(f"{self.origin}{path}")
        assert browser.submit(asked, asked.form(), person=person.sub).url == f"{self.origin}/"

    def press(self, browser: Browser, button: str = "/pasienter/solvi/smart") -> Hop:
        """What the click makes the browser send to the portal."""
        journal = browser.open(f"{self.origin}/")
        return self.sent(browser, browser.pressed(journal, journal.form(button)))

    def sent(self, browser: Browser, click: Hop) -> Hop:
        onwards = browser.next(browser.step(click), click)
        assert onwards is not None
        return onwards

    def handle(self, browser: Browser, patient: str = "solvi") -> str:
        return self.press(browser, f"/pasienter/{patient}/smart").query()["launch"]

    def asking(self, launch: str, /, **changes: str | None) -> dict[str, str]:
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": f"{self.at_portal}/launch/callback",
            "launch": launch,
            "scope": SCOPE,
            "state": "the-state",
            "aud": self.fhir,
            "nonce": "the-nonce",
            "code_challenge": s256(VERIFIER),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (asked | changes).items() if value is not None}

    def authorize(self, browser: Browser, launch: str, /, **changes: str | None) -> dict[str, str]:
        """What comes back at the portal's address."""
        query = urlencode(self.asking(launch, **changes))
        return self.answered(browser.step(Hop("GET", f"{self.origin}/authorize?{query}")))

    def answered(self, page: Page) -> dict[str, str]:
        assert page.status == 303, page.text
        address, _, query = page.response.headers["Location"].partition("?")
        assert address == f"{self.at_portal}/launch/callback"
        answer = dict(parse_qsl(query))
        assert answer.pop("iss") == self.origin
        return answer

    def code(self, browser: Browser, patient: str = "solvi", /, **changes: str | None) -> str:
        return self.authorize(browser, self.handle(browser, patient), **changes)["code"]

    def assertion(self, key: Pair = ES384, /, **claims: Any) -> str:
        now = int(self.clock().timestamp())
        right = {"iss": CLIENT, "sub": CLIENT, "aud": f"{self.origin}/token", "jti": secrets.token_hex()}
        header = {"alg": key.private["alg"], "kid": key.private["kid"], "typ": "JWT"}
        return signed(header, {**right, "iat": now, "exp": now + 300, **claims}, key.private)

    def redeem(self, code: str, /, **changes: str | None) -> requests.Response:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": f"{self.at_portal}/launch/callback",
            "code_verifier": VERIFIER,
            "client_assertion_type": assertion.TYPE,
            "client_assertion": self.assertion(),
        }
        return requests.post(f"{self.origin}/token", data=form | changes, timeout=5)

    def tokens(self, browser: Browser, patient: str = "solvi", /, **changes: str | None) -> dict[str, Any]:
        """What a whole launch gives the portal."""
        return dict(self.redeem(self.code(browser, patient, **changes)).json())

    def read(self, tokens: dict[str, Any], reference: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return requests.get(f"{self.fhir}/{reference}", headers=headers, timeout=5)

    def seen(self, tokens: dict[str, Any], reference: str) -> dict[str, Any]:
        answer = self.read(tokens, reference)
        assert answer.headers["Content-Type"] == "application/fhir+json"
        found: dict[str, Any] = answer.json()
        kind, _, own_id = reference.partition("/")
        profile = f"http://hl7.no/fhir/StructureDefinition/no-basis-{kind}"
        assert (found["resourceType"], found["id"], found["meta"]["profile"]) == (kind, own_id, [profile])
        return found


@contextmanager
def standing(folder: Path) -> Iterator[Epj]:
    """Serve a journal until the block ends; what it receives and the pages that browsers see go into `folder`."""
    port, made = free_port(), keys.fresh()
    origin, portal, clock = f"http://127.0.0.1:{port}", Portal(), Clock()
    client = Client(
        client_id=standin_files.EPJ_CLIENT,
        jwks=Jwks(keys=[keys.public(made.epj)]),
        redirect_uris=(f"{origin}/login/callback",),
        apis={standin_files.AUDIENCE: (standin_files.SCOPE,)},
        offline_access=True,
        organisation=Organisation(**people.OFFICE),
    )
    for name in ("messages", "pdf", "pages"):
        (folder / name).mkdir()
    with ExitStack() as running_now:
        at_portal = running_now.enter_context(http_server(portal.answer))
        helseid = running_now.enter_context(running(client))
        addresses = Addresses(portal=at_portal, helseid=helseid.issuer, epj=origin, target="http://127.0.0.1:9")
        standin_files.write(folder, addresses, made, folder)
        journal = Journal(EpjConfig.model_validate_json((folder / "epj.json").read_bytes()), clock)
        running_now.enter_context(served(app_of(journal), port))
        yield Epj(origin, at_portal, journal, clock, portal, folder / "pages")
