"""One right SMART server of an EPJ, and for each rule a server that is wrong in this alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from support.conformance import SMART

from portal.domain.conformance import smart_cases
from portal.domain.conformance.case import CaseId, Why
from portal.domain.conformance.smart_server import Probed, Reply

if TYPE_CHECKING:
    from portal.domain.conformance.case import Finding

CONFIGURATION: dict[str, Any] = {
    "issuer": "https://epj.example",
    "jwks_uri": "https://epj.example/jwks",
    "authorization_endpoint": "https://epj.example/authorize",
    "token_endpoint": "https://epj.example/token",
    "grant_types_supported": ["authorization_code"],
    "capabilities": ["launch-ehr", "sso-openid-connect", "context-ehr-patient"],
    "code_challenge_methods_supported": ["S256"],
}
OURS, FOREIGN = "https://portal.example/launch/callback", "https://fremmed.invalid/callback"
TOLD = Reply(303, f"{OURS}?error=invalid_request&state=s")
TURNED_AWAY = Reply(401, body={"error": "invalid_client"})
SERVER = Probed(
    issuer=SMART.issuer,
    configuration=Reply(200, body=CONFIGURATION),
    metadata=Reply(200, body={"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}),
    redirect_uri=OURS,
    foreign=FOREIGN,
    jwks=Reply(200, body={"keys": [{"kty": "RSA", "kid": "1", "n": "n", "e": "AQAB"}]}),
    authorize={"plain": TOLD, "redirect": Reply(400), "aud": TOLD},
    token={"code": Reply(400, body={"error": "invalid_grant"}), "anonymous": TURNED_AWAY},
)


def says(**changes: Any) -> Probed:
    """The server with another configuration document; None leaves out."""
    document = {name: value for name, value in (CONFIGURATION | changes).items() if value is not None}
    return replace(SERVER, configuration=Reply(200, body=document))


def authorize(flaw: str, reply: Reply) -> Probed:
    return replace(SERVER, authorize={**SERVER.authorize, flaw: reply})


def token(flaw: str, reply: Reply) -> Probed:
    return replace(SERVER, token={**SERVER.token, flaw: reply})


def jwks(*keys: Any) -> Probed:
    return replace(SERVER, jwks=Reply(200, body={"keys": list(keys)}))


WRONG_SERVERS: list[tuple[CaseId, Why, Probed]] = [
    (CaseId.SMART_CONFIGURATION, Why.STATUS, replace(SERVER, configuration=Reply(404))),
    (CaseId.SMART_CONFIGURATION, Why.UNREACHABLE, replace(SERVER, configuration=Reply(0))),
    (CaseId.SMART_CONFIGURATION, Why.NOT_JSON, replace(SERVER, configuration=Reply(200))),
    (CaseId.SMART_AUTHORIZATION, Why.MISSING, says(authorization_endpoint=None)),
    (CaseId.SMART_AUTHORIZATION, Why.ADDRESS, says(authorization_endpoint="http://127.0.0.1:1/authorize")),
    (CaseId.SMART_TOKEN, Why.MISSING, says(token_endpoint=7)),
    (CaseId.SMART_TOKEN, Why.ADDRESS, says(token_endpoint="http://epj.example/token")),
    (CaseId.SMART_GRANT, Why.LACKS, says(grant_types_supported=["client_credentials"])),
    (CaseId.SMART_GRANT, Why.MISSING, says(grant_types_supported=None)),
    (CaseId.SMART_CAPABILITIES, Why.LACKS, says(capabilities=["launch-ehr", "sso-openid-connect"])),
    (CaseId.SMART_PKCE, Why.LACKS, says(code_challenge_methods_supported=[])),
    (CaseId.SMART_PKCE, Why.OFFERS, says(code_challenge_methods_supported=["S256", "plain"])),
    (CaseId.SMART_ISSUER, Why.MISSING, says(issuer=None)),
    (CaseId.SMART_ISSUER, Why.ADDRESS, says(issuer="epj")),
    (CaseId.SMART_JWKS, Why.MISSING, says(jwks_uri=None)),
    (CaseId.SMART_JWKS, Why.ADDRESS, says(jwks_uri="ftp://epj.example/jwks")),
    (CaseId.SMART_JWKS, Why.NO_KEYS, jwks()),
    (CaseId.SMART_JWKS, Why.NO_KEYS, jwks({"kty": "RSA"})),
    (CaseId.SMART_JWKS, Why.PRIVATE_KEY, jwks({"kty": "EC", "kid": "1", "d": "secret"})),
    (CaseId.SMART_JWKS, Why.STATUS, replace(SERVER, jwks=Reply(500))),
    (CaseId.SMART_METADATA, Why.NOT_R4, replace(SERVER, metadata=Reply(200, body={"fhirVersion": "5.0.0"}))),
    (CaseId.SMART_METADATA, Why.STATUS, replace(SERVER, metadata=Reply(401))),
    (CaseId.SMART_PLAIN, Why.WENT_ON, authorize("plain", Reply(200))),
    (CaseId.SMART_PLAIN, Why.WENT_ON, authorize("plain", Reply(302, f"{OURS}?code=1"))),
    (CaseId.SMART_PLAIN, Why.WENT_ON, authorize("plain", Reply(302, "https://epj.example/login?error=none"))),
    (CaseId.SMART_REDIRECT, Why.SENT_ABROAD, authorize("redirect", Reply(302, f"{FOREIGN}?error=invalid_request"))),
    (CaseId.SMART_REDIRECT, Why.WENT_ON, authorize("redirect", TOLD)),
    (CaseId.SMART_AUD, Why.WENT_ON, authorize("aud", Reply(302, "https://epj.example/login"))),
    (CaseId.SMART_CODE, Why.GAVE_TOKEN, token("code", Reply(200, body={"access_token": "t"}))),
    (CaseId.SMART_CODE, Why.STATUS, token("code", Reply(403, body={"error": "invalid_grant"}))),
    (CaseId.SMART_CODE, Why.NO_ERROR_WORD, token("code", Reply(400))),
    (CaseId.SMART_ANONYMOUS, Why.STATUS, token("anonymous", Reply(200, body={}))),
    (CaseId.SMART_ANONYMOUS, Why.NO_ERROR_WORD, token("anonymous", Reply(401, body={"error": "invalid_grant"}))),
]


def server_findings(probed: Probed) -> dict[CaseId, Finding]:
    """How each case went at that server."""
    return {CaseId(one.case.id): one.finding for one in smart_cases.judge(probed)}
