"""The certified provider oidc-provider (npm) as an EPJ's SMART App Launch 2.2 server, in a process of its own.

with SmartEpj("http://127.0.0.1:5000") as epj:
    epj.registered()                       # how the portal registers it
    epj.press("line")                      # a click in its journal: the launch handle, good once and for 60 s
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Literal, Self

import requests
from support.bodies import LINE, OLE, REPLY_TO
from support.helseid import ANNA, BO
from support.node_program import NodeProgram

from portal.demo.helseid import keys
from portal.demo.ports import free_port
from portal.domain.identity import Organisation
from portal.domain.oids import ENH, FNR, HER, HPR
from portal.domain.registration import Epj, SmartServer

if TYPE_CHECKING:
    from portal.demo.helseid.config import Person

CLIENT_ID, SECRET = "inngangsportalen", "a secret + both/know: of"
OFFICE = Organisation("999977774", "310000124")
AT_OFFICE = [{"reference": "Organization/office"}]
"""`fhirContext` that says where she works (SMART App Launch 2.2, Scopes and Launch Context)."""


class SmartEpj:
    """An EPJ whose client the portal at `portal` is; it reads our keys there unless it was given `our_keys`."""

    def __init__(
        self,
        portal: str,
        authentication: Literal["private_key_jwt", "client_secret_basic"] = "private_key_jwt",
        *,
        our_keys: tuple[dict[str, Any], ...] = (),
        handle_lifetime: int = 60,
    ) -> None:
        self.address = f"http://127.0.0.1:{free_port()}"
        self.fhir = f"{self.address}/fhir"
        self.portal, self._authentication = portal, authentication
        self._told = {
            "issuer": self.address,
            "secret": secrets.token_hex(32),
            "client": self._client(our_keys),
            "resources": JOURNAL,
            "handle_lifetime": handle_lifetime,
        }

    def __enter__(self) -> Self:
        self._program = NodeProgram("smart-epj.mjs")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._program.close()

    def start(self, *, publish: bool = True) -> None:
        """With a new key, which its jwks_uri holds, or without `publish` another one."""
        signs = keys.make()
        shown = signs if publish else keys.make()
        published = {"published": [shown.as_dict(private=False)]}
        self._program.start(self._told | published | {"jwks": {"keys": [signs.as_dict(private=True)]}})

    def stop(self) -> None:
        self._program.stop()

    def restart(self, *, publish: bool = True) -> None:
        """On the same address, as one that remembers nothing and signs with a new key."""
        self.stop()
        self.start(publish=publish)

    def press(self, patient: str = "line", user: str = "PractitionerRole/anna", **context: Any) -> str:
        """A click in the journal: the launch handle; `context` is what more will stand beside the token."""
        launch = secrets.token_urlsafe(32)
        handle = {"launch": launch, "user": user, "patient": patient, **context}
        requests.post(f"{self.address}/handles", json=handle, timeout=10).raise_for_status()
        return launch

    def registered(self) -> Epj:
        """As the portal knows it."""
        smart = SmartServer(issuer=self.fhir, client_id=CLIENT_ID, authentication=self._authentication)
        return Epj(id="smart-epj", name="SmartEPJ", smart=smart, her_ids=tuple(REPLY_TO.values()))

    def _client(self, our_keys: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        known = {
            "client_id": CLIENT_ID,
            "redirect_uris": [f"{self.portal}/launch/callback"],
            "token_endpoint_auth_method": self._authentication,
        }
        if self._authentication == "client_secret_basic":
            return known | {"client_secret": SECRET}
        if our_keys:
            return known | {"jwks": {"keys": our_keys}}
        return known | {"jwks_uri": f"{self.portal}/.well-known/jwks.json"}


def _identifiers(**values: str | None) -> list[dict[str, Any]]:
    systems = {"fnr": FNR, "hpr": HPR, "enh": ENH, "her": HER}
    return [{"system": systems[name], "value": value} for name, value in values.items()]


def _patient(which: str, who: dict[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": which,
        "identifier": _identifiers(fnr=who["number"]),
        "name": [{"use": "official", "family": who["family"], "given": [who["given"]]}],
        "birthDate": who["birth_date"],
    }


def _practitioner(which: str, who: Person) -> list[dict[str, Any]]:
    return [
        {
            "resourceType": "Practitioner",
            "id": which,
            "identifier": _identifiers(hpr=who.hpr_number),
            "name": [{"family": who.family_name, "given": [who.given_name]}],
        },
        {
            "resourceType": "PractitionerRole",
            "id": which,
            "practitioner": {"reference": f"Practitioner/{which}"},
            "organization": {"reference": "Organization/office"},
        },
    ]


def _organization(which: str, part_of: str | None = None, **numbers: str | None) -> dict[str, Any]:
    return {
        "resourceType": "Organization",
        "id": which,
        "identifier": _identifiers(**numbers),
        "name": "Eksempel legesenter",
        **({"partOf": {"reference": f"Organization/{part_of}"}} if part_of else {}),
    }


JOURNAL: list[dict[str, Any]] = [
    _patient("line", LINE),
    _patient("ole", OLE),
    *_practitioner("anna", ANNA),
    *_practitioner("bo", BO),
    _organization("office", "parent", enh=OFFICE.child, her=REPLY_TO["her_id"]),
    _organization("parent", enh=OFFICE.parent, her=REPLY_TO["parent_her_id"]),
    {
        "resourceType": "Encounter",
        "id": "consultation",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/line"},
        "serviceProvider": {"reference": "Organization/office"},
    },
]
"""What lies in its FHIR store: two patients, two clinicians, an office with its parent, a consultation of Line's."""
