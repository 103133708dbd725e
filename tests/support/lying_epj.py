"""A journal system's SMART server that lies on order: every answer is right until a test changes it."""

from __future__ import annotations

import itertools
from base64 import b64decode
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from support.keys import ec, rsa, signed
from support.liar import Changes, with_changes
from support.loopback import Asked, Says, http_server

from portal.adapters.smart.client import SmartClient
from portal.domain import assertion
from portal.domain.oids import ENH, FNR, HER, HPR
from portal.domain.pkce import challenge_holds
from portal.domain.registration import SmartServer
from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.fhir_journal import FhirJournal

EPJ, CLIENT, SECRET, BACK = (
    "eksempel-epj",
    "portalen hos oss",
    "s3:kret+& å",
    "https://inngangsportalen.test/launch/callback",
)
LAUNCH = "launch-handle-1"
DISCOVERY, TOKEN, JWKS = "/fhir/.well-known/smart-configuration", "/auth/token", "/auth/jwks"
NUMBER, PARENT, CHILD, HER_ID, HPR_NUMBER = "15849197352", "983744516", "994598759", "8143061", "565501872"


def our_key() -> dict[str, str]:
    """The key that every EPJ knows us by."""
    return ec("portal", "P-384", "ES384").private


def true_resources() -> dict[str, dict[str, Any]]:
    """A patient, a clinician, a consultation and an office below its legal entity, by path from the FHIR base."""
    office, entity = {"reference": "Organization/o-1"}, {"reference": "Organization/o-2"}
    name = {"use": "official", "family": "Fjellheim", "given": ["Ola", "Johan"]}
    resources: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "p-1", "name": [name], "birthDate": "1991-04-15"}
        | {"identifier": [{"system": FNR, "value": NUMBER}]},
        {"resourceType": "Practitioner", "id": "d-1", "identifier": [{"system": HPR, "value": HPR_NUMBER}]},
        {"resourceType": "PractitionerRole", "id": "r-1", "organization": office}
        | {"practitioner": {"reference": "Practitioner/d-1"}},
        {"resourceType": "Encounter", "id": "e-1", "subject": {"reference": "Patient/p-1"}, "serviceProvider": office},
        {"resourceType": "Organization", "id": "o-1", "partOf": entity}
        | {"identifier": [{"system": ENH, "value": CHILD}, {"system": HER, "value": HER_ID}]},
        {"resourceType": "Organization", "id": "o-2", "identifier": [{"system": ENH, "value": PARENT}]},
    ]
    return {f"{resource['resourceType']}/{resource['id']}": resource for resource in resources}


class LyingEpj:
    """`tokens`, `claims` and `header` are changes to what is true; `overrides` are whole answers by path."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.made = itertools.count()
        self.origin = ""
        self.configuration: Changes = {}
        self.keys: Any = [rsa().public]
        self.signer = rsa().private
        self.tokens: Changes = {}
        self.claims: Changes = {}
        self.header: Changes = {}
        self.resources = true_resources()
        self.overrides: dict[str, Callable[[Asked], Says]] = {}
        self.documents: FhirJournal | None = None
        self.asked: list[Asked] = []
        self.open_to = {"at-1"}
        self._codes: dict[str, dict[str, str]] = {}

    def open(self, origin: str) -> None:
        self.origin, self.base = origin, f"{origin}/fhir"
        self.configuration = {
            "issuer": f"{origin}/auth",
            "authorization_endpoint": f"{origin}/auth/authorize",
            "token_endpoint": f"{origin}{TOKEN}",
            "jwks_uri": f"{origin}{JWKS}",
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "capabilities": ["launch-ehr", "sso-openid-connect", "client-confidential-asymmetric", "permission-v2"],
        }

    def asked_for(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if urlsplit(asked.path).path == path]

    def registered(self, **changes: Any) -> SmartServer:
        """What the EPJ's registration at the portal says."""
        return SmartServer.model_validate({"issuer": self.base, "client_id": CLIENT} | changes)

    def follow(self, address: str) -> str:
        """A browser follows the address of a launch; the code that it brings back."""
        code = f"code-{next(self.made)}"
        self._codes[code] = dict(parse_qsl(urlsplit(address).query))
        return code

    def id_token(self, nonce: str) -> str:
        at = int(self.now.timestamp())
        claims = {"iss": self.configuration["issuer"], "aud": CLIENT, "sub": "lege-1", "nonce": nonce}
        claims |= {"iat": at, "exp": at + 300, "fhirUser": "Practitioner/d-1"}
        header = with_changes({"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}, self.header)
        return signed(header, with_changes(claims, self.claims), self.signer)

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        path = urlsplit(asked.path).path
        if path in self.overrides:
            return self.overrides[path](asked)
        if path.startswith("/fhir/DocumentReference/") and self.documents:
            return self.documents.answer(asked)
        fixed: dict[str, Callable[[Asked], Says]] = {
            DISCOVERY: lambda _: Says(with_changes(self.configuration, {})),
            JWKS: lambda _: Says({"keys": self.keys}),
            TOKEN: self._token,
        }
        return fixed.get(path, self._read)(asked)

    def _token(self, asked: Asked) -> Says:
        try:
            self._authenticate(asked)
        except (OAuthError, KeyError):
            return Says({"error": "invalid_client"}, 401)
        form = asked.form
        if form["grant_type"] == "refresh_token":
            self.open_to.add("at-2")
            return Says(
                {"access_token": "at-2", "token_type": "Bearer"}, 200 if form["refresh_token"] == "rt-1" else 400
            )
        asked_for = self._codes.pop(form["code"], {"code_challenge": "", "redirect_uri": ""})
        holds = challenge_holds(form["code_verifier"], asked_for["code_challenge"])
        if not holds or form["redirect_uri"] != asked_for["redirect_uri"]:
            return Says({"error": "invalid_grant"}, 400)
        given = {"access_token": "at-1", "token_type": "Bearer", "id_token": self.id_token(asked_for["nonce"])}
        return Says(with_changes({**given, "patient": "p-1", "encounter": "e-1"}, self.tokens))

    def _authenticate(self, asked: Asked) -> None:
        if "authorization" in asked.headers:
            given = b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode().split(":")
            if [unquote_plus(part) for part in given] != [CLIENT, SECRET]:
                raise OAuthError("invalid_client")
            return
        assertion.check(
            asked.form["client_assertion"],
            keys=[ec("portal", "P-384", "ES384").public],
            client_id=CLIENT,
            audiences=(self.configuration["token_endpoint"],),
            now=self.now,
            algorithms=("ES384",),
            longest=assertion.CLASSIC,
        )

    def _read(self, asked: Asked) -> Says:
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.open_to:
            return Says({"resourceType": "OperationOutcome"}, 401)
        found = self.resources.get(asked.path.removeprefix("/fhir/"))
        return Says({"resourceType": "OperationOutcome"}, 404) if found is None else Says(found)


@contextmanager
def lying_epj() -> Iterator[LyingEpj]:
    """Serve a journal system until the block ends."""
    it = LyingEpj()
    with http_server(it.answer) as origin:
        it.open(origin)
        yield it


def client_of(it: LyingEpj, **changes: Any) -> SmartClient:
    """The portal as a client that `it` knows, on the clock of `it`."""
    usual: dict[str, Any] = {
        "redirect_uri": BACK,
        "key": our_key(),
        "secrets": {EPJ: SECRET},
        "now": lambda: it.now,
        "token": lambda: f"{next(it.made):032d}",
    }
    return SmartClient(**usual | changes)
