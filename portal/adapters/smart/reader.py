"""FHIR reads with one launch's access token (FHIR R4, RESTful API: read)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.adapters.smart.server import body_of
from portal.errors import SmartRejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.adapters.http import Answer
    from portal.adapters.smart.server import Server
    from portal.domain.smart.reference import Reference

_UNAUTHORIZED, _FORBIDDEN = 401, 403
_CODE = "smart_resource_invalid"


class Reader:
    """Reads resources of one launch; `renew` gives another token, and is asked once at most. For one thread."""

    def __init__(self, server: Server, token: str, renew: Callable[[], str] | None) -> None:
        self._server = server
        self._token = token
        self._renew = renew

    def read(self, reference: Reference) -> Any:
        """Return a resource's JSON from below the issuer.

        Raises SmartRejected: smart_refused, smart_resource_invalid, smart_unreachable, and what `renew` raises.
        """
        answer = self._get(reference)
        if answer.status == _UNAUTHORIZED and self._renew is not None:
            renew, self._renew = self._renew, None
            self._token = renew()
            answer = self._get(reference)
        if answer.status in {_UNAUTHORIZED, _FORBIDDEN}:
            rule = f"the access token of the launch must open it, was answered {answer.status} (RFC 6750 §3.1)"
            raise SmartRejected("smart_refused", f"{reference.type}: {rule}")
        return body_of(answer, reference.type, _CODE)

    def _get(self, reference: Reference) -> Answer:
        headers = {"Accept": "application/fhir+json", "Authorization": f"Bearer {self._token}"}
        return self._server.send("GET", f"{self._server.base}/{reference}", reference.type, _CODE, headers=headers)
