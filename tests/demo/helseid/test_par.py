from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from support.keys import ec
from support.raw_client import BACK, refusal

if TYPE_CHECKING:
    from support.raw_client import RawClient


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"client_secret": "s"}, "invalid_client", id="a secret"),
        pytest.param({"client_assertion_type": None}, "invalid_client", id="no assertion type"),
        pytest.param({"client_assertion": None}, "invalid_request", id="no assertion"),
        pytest.param({"client_assertion": "a.b.c"}, "invalid_client", id="no JWT"),
        pytest.param({"client_id": "target"}, "invalid_client", id="another client_id"),
        pytest.param({"code_challenge": None}, "invalid_request", id="no PKCE"),
        pytest.param({"code_challenge": "short"}, "invalid_request", id="challenge that is no S256"),
        pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="PKCE plain"),
        pytest.param({"code_challenge_method": None}, "invalid_request", id="PKCE without method"),
        pytest.param({"redirect_uri": f"{BACK}/x"}, "invalid_request", id="redirect_uri with a prefix in common"),
        pytest.param({"redirect_uri": None}, "invalid_request", id="no redirect_uri"),
        pytest.param({"response_type": "token"}, "invalid_request", id="implicit flow"),
        pytest.param({"prompt": "perhaps"}, "invalid_request", id="unknown prompt"),
        pytest.param({"request": "a.b.c"}, "invalid_request", id="request object"),
        pytest.param({"request_uri": "urn:x"}, "invalid_request", id="request_uri inside"),
        pytest.param({"state": ["one", "two"]}, "invalid_request", id="state twice"),
        pytest.param({"scope": "profile"}, "invalid_scope", id="no openid"),
        pytest.param({"scope": "openid other/api"}, "invalid_scope", id="foreign scope"),
        pytest.param({"resource": "other"}, "invalid_target", id="foreign resource"),
        pytest.param({"resource": "kjernejournal"}, "invalid_target", id="resource without its scope"),
    ],
)
def test_refuses(epj: RawClient, changes: dict[str, Any], error: str) -> None:
    assert refusal(epj.par(**changes)) == error


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        pytest.param({"typ": "JWT"}, {}, id="typ JWT"),
        pytest.param({"kid": "target"}, {}, id="another client's kid"),
        pytest.param({}, {"aud": "{issuer}/connect/token"}, id="aud is the token endpoint"),
        pytest.param({}, {"aud": ["{issuer}"]}, id="aud is a list"),
        pytest.param({}, {"lives": 61}, id="61 s"),
        pytest.param({}, {"lives": -1}, id="expired"),
        pytest.param({}, {"iss": "target"}, id="iss is another"),
        pytest.param({}, {"sub": "nobody"}, id="unknown client"),
    ],
)
def test_refuses_an_assertion(epj: RawClient, header: dict[str, str], claims: dict[str, Any]) -> None:
    said = json.loads(json.dumps(claims).replace("{issuer}", epj.provider.issuer))
    if "lives" in said:
        said["exp"] = int(epj.provider.now().timestamp()) + said.pop("lives")
    assert refusal(epj.par(client_assertion=epj.assertion(header, **said))) == "invalid_client"


def test_refuses_an_assertion_by_another_key(epj: RawClient) -> None:
    epj.key = ec("stolen")
    assert refusal(epj.par()) == "invalid_client"


def test_refuses_the_same_assertion_again(epj: RawClient) -> None:
    once = epj.assertion()
    assert epj.par(client_assertion=once).status_code == 201
    assert refusal(epj.par(client_assertion=once)) == "invalid_client"


def test_refuses_offline_access_to_a_client_that_is_not_set_up_for_it(target: RawClient) -> None:
    assert refusal(target.par(scope="openid offline_access")) == "invalid_scope"


def test_refuses_basic_authentication(epj: RawClient) -> None:
    answer = requests.post(epj.url("/connect/par"), auth=("epj", "secret"), timeout=5)
    assert refusal(answer) == "invalid_client"
