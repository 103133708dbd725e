"""One test per advisory, at our own authorization server: what is good once is good once, and nowhere else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert
from support.bodies import answered
from support.helseid import ANNA, BO
from support.raw_target import NOTHING, VERIFIER

from portal.app import Edges
from portal.store import endings, one_time
from portal.store.tables.launches import OneTimeRow

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile

URN = "urn:ietf:params:oauth:request_uri:"
ALIKE = ["launch", "request_uri", "assertion", "dpop", "login", "logout", "start", "pending", "Code", ""]


@pytest.mark.parametrize("kind", ALIKE)
def test_CVE_2026_4282_a_value_of_another_kind_is_no_code(gate: Gate, kind: str) -> None:
    """Keycloak: codes could be forged from other values that are good once."""
    key, until = f"forged-{kind}-{gate.world.profile}", gate.world.clock() + timedelta(minutes=1)
    stands_for = {"launch_id": NOTHING, "redirect_uri": gate.target.callback, "scope": "launch", "code_challenge": "x"}
    sealed = gate.world.app.extensions["portal"].vault.seal(stands_for, kind)
    with gate.world.database.write() as session:
        named = {"client": gate.target.client_id, "payload": sealed, "expires_at": until, "keep_until": until}
        one_time.put(session, kind, key, **named)
    gate.refused(gate.target.redeem(key), 400, "invalid_grant")
    if kind != "request_uri":
        gate.stopped(gate.authorize(URN + key), 400, "request_uri_unknown")


def test_CVE_2026_68079_a_code_that_was_captured_is_worth_nothing_later(gate: Gate) -> None:
    """CXF: a captured code was good for ever."""
    used, unused = gate.code(), gate.code()
    assert gate.target.redeem(used).status_code == 200
    gate.world.clock.ahead += timedelta(seconds=61)
    for code in (used, unused):
        gate.forget()
        gate.refused(gate.target.redeem(code), 400, "invalid_grant")


def test_CVE_2022_39222_whoever_steals_a_code_gets_nothing_without_the_verifier(gate: Gate) -> None:
    """dex: a code that was caught on its way was redeemed by whoever had caught it."""
    code = gate.code()
    gate.forget()
    gate.refused(gate.target.redeem(code, code_verifier="w" * 43), 400, "invalid_grant")
    gate.refused(gate.target.redeem(code, code_verifier=VERIFIER), 400, "invalid_grant")


def test_CVE_2026_16089_a_code_of_another_target_is_not_ours_to_redeem(gate: Gate) -> None:
    """Keycloak: a code could be retargeted to another client."""
    code = gate.code()
    gate.forget()
    for changes in ({}, {"redirect_uri": gate.target.callback}, {"client_id": "demo-melding"}):
        answer = gate.other.redeem(code, **changes)
        assert (answer.status_code, answer.json()["error"]) in {(400, "invalid_grant"), (401, "invalid_client")}
    assert gate.target.redeem(code).status_code == 200


@pytest.mark.parametrize("prompt", ["none", "", "none "])
def test_CVE_2026_96446_a_pushed_request_is_used_up_on_every_way(gate: Gate, prompt: str) -> None:
    """Keycloak: `prompt=none` went a way on which the request_uri was not used up."""
    request_uri = gate.target.pushed(gate.handle(), prompt=prompt)
    assert "code" in answered(gate.authorize(request_uri))
    for more in ({}, {"prompt": "none"}, {"prompt": "login"}):
        gate.stopped(gate.authorize(request_uri, None, **more), 400, "request_uri_unknown")


@pytest.mark.parametrize("endpoint", ["par", "token", "revoke", "introspect"])
def test_CVE_2020_5300_an_assertion_is_good_once(gate: Gate, endpoint: str) -> None:
    """Hydra (and CVE-2020-15222 in Fosite): `jti` was not remembered."""
    form = gate.target.proven({"grant_type": "authorization_code", "code": NOTHING, "token": NOTHING})
    answers = [gate.target.post(f"/oauth/{endpoint}", form, gate.target.prover("/oauth/token")) for _ in range(3)]
    assert answers[0].status_code != 401
    assert [answer.status_code for answer in answers[1:]] == [401, 401]


def test_CVE_2020_15222_fifty_at_once_with_one_assertion(gate_on_each: Gate) -> None:
    """Fosite: between the look and the use there was room for a second one."""
    gate, barrier = gate_on_each, Barrier(50)
    form = gate.target.proven(gate.target.asking(NOTHING))

    def push(_: int) -> int:
        barrier.wait(60)
        return gate.target.post("/oauth/par", form).status_code

    with ThreadPoolExecutor(50) as pool:
        assert sorted(pool.map(push, range(50))) == [201, *[401] * 49]


def test_CVE_2026_41707_no_flood_makes_room_for_a_second_use(gate: Gate) -> None:
    """Spring: the cache of what was used had a size."""
    assertion, proof, code = gate.target.assertion(), gate.target.proof("/oauth/par"), gate.code()
    gate.target.par(NOTHING, {"DPoP": proof}, client_assertion=assertion)
    gate.target.redeem(code)
    now = gate.world.clock()
    row = {"used_at": now} | dict.fromkeys(("expires_at", "keep_until"), now + timedelta(minutes=5))
    flood = [
        row | {"kind": kind, "client": gate.target.client_id, "key_hash": f"f{number:063}"}
        for kind in ("assertion", "dpop", "code")
        for number in range(1_000)
    ]
    with gate.world.database.write() as session:
        session.execute(insert(OneTimeRow), flood)
    gate.forget()
    gate.refused(gate.target.par(NOTHING, client_assertion=assertion), 401, "invalid_client")
    gate.refused(gate.target.par(NOTHING, {"DPoP": proof}), 400, "invalid_dpop_proof")
    gate.refused(gate.target.redeem(code), 400, "invalid_grant")


def test_CVE_2026_9802_what_was_used_stays_used_after_a_restart(gate_on_each: Gate) -> None:
    """Keycloak: used values were remembered in memory."""
    gate = gate_on_each
    code, request_uri, assertion = gate.code(), gate.target.pushed(gate.handle()), gate.target.assertion()
    gate.target.redeem(code)
    gate.authorize(request_uri)
    gate.target.par(NOTHING, client_assertion=assertion)
    with gate.world.host(gate.world.settings, Edges(now=gate.world.clock)) as restarted:
        host = {"Host": gate.world.settings.host}
        form = gate.target.proven({"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER})
        form["redirect_uri"] = gate.target.callback
        proof = gate.target.prover("/oauth/token")
        assert restarted.post("/oauth/token", data=form, headers=host | proof).get_json()["error"] == "invalid_grant"
        query = {"client_id": "demo-melding", "request_uri": request_uri}
        assert restarted.get("/oauth/authorize", query_string=query, headers=host).status_code == 400
        again = gate.target.proven(gate.target.asking(NOTHING), client_assertion=assertion)
        assert restarted.post("/oauth/par", data=again, headers=host).status_code == 401


def test_CVE_2026_8922_what_was_revoked_stays_revoked(gate: Gate) -> None:
    """Keycloak: tokens from before `notBefore` were let in again."""
    given = gate.given()
    gate.target.about("revoke", given["access_token"])
    gate.world.clock.ahead -= timedelta(minutes=5)
    assert gate.target.about("introspect", given["access_token"]).json() == {"active": False}
    gate.world.clock.ahead += timedelta(minutes=9)
    assert gate.target.about("introspect", given["access_token"]).json() == {"active": False}


def test_CVE_2026_1609_what_was_launched_by_who_is_disabled_is_over(lone_gate: Gate) -> None:
    """Keycloak (and CVE-2026-1486): who was disabled went on with what was out."""
    gate = lone_gate
    given, code, request_uri = gate.given(), gate.code(), gate.target.pushed(gate.handle())
    with gate.world.database.write() as session:
        endings.of_person(session, f"sub:{ANNA.sub}", gate.world.clock())
    assert gate.target.about("introspect", given["access_token"]).json() == {"active": False}
    gate.forget()
    gate.refused(gate.target.redeem(code), 400, "invalid_grant")
    gate.forget()
    gate.sent_back(gate.authorize(request_uri, gate.world.browser()), "invalid_request")


def test_CVE_2026_9087_two_identities_are_never_made_one(gate: Gate) -> None:
    """Keycloak: an account was linked to whoever had the same name. What counts is `sub`."""
    bo = gate.world.browser()
    gate.world.log_in(bo, BO)
    mine = gate.handle()
    gate.forget()
    gate.sent_back(gate.authorize(gate.target.pushed(mine), bo), "access_denied")
    assert gate.given(scope="openid launch")["sub"] == ANNA.sub


def test_CVE_2026_7507_what_one_login_began_another_goes_on_with_when_it_is_asked(gate: Gate) -> None:
    """Keycloak (and CVE-2024-7341, session fixation): it went on by itself."""
    request_uri, other = gate.target.pushed(gate.handle()), gate.world.browser()
    gate.world.log_in(other, ANNA)
    page = gate.authorize(request_uri, other)
    assert (page.status, "Location" in page.response.headers) == (200, False)
    assert page.form("/oauth/confirm") is not None
    gate.forget()
    gate.sent_back(gate.authorize(gate.target.pushed(gate.handle(), prompt="none"), other), "interaction_required")
