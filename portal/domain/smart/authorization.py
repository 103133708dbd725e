"""Where the browser asks for a launch (SMART App Launch 2.2, App Launch: "Obtain authorization code")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from portal.domain.pkce import s256

if TYPE_CHECKING:
    from portal.domain.registration import SmartServer

SCOPE = (
    "openid fhirUser launch launch/patient launch/encounter patient/Patient.r patient/Encounter.r"
    " user/Practitioner.r user/PractitionerRole.r user/Organization.r"
)
"""All that we would read; a server grants of it what it has."""
_DOCUMENTS = "patient/DocumentReference.rs patient/DocumentReference.cu online_access"
"""What filing takes besides, and a refresh token for reports that take longer to write than the first token lives."""
_GRANTS = re.compile(r"(?:patient|user)/(?:DocumentReference|\*)\.(read|write|\*|c?r?u?d?s?)")
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}


def address(
    endpoint: str, server: SmartServer, *, redirect_uri: str, launch: str, state: str, nonce: str, verifier: str
) -> str:
    """Return the address that answers with a code for `launch`, bound to `verifier` by S256."""
    query = {
        "response_type": "code",
        "client_id": server.client_id,
        "redirect_uri": redirect_uri,
        "launch": launch,
        "scope": f"{SCOPE} {_DOCUMENTS}" if server.documents else SCOPE,
        "state": state,
        "nonce": nonce,
        "aud": server.issuer,
        "code_challenge": s256(verifier),
        "code_challenge_method": "S256",
    }
    return f"{endpoint}?{urlencode(query)}"


def opens_documents(scope: str) -> bool:
    """Whether granted scopes let us put a DocumentReference under an id of ours, and read whether it is there.

    Scopes of SMART v1 and v2 count; one that a query narrows does not, for its limits are not ours to know.
    """
    granted = [found[1] for one in scope.split() if (found := _GRANTS.fullmatch(one))]
    return set("cru") <= set("".join(_V1.get(permissions, permissions) for permissions in granted))
