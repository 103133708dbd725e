"""Of what a launch gives, each is good once: of N uses, 50 at once and 50 after them, one succeeds at most."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sqlalchemy import func, select
from support.databases import BACKENDS
from support.helseid import ANNA
from support.raw_target import NOTHING

from portal.domain import assertion
from portal.store.tables.launches import TokenRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.gate import Gate
    from support.raw_target import Form

pytestmark = pytest.mark.hostile

AT_ONCE = 50
N = int(os.environ.get("N", "200"))
ROUNDS = max(N // (2 * AT_ONCE - 1) // len(BACKENDS), 1)
"""Fresh values on each kind of database."""
STRICT = pytest.mark.parametrize("profile", ["strict"], indirect=True)
CLASSIC = pytest.mark.parametrize("profile", ["classic"], indirect=True)


def _storm(attempt: Callable[[], bool]) -> int:
    """How many succeed: 50 at once, and then 50 more, of which none may."""
    barrier = Barrier(AT_ONCE)

    def at_once(_: int) -> bool:
        barrier.wait(60)
        return attempt()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        first = list(pool.map(at_once, range(AT_ONCE)))
        later = list(pool.map(lambda _: attempt(), range(AT_ONCE)))
    assert later.count(True) == 0
    return first.count(True)


def _living(gate: Gate) -> int:
    """How many tokens are good for something; the right to write back outlives the rest."""
    alive = select(func.count()).select_from(TokenRow).where(TokenRow.revoked_at.is_(None))
    with gate.world.database.read() as session:
        return session.scalar(alive.where(TokenRow.kind != "writeback")) or 0


@STRICT
def test_a_code(gate_on_each: Gate) -> None:
    gate = gate_on_each
    for _ in range(ROUNDS):
        code = gate.code()
        assert _storm(partial(_given, gate.target.redeem, code)) <= 1
        assert _living(gate) == 0, "a second use revokes what the first one gave"
        assert len(gate.audited("launch_redeemed")) <= ROUNDS


@STRICT
def test_a_handle_by_as_many_requests(gate_on_each: Gate) -> None:
    gate = gate_on_each
    for _ in range(ROUNDS):
        handle, cookies = gate.handle(), gate.anna.cookies.get_dict()
        assert _storm(partial(_pushed_and_authorized, gate, handle, cookies)) == 1


@STRICT
def test_a_request_uri(gate_on_each: Gate) -> None:
    gate = gate_on_each
    for _ in range(ROUNDS):
        request_uri, cookies = gate.target.pushed(gate.handle()), gate.anna.cookies.get_dict()
        assert _storm(partial(_authorized, gate, request_uri, cookies)) == 1


@STRICT
def test_a_request_uri_of_a_target_that_only_signs_on(gate_on_each: Gate) -> None:
    gate = gate_on_each
    for _ in range(ROUNDS):
        asked = gate.other.asking("x", scope="openid")
        form = {name: value for name, value in asked.items() if name not in {"launch", "aud"}}
        request_uri = gate.other.post("/oauth/par", gate.other.proven(form)).json()["request_uri"]
        cookies = gate.anna.cookies.get_dict()
        assert _storm(partial(_authorized, gate, request_uri, cookies, "demo-annen")) == 1


@CLASSIC
def test_a_refresh_token(gate_on_each: Gate) -> None:
    gate = gate_on_each
    for _ in range(ROUNDS):
        refresh = gate.given(scope="openid launch online_access")["refresh_token"]
        assert _storm(partial(_given, gate.target.refresh, refresh)) <= 1
        assert _living(gate) == 0, "a second use revokes what the first one gave"
    assert gate.audited("refresh_reused"), "noted"


@CLASSIC
def test_a_refresh_that_wins_while_the_others_revoke_leaves_nothing_behind(gate_on_each: Gate) -> None:
    """Keycloak CVE-2026-1035: what was given after the look, and stored after the revocation, lived on."""
    gate, barrier = gate_on_each, Barrier(8)

    def refresh(form: Form) -> bool:
        barrier.wait(60)
        return gate.target.post("/oauth/token", form).status_code == 200

    for _ in range(max(N // 25, 1)):
        secret = gate.given(scope="openid launch online_access")["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": secret}
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(refresh, [gate.target.proven(form) for _ in range(8)])).count(True) <= 1
        assert _living(gate) == 0


@STRICT
def test_a_proof(gate_on_each: Gate) -> None:
    gate = gate_on_each
    for _ in range(ROUNDS):
        proof = {"DPoP": gate.target.proof("/oauth/par")}
        assert _storm(partial(_given, gate.target.par, NOTHING, proof)) == 1


@STRICT
def test_a_handle_where_JSON_is_spoken(gate_on_each: Gate) -> None:
    for _ in range(ROUNDS):
        handle = gate_on_each.handle()
        assert _storm(partial(_told, gate_on_each, handle)) == 1


@STRICT
def test_a_handle_at_both_doors(gate_on_each: Gate) -> None:
    """Half ask by OAuth, half where JSON is spoken: one of them all gets the patient."""
    gate, turns = gate_on_each, count()

    def attempt(handle: str) -> bool:
        if next(turns) % 2:
            return _told(gate, handle)
        return _pushed_and_authorized(gate, handle, gate.anna.cookies.get_dict())

    for _ in range(ROUNDS):
        handle = gate.handle()
        assert _storm(partial(attempt, handle)) == 1


def _told(gate: Gate, handle: str) -> bool:
    said = {"client_assertion_type": assertion.TYPE, "client_assertion": gate.target.assertion()}
    body = json.dumps(said | {"launch": handle, "sub": ANNA.sub})
    headers = {"Content-Type": "application/json", "DPoP": gate.target.proof("/api/context")}
    return requests.post(gate.target.url("/api/context"), body, headers=headers, timeout=60).status_code == 200


def _given(ask: Callable[..., requests.Response], *what: Any) -> bool:
    return ask(*what).status_code in {200, 201}


def _pushed_and_authorized(gate: Gate, handle: str, cookies: dict[str, str]) -> bool:
    return _authorized(gate, gate.target.pushed(handle), cookies)


def _authorized(gate: Gate, request_uri: str, cookies: dict[str, str], client_id: str = "demo-melding") -> bool:
    query = {"client_id": client_id, "request_uri": request_uri}
    answer = requests.get(
        gate.target.url("/oauth/authorize"), query, cookies=cookies, allow_redirects=False, timeout=60
    )
    assert answer.status_code in {303, 400}
    return "code=" in answer.headers.get("Location", "")
