from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from support.helseid import ANNA
from support.keys import ec
from support.raw_client import BACK, LOGIN
from support.relying_party import visit

from portal.domain import assertion
from portal.domain.identity import HPR_DETAILS, Authorisation, Person, from_claims
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from support.counterpart import Counterpart

    from portal.adapters.http import Egress
    from portal.adapters.openid import OpenIdClient
    from portal.demo.browser import Browser

pytestmark = pytest.mark.interop

KEY = ec("portal")


def test_login(issuer: Counterpart, client: OpenIdClient, browser: Browser) -> None:
    begun = client.begin({"scope": LOGIN})
    came = visit(browser, issuer, begun, ANNA)
    assert not came.silent
    tokens = client.redeem(came.code, begun.verifier)
    claims = client.identify(tokens, begun.nonce)
    assert HPR_DETAILS not in claims
    assert from_claims(claims, client.userinfo(tokens["access_token"])) == Person(
        sub=ANNA.sub,
        name="Anna Fastlege",
        security_level=4,
        hpr_number=ANNA.hpr_number,
        authorisations=(Authorisation("LE", "1", ("1",)),),
    )


def test_the_second_login_is_silent(issuer: Counterpart, client: OpenIdClient, browser: Browser) -> None:
    subs = []
    for silent in (False, True):
        begun = client.begin({"scope": LOGIN})
        came = visit(browser, issuer, begun, ANNA)
        assert came.silent is silent
        subs.append(client.identify(client.redeem(came.code, begun.verifier), begun.nonce)["sub"])
    assert subs == [ANNA.sub, ANNA.sub]


def test_another_verifier_is_refused(issuer: Counterpart, client: OpenIdClient, browser: Browser) -> None:
    came = visit(browser, issuer, client.begin({"scope": LOGIN}), ANNA)
    with pytest.raises(UpstreamError, match="invalid_grant"):
        client.redeem(came.code, "w" * 43)


def test_a_code_is_refused_the_second_time(issuer: Counterpart, client: OpenIdClient, browser: Browser) -> None:
    begun = client.begin({"scope": LOGIN})
    came = visit(browser, issuer, begun, ANNA)
    client.redeem(came.code, begun.verifier)
    with pytest.raises(UpstreamError, match="invalid_grant"):
        client.redeem(came.code, begun.verifier)


def test_an_assertion_is_refused_the_second_time(issuer: Counterpart, client: OpenIdClient, egress: Egress) -> None:
    now, jti = datetime.now(UTC), secrets.token_urlsafe(32)
    form = {
        "client_id": "portal",
        "client_assertion_type": assertion.TYPE,
        "client_assertion": assertion.make(KEY.private, "portal", issuer.address, now, jti),
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": LOGIN,
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }
    par = client.metadata()["pushed_authorization_request_endpoint"]
    first, second = (egress.send("POST", par, data=form) for _ in range(2))
    assert first.status == 201
    assert (second.status, second.json()["error"]) == (401, "invalid_client")
