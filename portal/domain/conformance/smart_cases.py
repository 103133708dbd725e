"""Every case of an EPJ's own SMART server (SMART App Launch 2.2), judged by what was asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.conformance import smart_server as server
from portal.domain.conformance.case import Case, CaseId, judged

if TYPE_CHECKING:
    from portal.domain.conformance.case import Judged
    from portal.domain.conformance.smart_server import Probed

_CONFORMANCE = "SMART App Launch 2.2: Conformance"
_CODE_ERRORS = ("invalid_grant", "invalid_client", "unauthorized_client", "invalid_request")
_CLIENT_ERRORS = ("invalid_client", "unauthorized_client", "invalid_request")
CASES: tuple[Case[Probed], ...] = (
    Case(CaseId.SMART_CONFIGURATION, _CONFORMANCE, lambda probed: server.readable(probed.configuration)),
    Case(
        CaseId.SMART_AUTHORIZATION,
        f"{_CONFORMANCE}, authorization_endpoint",
        lambda probed: server.endpoint(probed, "authorization_endpoint", probed.authorize),
    ),
    Case(
        CaseId.SMART_TOKEN,
        f"{_CONFORMANCE}, token_endpoint",
        lambda probed: server.endpoint(probed, "token_endpoint", probed.token),
    ),
    Case(
        CaseId.SMART_GRANT,
        f"{_CONFORMANCE}, grant_types_supported",
        lambda probed: server.offers(probed, "grant_types_supported", "authorization_code"),
    ),
    Case(CaseId.SMART_CAPABILITIES, f"{_CONFORMANCE}, capabilities", server.capable),
    Case(
        CaseId.SMART_PKCE,
        f"{_CONFORMANCE}, code_challenge_methods_supported; RFC 7636 §4.2",
        lambda probed: server.offers(probed, "code_challenge_methods_supported", "S256", never="plain"),
    ),
    Case(CaseId.SMART_ISSUER, f"{_CONFORMANCE}, issuer", server.issued),
    Case(CaseId.SMART_JWKS, f"{_CONFORMANCE}, jwks_uri; RFC 7517 §5", server.published),
    Case(CaseId.SMART_METADATA, "FHIR R4: CapabilityStatement.fhirVersion 4.0.1", server.release_4),
    Case(CaseId.SMART_PLAIN, f"{_CONFORMANCE}; RFC 7636 §4.4.1", lambda probed: server.refuses(probed, "plain")),
    Case(CaseId.SMART_REDIRECT, "RFC 6749 §3.1.2.4", lambda probed: server.refuses(probed, "redirect")),
    Case(
        CaseId.SMART_AUD,
        "SMART App Launch 2.2: App Launch, aud",
        lambda probed: server.refuses(probed, "aud"),
    ),
    Case(CaseId.SMART_CODE, "RFC 6749 §5.2", lambda probed: server.turns_away(probed, "code", *_CODE_ERRORS)),
    Case(
        CaseId.SMART_ANONYMOUS,
        "RFC 6749 §3.2.1, §5.2",
        lambda probed: server.turns_away(probed, "anonymous", *_CLIENT_ERRORS),
    ),
)


def judge(probed: Probed) -> list[Judged]:
    """Judge a server by its answers."""
    return judged(CASES, probed)
