from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from support.helseid import ANNA
from support.raw_client import log_in

from portal.demo.helseid.tokens import CLIENT
from portal.domain import access_token, identity

if TYPE_CHECKING:
    from support.raw_client import RawClient


def test_the_whole_login(epj: RawClient, browser: requests.Session) -> None:
    said = log_in(browser, epj.authorize_url(acr_values="Level4"), ANNA.sub)
    assert said | {"code": ""} == {"code": "", "state": "the-state", "iss": epj.provider.issuer}
    tokens = epj.redeem(said["code"]).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("DPoP", 600)
    claims = epj.identify(tokens)
    assert claims[identity.SECURITY_LEVEL] == "4"
    assert claims[identity.PID] == ANNA.pid
    assert claims[identity.HPR_NUMBER] == ANNA.hpr_number
    assert (claims["amr"], claims["idp"], claims["exp"] - claims["iat"]) == (["pwd"], "testidp-oidc", 300)
    assert identity.HPR_DETAILS not in claims
    answer = requests.get(
        epj.url("/connect/userinfo"), headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=5
    )
    person = identity.from_claims(claims, answer.json())
    assert person == identity.Person(
        sub=ANNA.sub,
        name="Anna Fastlege",
        security_level=4,
        hpr_number=ANNA.hpr_number,
        authorisations=(identity.Authorisation("LE", "1", ("1",)),),
    )


def test_the_access_token_is_what_our_own_api_accepts(epj: RawClient) -> None:
    tokens = epj.redeem(epj.code(ANNA.sub)).json()
    said = access_token.check(
        tokens["access_token"],
        keys=epj.provider.key.jwks()["keys"],
        issuer=epj.provider.issuer,
        audience="inngangsportalen",
        scope="inngangsportalen/context",
        now=epj.provider.now(),
    )
    assert said["client_id"] == "epj"
    assert isinstance(said["scope"], list)
    assert said[f"{CLIENT}/claims/orgnr_parent"] == "999977774"
    assert said[f"{CLIENT}/claims/orgnr_child"] == "999977775"
    assert (said["sub"], said[identity.PID]) == (ANNA.sub, ANNA.pid)
    assert said["sid"] == epj.identify(tokens)["sid"]
