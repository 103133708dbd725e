"""Asks an EPJ's SMART server what it says of itself, and a few things that it must refuse; each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from portal.adapters.http import Egress
from portal.domain.conformance.smart_server import Probed, Reply, document, may_be_asked
from portal.domain.pkce import s256
from portal.domain.smart.authorization import SCOPE
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# RFC 2606 §2: nobody is ever there.
_NOWHERE, FOREIGN = "https://inngangsportalen.invalid/launch/callback", "https://fremmed.invalid/callback"
_OTHER_SERVER = "https://fremmed.invalid/fhir"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Asker(NamedTuple):
    """Who asks: the portal as the server knows it. Without `client_id` a client that it does not know."""

    token: Callable[[], str]
    client_id: str | None = None
    redirect_uri: str | None = None


def probe(issuer: str, asker: Asker) -> Probed:
    """Ask the server at a FHIR base address, https or loopback, and whatever addresses of that kind it names.

    Raises UpstreamError egress_refused when `issuer` is no such address; a server that does not answer is a reply too.
    """
    base = issuer.rstrip("/")
    if not may_be_asked(issuer, issuer):
        raise UpstreamError("egress_refused", "the issuer must be https, or http on loopback", retryable=False)
    configuration = _ask(Egress({issuer}), "GET", f"{base}/.well-known/smart-configuration")
    says = document(configuration) or {}
    at = {name: says[name] for name in _ENDPOINTS if may_be_asked(says.get(name), issuer)}
    egress = Egress({issuer, *at.values()})
    return Probed(
        issuer=issuer,
        configuration=configuration,
        metadata=_ask(egress, "GET", f"{base}/metadata"),
        redirect_uri=asker.redirect_uri or _NOWHERE,
        foreign=FOREIGN,
        jwks=_ask(egress, "GET", at["jwks_uri"]) if "jwks_uri" in at else None,
        authorize=_authorize(egress, at.get("authorization_endpoint"), issuer, asker),
        token=_token(egress, at.get("token_endpoint"), asker),
    )


def _authorize(egress: Egress, endpoint: str | None, issuer: str, asker: Asker) -> dict[str, Reply | None]:
    """One request per flaw; who is not known as a client is refused for that, whatever else is wrong."""
    verifier = asker.token()
    right = {
        "response_type": "code",
        "client_id": asker.client_id or asker.token(),
        "redirect_uri": asker.redirect_uri or _NOWHERE,
        "launch": asker.token(),
        "scope": SCOPE,
        "state": asker.token(),
        "nonce": asker.token(),
        "aud": issuer,
        "code_challenge": s256(verifier),
        "code_challenge_method": "S256",
    }
    flaws = {
        "plain": {"code_challenge": verifier, "code_challenge_method": "plain"},
        "redirect": {"redirect_uri": FOREIGN},
        "aud": {"aud": _OTHER_SERVER},
    }
    known = asker.client_id is not None and asker.redirect_uri is not None
    return {
        flaw: _ask(egress, "GET", f"{endpoint}?{urlencode(right | changes)}")
        if endpoint and (known or flaw == "redirect")
        else None
        for flaw, changes in flaws.items()
    }


def _token(egress: Egress, endpoint: str | None, asker: Asker) -> dict[str, Reply | None]:
    if endpoint is None:
        return {}
    form = {
        "grant_type": "authorization_code",
        "code": asker.token(),
        "redirect_uri": asker.redirect_uri or _NOWHERE,
        "code_verifier": asker.token() + asker.token(),
    }
    known = form | {"client_id": asker.client_id or asker.token()}
    return {
        "code": _ask(egress, "POST", endpoint, known),
        "anonymous": _ask(egress, "POST", endpoint, form),
    }


def _ask(egress: Egress, method: str, url: str, form: Mapping[str, str] | None = None) -> Reply:
    try:
        answer = egress.send(method, url, headers={"Accept": "application/json"}, data=form)
    except UpstreamError:
        return Reply(0)
    try:
        body = answer.json()
    except UpstreamError:
        body = None
    return Reply(answer.status, answer.headers.get("location", ""), body)
