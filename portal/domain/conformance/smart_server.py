"""Judging an EPJ's SMART server by what it says of itself, and by what it answers to requests that it must refuse."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from portal.domain.conformance.case import NOT_SEEN, PASSED, Why, failed, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.domain.conformance.case import Finding

_NEEDED = ("launch-ehr", "sso-openid-connect", "context-ehr-patient")
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(:[0-9]+)?(?=[/?]|\Z)")


class Reply(NamedTuple):
    """What a server answered; status 0 when it did not. `body` is its JSON, None when it is none."""

    status: int
    location: str = ""
    body: Any = None


@dataclass(frozen=True)
class Probed:
    """What came back. None: it was not asked, for want of an address that may be asked or of a client to ask as.

    `redirect_uri` is ours, `foreign` one that nobody has registered. `authorize` and `token` are by the flaw of the
    request: plain, redirect, aud; code, anonymous.
    """

    issuer: str
    configuration: Reply
    metadata: Reply
    redirect_uri: str
    foreign: str
    jwks: Reply | None = None
    authorize: Mapping[str, Reply | None] = field(default_factory=dict)
    token: Mapping[str, Reply | None] = field(default_factory=dict)

    @property
    def says(self) -> Mapping[str, Any] | None:
        """The smart-configuration, None when there is none to read."""
        return document(self.configuration)


def document(reply: Reply | None) -> Mapping[str, Any] | None:
    """The JSON object of an answer that brought one."""
    return reply.body if reply and reply.status == 200 and isinstance(reply.body, dict) else None  # noqa: PLR2004


def readable(reply: Reply | None) -> Finding:
    """Whether it is a JSON object that one gets without asking for leave."""
    if reply is None:
        return missing(Why.NOT_ASKED)
    if reply.status != 200:  # noqa: PLR2004  RFC 9110's number is its name
        return failed(Why.STATUS, status=reply.status) if reply.status else failed(Why.UNREACHABLE)
    return PASSED if isinstance(reply.body, dict) else failed(Why.NOT_JSON)


def endpoint(probed: Probed, name: str, replies: Mapping[str, Reply | None]) -> Finding:
    """Whether an endpoint is named, may be asked, and answers."""
    if probed.says is None:
        return NOT_SEEN
    if not isinstance(probed.says.get(name), str):
        return failed(Why.MISSING, field=name)
    if not may_be_asked(probed.says[name], probed.issuer):
        return failed(Why.ADDRESS, field=name)
    asked = [reply for reply in replies.values() if reply]
    for reply in asked:
        if reply.status in {0, 404} or reply.status >= 500:  # noqa: PLR2004  RFC 9110's own classes
            return failed(Why.STATUS, status=reply.status) if reply.status else failed(Why.UNREACHABLE)
    return PASSED if asked else missing(Why.NOT_ASKED)


def may_be_asked(address: Any, issuer: str) -> bool:
    """Whether an address is https; loopback only when the issuer is there too."""
    if not isinstance(address, str):
        return False
    return address.startswith("https://") or all(_LOOPBACK.match(one) for one in (address, issuer))


def offers(probed: Probed, name: str, *words: str, never: str = "") -> Finding:
    """Whether a list in the configuration holds every one of `words`, and not `never`."""
    if probed.says is None:
        return NOT_SEEN
    listed = probed.says.get(name)
    if not isinstance(listed, list):
        return failed(Why.MISSING, field=name)
    if lacking := [word for word in words if word not in listed]:
        return failed(Why.LACKS, field=name, word=lacking[0])
    return failed(Why.OFFERS, field=name, word=never) if never in listed else PASSED


def capable(probed: Probed) -> Finding:
    """Whether it launches apps with a patient, and says who the clinician is."""
    return offers(probed, "capabilities", *_NEEDED)


def issued(probed: Probed) -> Finding:
    """Whether it says who signs its id tokens."""
    if probed.says is None:
        return NOT_SEEN
    if not isinstance(probed.says.get("issuer"), str):
        return failed(Why.MISSING, field="issuer")
    return PASSED if may_be_asked(probed.says["issuer"], probed.issuer) else failed(Why.ADDRESS, field="issuer")


def published(probed: Probed) -> Finding:
    """Whether the keys of its id tokens can be read, and are public."""
    if probed.says is None:
        return NOT_SEEN
    if not isinstance(probed.says.get("jwks_uri"), str):
        return failed(Why.MISSING, field="jwks_uri")
    if not may_be_asked(probed.says["jwks_uri"], probed.issuer):
        return failed(Why.ADDRESS, field="jwks_uri")
    keys = (document(probed.jwks) or {}).get("keys")
    if not isinstance(keys, list):
        return readable(probed.jwks) if document(probed.jwks) is None else failed(Why.NO_KEYS)
    if not keys or not all(isinstance(key, dict) and key.get("kty") and key.get("kid") for key in keys):
        return failed(Why.NO_KEYS)
    return failed(Why.PRIVATE_KEY) if any(_PRIVATE & key.keys() for key in keys) else PASSED


def release_4(probed: Probed) -> Finding:
    """Whether it is a FHIR server of the release that we read."""
    found = readable(probed.metadata)
    if found is not PASSED:
        return found
    return PASSED if probed.metadata.body.get("fhirVersion") == "4.0.1" else failed(Why.NOT_R4)


def refuses(probed: Probed, flaw: str) -> Finding:
    """Whether an authorization request with this flaw is refused: with an error at our address, or a 4xx of its own.

    RFC 6749 §4.1.2.1. A page to log in at is no refusal: the clinician would get a patient by it.
    """
    reply = probed.authorize.get(flaw)
    if probed.says is None or reply is None:
        return NOT_SEEN if probed.says is None else missing(Why.NOT_ASKED)
    if reply.location.startswith(probed.foreign):
        return failed(Why.SENT_ABROAD)
    told = flaw != "redirect" and _is_error_at(probed.redirect_uri, reply.location)
    if told or 400 <= reply.status < 500:  # noqa: PLR2004  RFC 9110's own classes
        return PASSED
    return failed(Why.WENT_ON, status=reply.status) if reply.status else failed(Why.UNREACHABLE)


def turns_away(probed: Probed, flaw: str, *errors: str) -> Finding:
    """Whether a token request with this flaw is refused with 400 or 401 and one of these `error` (RFC 6749 §5.2)."""
    reply = probed.token.get(flaw)
    if probed.says is None or reply is None:
        return NOT_SEEN if probed.says is None else missing(Why.NOT_ASKED)
    body = reply.body if isinstance(reply.body, dict) else {}
    if "access_token" in body:
        return failed(Why.GAVE_TOKEN)
    if reply.status not in {400, 401}:
        return failed(Why.STATUS, status=reply.status) if reply.status else failed(Why.UNREACHABLE)
    return PASSED if body.get("error") in errors else failed(Why.NO_ERROR_WORD)


def _is_error_at(redirect_uri: str, location: str) -> bool:
    return location.startswith(redirect_uri) and bool(parse_qs(urlsplit(location).query).get("error"))
