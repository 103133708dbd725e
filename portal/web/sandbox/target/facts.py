"""What is noted of a request and its answer: how it came and how it went, never what was in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from flask import g, request

from portal.domain.conformance.observed import opaque
from portal.domain.conformance.target.observed import SERVER, Facts
from portal.errors import OAuthError
from portal.web.sandbox.named import unverified
from portal.web.sandbox.target.named import found, given, launch_of, token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from portal.errors import PortalError
    from portal.web.sandbox.target.named import Named

_SCHEMES = {"dpop": "dpop", "bearer": "bearer"}
_ONLY_BROWSERS = ("Origin", "Sec-Fetch-Mode")
_LONGEST_RULE = 300
_URN = "urn:ietf:params:oauth:request_uri:"
_FIELD = re.compile(r'name="launch" value="([A-Za-z0-9_-]+)"')


def facts_of(named: Named, response: Response) -> Facts:
    """Read the request and its answer."""
    seen = _BY_EVENT[named.event](named.client_id, response)
    how = _how() if named.event in SERVER else {}
    known = {"status": response.status_code, "fault": g.get("target_fault"), **_refusal(response), **how, **seen}
    return Facts.model_validate(known)


def answered(response: Response) -> dict[str, str]:
    """The parameters that an answer sends the browser on with, by redirect or by a page that refreshes."""
    onwards = response.headers.get("Location") or response.headers.get("Refresh", "").partition("url=")[2]
    # The last of each: an address that was registered may have a query of its own.
    return {name: values[-1] for name, values in parse_qs(urlsplit(onwards).query).items()}


def handle_in(response: Response) -> str | None:
    """The handle of a launch that has just been made, by GET or by POST; None when there was none."""
    by_post = _FIELD.search(response.get_data(as_text=True)) if response.mimetype == "text/html" else None
    return answered(response).get("launch") or (by_post.group(1) if by_post else None)


def asked_with(client_id: str) -> Mapping[str, Any]:
    """The authorization request that a browser brings, as it was pushed or as it is."""
    reference = str(given().get("request_uri", "")).removeprefix(_URN)
    kept = found("request_uri", reference, client_id)
    return kept["form"] if kept else given()


def launch_of_code(client_id: str) -> str | None:
    """The launch of the code that is being redeemed, in opaque words."""
    kept = found("code", given().get("code"), client_id)
    return opaque(kept["launch_id"]) if kept else None


def _how() -> dict[str, Any]:
    scheme, proof = request.headers.get("Authorization", ""), unverified(request.headers.get("DPoP", ""))
    jti = proof.get("jti")
    return {
        "scheme": _SCHEMES.get(scheme.partition(" ")[0].lower(), "other") if scheme else None,
        "proof": _opaque(jti),
        "nonce": isinstance(proof.get("nonce"), str),
        "browser": any(name in request.headers for name in _ONLY_BROWSERS),
    }


def _refusal(response: Response) -> dict[str, Any]:
    refused: PortalError | None = g.get("refused")
    said = answered(response)
    if refused is None and said.get("error") not in OAuthError.codes:
        return {}
    code, rule = (refused.code, refused.detail) if refused else (said["error"], said.get("error_description", ""))
    return {"code": code, "rule": rule[:_LONGEST_RULE] or None}


def _launch(client_id: str, response: Response) -> dict[str, Any]:
    return {"launch": launch_of(handle_in(response), client_id)}


def _push(client_id: str, _: Response) -> dict[str, Any]:
    return {"launch": launch_of(given().get("launch"), client_id), **_asked(given())}


def _authorize(client_id: str, response: Response) -> dict[str, Any]:
    asked, code = asked_with(client_id), answered(response).get("code")
    kept = found("code", code, client_id)
    launch = opaque(kept["launch_id"]) if kept else launch_of(asked.get("launch"), client_id)
    plain = "request_uri" not in given()
    how = _asked(given()) if plain else {}
    return {"launch": launch, "grant": _opaque(code), "pushed": not plain, **how}


def _token(client_id: str, _: Response) -> dict[str, Any]:
    code = given().get("code")
    return {"launch": launch_of_code(client_id), "grant": _opaque(code)}


def _told_of(client_id: str, _: Response) -> dict[str, Any]:
    trace_id = given().get("trace_id")
    return {"launch": _opaque(trace_id) or launch_of(given().get("launch"), client_id)}


def _by_token(_: str, __: Response) -> dict[str, Any]:
    held = token()
    return {"launch": opaque(held.launch_id) if held else None}


def _asked(form: Mapping[str, Any]) -> dict[str, Any]:
    challenge, state = form.get("code_challenge"), form.get("state")
    return {
        "challenge": _opaque(challenge),
        "state": _opaque(state),
        "state_length": len(state) if state else None,
    }


def _opaque(value: Any) -> str | None:
    return opaque(value) if isinstance(value, str) and value.isascii() and value else None


_BY_EVENT = {
    "launch": _launch,
    "push": _push,
    "authorize": _authorize,
    "token": _token,
    "context": _told_of,
    "failure": _told_of,
    "put": _by_token,
    "read": _by_token,
}
