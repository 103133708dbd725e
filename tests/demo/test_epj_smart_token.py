from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from support.helseid import BO
from support.journal_system import ES256, ES384, RS384, UNPUBLISHED, VERIFIER
from support.serving import served

from portal.demo import people
from portal.demo.epj.app import Journal, app_of
from portal.demo.ports import free_port
from portal.domain import assertion, jose
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from support.journal_system import Epj
    from support.keys import Pair

    from portal.demo.browser import Browser

SOLVI = people.SOLVI


@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (60, 400)])
def test_a_code_lives_a_minute(epj: Epj, anna: Browser, seconds: int, status: int) -> None:
    code = epj.code(anna)
    epj.clock.ahead = timedelta(seconds=seconds)
    assert epj.redeem(code).status_code == status


def test_a_code_that_comes_again_takes_back_what_it_gave(epj: Epj, anna: Browser) -> None:
    code = epj.code(anna)
    tokens = epj.redeem(code).json()
    assert epj.read(tokens, f"Patient/{tokens['patient']}").status_code == 200
    assert epj.redeem(code).json()["error"] == "invalid_grant"
    assert epj.read(tokens, f"Patient/{tokens['patient']}").status_code == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"code_verifier": "w" * 43}, "invalid_grant", id="another verifier"),
        pytest.param({"code_verifier": s256(VERIFIER)}, "invalid_grant", id="the challenge"),
        pytest.param({"code_verifier": None}, "invalid_request", id="no verifier"),
        pytest.param({"redirect_uri": "http://127.0.0.1:9/launch/callback"}, "invalid_grant", id="another address"),
        pytest.param({"code": "unknown"}, "invalid_grant", id="another code"),
        pytest.param({"grant_type": "client_credentials"}, "unsupported_grant_type", id="another grant"),
    ],
)
def test_a_code_is_redeemed_by_whoever_asked_for_it(
    epj: Epj, anna: Browser, changes: dict[str, str | None], error: str
) -> None:
    refused = epj.redeem(epj.code(anna), **changes)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


@pytest.mark.parametrize("key", [ES384, RS384], ids=["ES384", "RS384"])
def test_either_algorithm_of_smart_will_do(epj: Epj, anna: Browser, key: Pair) -> None:
    assert epj.redeem(epj.code(anna), client_assertion=epj.assertion(key)).status_code == 200


@pytest.mark.parametrize(
    ("key", "claims"),
    [
        pytest.param(ES256, {}, id="ES256"),
        pytest.param(UNPUBLISHED, {}, id="a key that the portal does not show"),
        pytest.param(ES384, {"aud": "{origin}"}, id="for the issuer"),
        pytest.param(ES384, {"aud": "http://127.0.0.1:9/token"}, id="for another server"),
        pytest.param(ES384, {"iat": -310, "exp": -10}, id="expired"),
        pytest.param(ES384, {"exp": 301}, id="more than five minutes"),
        pytest.param(ES384, {"sub": "somebody"}, id="about another client"),
        pytest.param(ES384, {"iss": "somebody"}, id="by another client"),
        pytest.param(ES384, {"jti": ""}, id="no jti"),
    ],
)
def test_an_assertion_that_does_not_hold_is_refused_and_spends_no_code(
    epj: Epj, anna: Browser, key: Pair, claims: dict[str, Any]
) -> None:
    now = int(epj.clock().timestamp())
    made = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}
    made |= {"aud": epj.origin} if made.get("aud") == "{origin}" else {}
    code = epj.code(anna)
    refused = epj.redeem(code, client_assertion=epj.assertion(key, **made))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert epj.redeem(code).status_code == 200


def test_an_assertion_is_good_once(epj: Epj, anna: Browser) -> None:
    once = epj.assertion()
    assert epj.redeem(epj.code(anna), client_assertion=once).status_code == 200
    assert epj.redeem(epj.code(anna), client_assertion=once).json()["error"] == "invalid_client"


@pytest.mark.parametrize("changes", [{"client_secret": "s"}, {"client_id": "other"}, {"client_assertion_type": "jwt"}])
def test_no_other_way_to_say_who_it_is(epj: Epj, anna: Browser, changes: dict[str, str]) -> None:
    assert epj.redeem(epj.code(anna), **changes).json()["error"] == "invalid_client"


def test_a_portal_that_shows_no_keys_may_come_again(epj: Epj) -> None:
    epj.portal.is_up, port = False, free_port()
    with served(app_of(Journal(epj.journal.config, epj.clock)), port):
        form = {"client_assertion_type": assertion.TYPE, "client_assertion": epj.assertion()}
        answer = requests.post(f"http://127.0.0.1:{port}/token", data=form, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")


def test_a_token_shows_the_patient_of_its_own_launch_and_no_other(epj: Epj, anna: Browser) -> None:
    solvi, trygve = epj.tokens(anna), epj.tokens(anna, "trygve")
    bo = jose.peek(epj.tokens(epj.browser(BO))["id_token"]).claims["fhirUser"]
    others = [f"Patient/{trygve['patient']}", f"Encounter/{trygve['encounter']}", bo, f"Patient/{SOLVI.number}"]
    for reference in others:
        refused = epj.read(solvi, reference)
        assert (refused.status_code, refused.json()["issue"][0]["code"]) == (404, "not-found")


def test_a_scope_that_was_not_granted_opens_nothing(epj: Epj, anna: Browser) -> None:
    tokens = epj.tokens(anna, scope="launch patient/Patient.r system/Patient.cruds")
    assert tokens["scope"] == "launch patient/Patient.r"
    assert "id_token" not in tokens
    assert epj.read(tokens, f"Patient/{tokens['patient']}").status_code == 200
    for reference in (f"Encounter/{tokens['encounter']}", "Observation/1"):
        refused = epj.read(tokens, reference)
        assert (refused.status_code, refused.json()["issue"][0]["code"]) == (403, "forbidden")


def test_nothing_is_read_without_a_token_that_lives(epj: Epj, anna: Browser) -> None:
    tokens = epj.tokens(anna)
    where = f"Patient/{tokens['patient']}"
    without = requests.get(f"{epj.fhir}/{where}", timeout=5)
    assert (without.status_code, without.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert epj.read({"access_token": "unknown"}, where).status_code == 401
    other_scheme = {"Authorization": f"DPoP {tokens['access_token']}"}
    assert requests.get(f"{epj.fhir}/{where}", headers=other_scheme, timeout=5).status_code == 401
    epj.clock.ahead = timedelta(seconds=300)
    late = epj.read(tokens, where)
    assert (late.status_code, late.json()["resourceType"]) == (401, "OperationOutcome")
    assert SOLVI.number not in late.text
