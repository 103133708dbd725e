"""The portal's own client of a counterpart, without the portal, and a login that stops on the client's doorstep."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from support.counterpart import answered, walk
from support.keys import ec
from support.raw_client import BACK

from portal.adapters.client_keys import one_key
from portal.adapters.http import Egress
from portal.adapters.openid import OpenIdClient
from portal.demo.browser import Browser, Hop
from portal.domain import authorization_response

if TYPE_CHECKING:
    from support.counterpart import Counterpart

    from portal.adapters.openid import Begun
    from portal.demo.helseid.config import Person

API, API_SCOPE = "nhn:kjernejournal", "nhn:kjernejournal/api"  # oidc-provider wants a URI (RFC 8707 §2)


class Visit(NamedTuple):
    """What came back from a login; silent means that nobody was asked anything."""

    code: str
    silent: bool


def client_of(issuer: Counterpart, client_id: str = "portal") -> OpenIdClient:
    """A client as it is after a start: it remembers nothing. Its key is named after it."""
    return OpenIdClient(
        issuer=issuer.address,
        client_id=client_id,
        keys=one_key(ec(client_id).private),
        redirect_uri=BACK,
        egress=Egress({issuer.address}),
        now=lambda: datetime.now(UTC),
        token=lambda: secrets.token_urlsafe(32),
        userinfo_scheme=issuer.userinfo_scheme,
    )


def visit(
    browser: Browser, issuer: Counterpart, begun: Begun, person: Person | None = None, level: int | None = None
) -> Visit:
    """Do as a browser and a person would; raises SignInError when the answer is no, as when None cancels."""
    arrived = walk(browser, Hop("GET", begun.url), BACK)
    back = arrived if isinstance(arrived, Hop) else walk(browser, answered(browser, arrived, person, level), BACK)
    assert isinstance(back, Hop), back.text
    said = authorization_response.read(parse_qsl(urlsplit(back.url).query), issuer=issuer.address)
    assert said.state == begun.state
    return Visit(said.proven_code(), isinstance(arrived, Hop))


class Tokens(NamedTuple):
    """A whole login: the token response, the id token's claims, and whether it was silent."""

    tokens: dict[str, Any]
    claims: dict[str, Any]
    silent: bool


def log_in(
    browser: Browser, issuer: Counterpart, person: Person | None, level: int | None = None, **parameters: Any
) -> Tokens:
    """`visit` with these parameters, and what a new client gets for the code."""
    client = client_of(issuer)
    begun = client.begin(parameters)
    came = visit(browser, issuer, begun, person, level)
    tokens = client.redeem(came.code, begun.verifier)
    return Tokens(tokens, client.identify(tokens, begun.nonce), came.silent)
