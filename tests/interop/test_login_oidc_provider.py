from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
import requests
from support.helseid import ANNA
from support.keys import ec
from support.raw_client import BACK, LOGIN

from portal.adapters.http import Egress
from portal.adapters.openid import OpenIdClient
from portal.domain import assertion, authorization_response
from portal.domain.identity import HPR_DETAILS, Authorisation, Person, from_claims
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interop.conftest import Issuer

    from portal.adapters.openid import Begun

pytestmark = pytest.mark.interop

KEY = ec("portal")


class Visit(NamedTuple):
    code: str
    silent: bool


@pytest.fixture
def egress(issuer: Issuer) -> Egress:
    return Egress({issuer.address})


@pytest.fixture
def client(issuer: Issuer, egress: Egress) -> OpenIdClient:
    return OpenIdClient(
        issuer=issuer.address,
        client_id="portal",
        key=KEY.private,
        redirect_uri=BACK,
        egress=egress,
        now=lambda: datetime.now(UTC),
        token=lambda: secrets.token_urlsafe(32),
        userinfo_scheme=issuer.userinfo_scheme,
    )


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def log_in(browser: requests.Session, issuer: Issuer, begun: Begun) -> Visit:
    """Do as a browser and a person would; silent means that the first answer already led back to us."""
    answer = browser.get(begun.url, allow_redirects=False)
    stops = 0
    while not answer.headers.get("Location", "").startswith(BACK):
        stops += 1
        assert stops < 5, f"the login never came back: {answer.status_code} {answer.text}"
        if answer.status_code == 200:
            answer = browser.post(answer.url, data={"person": ANNA.sub}, allow_redirects=False)
        else:
            answer = browser.get(urljoin(answer.url, answer.headers["Location"]), allow_redirects=False)
    query = parse_qsl(urlsplit(answer.headers["Location"]).query)
    said = authorization_response.read(query, issuer=issuer.address)
    assert said.state == begun.state
    return Visit(said.code, stops == 0)


def test_login(issuer: Issuer, client: OpenIdClient, browser: requests.Session) -> None:
    begun = client.begin({"scope": LOGIN})
    visit = log_in(browser, issuer, begun)
    assert not visit.silent
    tokens = client.redeem(visit.code, begun.verifier)
    claims = client.identify(tokens, begun.nonce)
    assert HPR_DETAILS not in claims
    assert from_claims(claims, client.userinfo(tokens["access_token"])) == Person(
        sub=ANNA.sub,
        name="Anna Fastlege",
        security_level=4,
        hpr_number=ANNA.hpr_number,
        authorisations=(Authorisation("LE", "1", ("1",)),),
    )


def test_the_second_login_is_silent(issuer: Issuer, client: OpenIdClient, browser: requests.Session) -> None:
    subs = []
    for silent in (False, True):
        begun = client.begin({"scope": LOGIN})
        visit = log_in(browser, issuer, begun)
        assert visit.silent is silent
        subs.append(client.identify(client.redeem(visit.code, begun.verifier), begun.nonce)["sub"])
    assert subs == [ANNA.sub, ANNA.sub]


def test_another_verifier_is_refused(issuer: Issuer, client: OpenIdClient, browser: requests.Session) -> None:
    visit = log_in(browser, issuer, client.begin({"scope": LOGIN}))
    with pytest.raises(UpstreamError, match="invalid_grant"):
        client.redeem(visit.code, "w" * 43)


def test_a_code_is_refused_the_second_time(issuer: Issuer, client: OpenIdClient, browser: requests.Session) -> None:
    begun = client.begin({"scope": LOGIN})
    visit = log_in(browser, issuer, begun)
    client.redeem(visit.code, begun.verifier)
    with pytest.raises(UpstreamError, match="invalid_grant"):
        client.redeem(visit.code, begun.verifier)


def test_an_assertion_is_refused_the_second_time(issuer: Issuer, client: OpenIdClient, egress: Egress) -> None:
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
