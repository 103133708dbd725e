"""The error tree. `code` is stable and shown to users, `status` is HTTP's, `retryable` is the worker's.

PortalError
├── SignInError        the login with HelseID did not hold          (page)
├── NotAllowed         who you are, or where you come from          (page, problem)
├── NotFound           no such thing, or not yours                  (page, problem)
├── RequestRejected    the request cannot be read                   (problem)
├── Unavailable        our database or catalogue, or HelseID, is down (page, problem; retryable)
├── TokenRejected      access token or DPoP proof did not hold      (problem + WWW-Authenticate)
├── ContextRejected    the EPJ's context did not hold               (problem, page)
├── SmartRejected      the EPJ's SMART server did not hold      (page; `detail` is for its vendor)
├── LaunchRejected     a launch did not hold                        (page)
├── HandoverRejected   a target's server gets nothing of a launch   (problem)
├── OAuthError         our authorization server says no             (RFC 6749 JSON, redirect)
├── DocumentRejected   a document for the journal did not hold      (problem)
├── CatalogueRejected  a catalogue file did not hold                (command line)
├── MessageRejected    a message or receipt is not what it claims   (worker)
└── UpstreamError      someone else's server; retryable unless it said no
"""

from __future__ import annotations

from typing import ClassVar


class PortalError(Exception):
    """An answer that we chose: one code per rule, never a value that came from outside."""

    codes: ClassVar[dict[str, int]] = {"internal": 500}
    retryable: bool = False

    def __init__(self, code: str, detail: str = "") -> None:
        """`detail` is for developers and logs; it names fields and rules, never their values."""
        self.status = self.codes[code]
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}" if detail else code)


class SignInError(PortalError):
    """The login with HelseID did not hold (OpenID Connect Core §3.1.3.7, RFC 9207)."""

    codes: ClassVar[dict[str, int]] = {
        "login_state_unknown": 400,
        "login_response_malformed": 400,
        "login_denied": 403,
        "login_not_completed": 502,
        "login_issuer_mismatch": 502,
        "login_token_invalid": 502,
        "security_level_too_low": 403,
        "person_disabled": 403,
    }


class NotAllowed(PortalError):
    """This user, from this place, may not."""

    codes: ClassVar[dict[str, int]] = {
        "not_signed_in": 401,
        "service_not_allowed": 403,
        "four_eyes": 403,
        "foreign_origin": 403,
        "unknown_host": 421,
    }


class NotFound(PortalError):
    """There is no such thing, or it is not yours; the two look the same from outside."""

    codes: ClassVar[dict[str, int]] = {
        "page_unknown": 404,
        "service_unknown": 404,
        "context_unknown": 404,
        "document_unknown": 404,
    }


class RequestRejected(PortalError):
    """The request cannot be read (RFC 9110)."""

    codes: ClassVar[dict[str, int]] = {
        "bad_request": 400,
        "malformed_json": 400,
        "invalid_body": 422,
        "method_not_allowed": 405,
        "length_required": 411,
        "body_too_large": 413,
        "unsupported_media_type": 415,
    }


class Unavailable(PortalError):
    """Our own database or catalogue, or HelseID's login, is not there right now; nothing was done."""

    codes: ClassVar[dict[str, int]] = {"unavailable": 503, "helseid_down": 503}
    retryable = True


class TokenRejected(PortalError):
    """An access token or its DPoP proof did not hold (RFC 6750 §3.1, RFC 9449 §7.1)."""

    codes: ClassVar[dict[str, int]] = {
        "invalid_token": 401,
        "invalid_dpop_proof": 401,
        "use_dpop_nonce": 401,
        "insufficient_scope": 403,
    }


