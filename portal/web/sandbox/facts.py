"""What is noted of a request and its answer: how it came and how it went, never what was in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g, request, url_for
from werkzeug.exceptions import HTTPException

from portal.domain.conformance.observed import SERVER, Facts, opaque
from portal.store import observations
from portal.web import cookies
from portal.web.browser_check import FIRST_SEEN
from portal.web.parts import parts
from portal.web.sandbox.named import epj_session_of, unverified, unverified_token

if TYPE_CHECKING:
    from flask import Response

    from portal.errors import PortalError
    from portal.web.sandbox.named import Named

_SCHEMES = {"dpop": "dpop", "bearer": "bearer"}
_LONGEST_RULE = 300


def facts_of(named: Named, response: Response) -> Facts:
    """Read the request and its answer."""
    found = _by_server(named, response) if named.event in SERVER else _by_browser(named, response)
    return Facts.model_validate({"status": response.status_code, "fault": g.get("fault"), **_refusal(), **found})


def sent() -> dict[str, Any]:
    """The JSON object that was sent; empty when it is none."""
    try:
        body = request.get_json(force=True, silent=True)
    except HTTPException:
        return {}
    return body if isinstance(body, dict) else {}


def _refusal() -> dict[str, Any]:
    refused: PortalError | None = g.get("refused")
    return {"code": refused.code, "rule": refused.detail[:_LONGEST_RULE] or None} if refused else {}


def _by_server(named: Named, response: Response) -> dict[str, Any]:
    claims, proof = unverified_token(), unverified(request.headers.get("DPoP", ""))
    epj_session, person = epj_session_of(claims)
    scheme = request.headers.get("Authorization", "").partition(" ")[0].lower()
    jti = proof.get("jti")
    return {
        "scheme": _SCHEMES.get(scheme, "other"),
        "epj_session": epj_session,
        "person": person,
        "proof": opaque(jti) if isinstance(jti, str) else None,
        "nonce": isinstance(proof.get("nonce"), str),
        **_about_session(named, response, epj_session),
    }


def _about_session(named: Named, response: Response, epj_session: str | None) -> dict[str, Any]:
    if named.event == "create":
        return _created(response.get_json()) if response.status_code == 201 else {}  # noqa: PLR2004  RFC 9110
    if named.event == "catalogue":
        return {}
    given = sent().get("sessionId")
    with parts().database.read() as session:
        known = observations.known(session, given) if isinstance(given, str) else None
    if known is None or known.epj_id != named.epj_id:
        return {"matches": False}
    life = response.get_json()["expiresIn"] if named.event == "refresh" and response.status_code == 200 else None  # noqa: PLR2004  RFC 9110
    return {"session": known.session, "matches": known.epj_session == epj_session, "life": life}


def _created(answer: dict[str, Any]) -> dict[str, Any]:
    wanted = sent()
    with parts().database.read() as session:
        known = observations.known(session, answer["sessionId"])
    return {
        "session": known.session if known else None,
        "another_patient": known.another_patient if known else None,
        "challenge": opaque(wanted["ehr_code_challenge"]),
        "reply_to": wanted.get("reply_to") is not None,
        "service": wanted.get("service") is not None,
        "writeback": answer["writeback"],
        "life": int(parts().settings.lifetimes.context.total_seconds()),
    }


def _by_browser(named: Named, response: Response) -> dict[str, Any]:
    known = named.known
    return {
        "session": known.session if known else None,
        "epj_session": known.epj_session if known else None,
        "how": _how() if named.event == "start" else None,
        "cookie": any(cookies.read(name) for name in (cookies.SESSION, FIRST_SEEN)),
        **(_step(response) if named.event == "proceed" else {}),
    }


def _how() -> str:
    if request.method == "GET":
        return "query"
    # What came in the fragment is sent on by our own page.
    return "fragment" if request.headers.get("Origin") == parts().settings.base_url else "post"


def _step(response: Response) -> dict[str, Any]:
    """Where the browser went on to; who is somebody else is told by a page, not by an error."""
    if response.status_code == 403 and "refused" not in g:  # noqa: PLR2004  RFC 9110's number is its name
        return {"code": "other_person"}
    onwards = response.headers.get("Location", "")
    if not onwards:
        return {}
    to_login = onwards.startswith(url_for("auth.begin"))
    return {"step": "login" if to_login else "opened", "landed": "/open/" in onwards}
