"""Door A of the portal, as an EPJ vendor would call it: session create, refresh and end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from portal.demo.standin import token
from portal.domain.oids import PROFESSION
from portal.domain.pkce import s256
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from portal.demo.bound_api import BoundApi
    from portal.demo.epj.config import EpjConfig, Patient


@dataclass(frozen=True)
class HandOver:
    """What the browser carries to the portal: a form to `start_url` with a code and the verifier of its challenge."""

    session_id: str
    start_url: str
    code: str = field(repr=False)
    verifier: str = field(repr=False)


class PortalSessions:
    """Calls to `/api/session/*` with the clinician's own HelseID token."""

    def __init__(self, config: EpjConfig, api: BoundApi) -> None:
        self._config = config
        self._api = api

    def create(self, access_token: str, patient: Patient, service: str | None) -> HandOver:
        """Tell the portal which patient is open; raises UpstreamError when it says no."""
        verifier = token()
        created = self._call("create", access_token, self._body(patient, verifier, service))
        return HandOver(created["sessionId"], created["startUrl"], created["code"], verifier)

    def refresh(self, access_token: str, session_id: str) -> int:
        """Say that the patient is still open; returns the seconds that the context now lives."""
        return int(self._call("refresh", access_token, {"sessionId": session_id})["expiresIn"])

    def end(self, access_token: str, session_id: str) -> None:
        """Say that the patient was closed."""
        self._call("end", access_token, {"sessionId": session_id})

    def _call(self, name: str, access_token: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._config.portal}/api/session/{name}"
        answer = self._api.call("POST", url, access_token, body, **{"X-SOURCE-SYSTEM": "EksempelEPJ 1.0"})
        if answer.status >= 400:  # noqa: PLR2004  RFC 9110: every error
            raise UpstreamError("upstream_refused", str(answer.json().get("code")), retryable=False)
        return answer.json() if answer.body else {}

    def _body(self, patient: Patient, verifier: str, service: str | None) -> dict[str, Any]:
        challenge = s256(verifier)
        body = {
            "ehr_code_challenge": challenge,
            "claims": {
                "patient_identifier": {"id": patient.number, "system": patient.system},
                "practitioner_authorization": {"code": "LE", "system": PROFESSION},
                "care_relationship": {
                    "purpose_of_use": {"code": "TREAT", "system": "urn:oid:2.16.840.1.113883.1.11.20448"}
                },
            },
            "patient": patient.model_dump(mode="json", include={"family", "given", "birth_date"}),
            "reply_to": {"her_id": self._config.her_id, "parent_her_id": self._config.parent_her_id},
        }
        return body if service is None else body | {"service": service}