class ContextRejected(PortalError):
    """The EPJ's context did not hold (ATT-4, ATT-11)."""

    codes: ClassVar[dict[str, int]] = {
        "epj_unknown": 403,
        "person_disabled": 403,
        "user_token_required": 403,
        "security_level_too_low": 403,
        "organisation_missing": 422,
        "patient_number_invalid": 422,
        "patient_number_local": 422,
        "synthetic_patient": 422,
        "reply_to_unknown": 422,
        "reply_to_inactive": 422,
        "reply_to_elsewhere": 422,
        "service_unknown": 422,
        "start_code_invalid": 400,
        "start_expired": 410,
        "other_person": 403,
        "context_ended": 410,
    }


class SmartRejected(PortalError):
    """The EPJ's SMART server did not do as SMART App Launch 2.2 says; `detail` tells its vendor what to mend."""

    codes: ClassVar[dict[str, int]] = {
        "smart_launch_invalid": 400,
        "smart_launch_expired": 400,
        "smart_discovery_invalid": 502,
        "smart_refused": 502,
        "smart_token_invalid": 502,
        "smart_user_invalid": 502,
        "smart_resource_invalid": 502,
        "smart_patient_invalid": 422,
        "smart_practitioner_invalid": 422,
        "smart_organisation_invalid": 422,
        "smart_unreachable": 503,
    }


class LaunchRejected(PortalError):
    """A launch did not hold: the page says what to do, nothing leaves the portal."""

    codes: ClassVar[dict[str, int]] = {
        "service_closed": 409,
        "request_uri_unknown": 400,
        "client_unknown": 400,
    }


class HandoverRejected(PortalError):
    """A target's server gets nothing of a launch, and no patient data; a page of the target's says what to do."""

    codes: ClassVar[dict[str, int]] = {
        "launch_unknown": 404,
        "launch_other_person": 403,
        "launch_expired": 410,
        "launch_ended": 410,
    }


class OAuthError(PortalError):
    """Our authorization server says no (RFC 6749 §4.1.2.1 and §5.2, RFC 9126 §2.3, RFC 9449 §5)."""

    codes: ClassVar[dict[str, int]] = {
        "invalid_request": 400,
        "invalid_client": 401,
        "invalid_grant": 400,
        "invalid_scope": 400,
        "invalid_dpop_proof": 400,
        "use_dpop_nonce": 400,
        "unauthorized_client": 400,
        "unsupported_grant_type": 400,
        "unsupported_response_type": 400,
        "access_denied": 403,
        "login_required": 403,
        "interaction_required": 403,
        "server_error": 500,
        "temporarily_unavailable": 503,
    }


class DocumentRejected(PortalError):
    """A document for the journal did not hold; nothing was queued."""

    codes: ClassVar[dict[str, int]] = {
        "not_a_pdf": 422,
        "pdf_digest_mismatch": 400,
        "pdf_trailing_data": 422,
        "pdf_unreadable": 422,
        "pdf_encrypted": 422,
        "pdf_active_content": 422,
        "pdf_too_many_pages": 422,
        "pdf_too_costly": 422,
        "text_not_allowed": 422,
        "other_patient": 403,
        "corrects_unknown": 422,
        "document_conflict": 409,
        "not_deliverable": 422,
    }


class CatalogueRejected(PortalError):
    """A catalogue file did not hold; nothing was applied. `detail` lists file, line and field of every error."""

    codes: ClassVar[dict[str, int]] = {
        "catalogue_invalid": 422,
        "catalogue_conflict": 409,
        "revision_unknown": 404,
    }


class MessageRejected(PortalError):
    """A message or a receipt is not what it claims to be (HIS 80603, HIS 80415)."""

    codes: ClassVar[dict[str, int]] = {"message_invalid": 422, "apprec_invalid": 422}


class UpstreamError(PortalError):
    """Someone else's server did not answer as agreed."""

    codes: ClassVar[dict[str, int]] = {
        "upstream_unreachable": 503,
        "upstream_malformed": 502,
        "upstream_refused": 502,
        "egress_refused": 500,
    }

    def __init__(self, code: str, detail: str = "", *, retryable: bool = True) -> None:
        super().__init__(code, detail)
        self.retryable = retryable
