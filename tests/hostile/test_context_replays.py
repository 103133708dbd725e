"""What brings a patient in or out is good once: of N replays, one after another and 50 at once, none succeeds."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from support.bodies import LINE, session_body
from support.clinic import TARGET, quiet_clinic
from support.databases import BACKENDS
from support.helseid import ANNA
from support.keys import ec

from portal.domain import assertion, dpop
from portal.store import audit, registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.clinic import Clinic, Clinician, EpjSession, Press

pytestmark = pytest.mark.hostile

N, AT_ONCE = int(os.environ.get("N", "300")), 50
ROUNDS = -(-N // (2 * AT_ONCE - 1) // len(BACKENDS))
"""Fresh values on each kind of database; each is tried 50 times at once and then 50 times more, one by one."""


@pytest.fixture
def clinic(database_url: str, tmp_path: Path) -> Iterator[Clinic]:
    with quiet_clinic(database_url, tmp_path) as clinic:
        yield clinic


@pytest.fixture
def anna(clinic: Clinic) -> Clinician:
    return clinic.clinician(ANNA)


@pytest.fixture
def epj(clinic: Clinic, anna: Clinician) -> EpjSession:
    return clinic.epj_session(anna)


def _good_once(fresh: Callable[[], Callable[[], bool]]) -> None:
    """Each fresh value succeeds once: one of 50 at once, and none of the 50 after them."""
    replays = successes = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(ROUNDS):
            attempt, barrier = fresh(), Barrier(AT_ONCE)

            def at_once(_: int, attempt: Callable[[], bool] = attempt, barrier: Barrier = barrier) -> bool:
                barrier.wait(60)
                return attempt()

            first = list(pool.map(at_once, range(AT_ONCE)))
            assert first.count(True) == 1
            later = [attempt() for _ in range(AT_ONCE)]
            replays += len(first) - 1 + len(later)
            successes += later.count(True)
    print(f"{ROUNDS} values, {replays} replays, {successes} of them succeeded")  # noqa: T201  the count is the result
    assert successes == 0


def _pressed(clinic: Clinic, epj: EpjSession) -> Press:
    press = clinic.named(epj, LINE)
    clinic.create(press)
    return press


def _done(clinic: Clinic, action: str) -> int:
    """How often something has come about, as the audit log knows it."""
    with clinic.world.database.read() as session:
        return sum(line.get("action") == action and line["outcome"] == "ok" for line in audit.export(session))


def test_a_start_code(clinic: Clinic, anna: Clinician, epj: EpjSession) -> None:
    def fresh() -> Callable[[], bool]:
        press = _pressed(clinic, epj)

        def attempt() -> bool:
            tab = clinic.tab(clinic.copy_of(anna))
            answer = tab.arrive(press)
            if answer.status_code == 410:
                return False
            assert tab.get(answer.headers["Location"]).headers["Location"] == press.path
            return True

        return attempt

    _good_once(fresh)
    assert _done(clinic, "context_activated") == ROUNDS


def test_a_start_code_in_a_query(clinic: Clinic, anna: Clinician, epj: EpjSession) -> None:
    with clinic.world.database.write() as session:
        registry.disable_epj(session, "epj")
        registry.propose_epj(session, clinic.world.epj.model_copy(update={"start_by_query": True}), "en")
        registry.approve_epj(session, "epj", "to")

    def fresh() -> Callable[[], bool]:
        press = _pressed(clinic, epj)

        def attempt() -> bool:
            tab = clinic.tab(clinic.copy_of(anna))
            answer = tab.get("/start", code=press.code, ehr_code_verifier=press.verifier)
            assert answer.status_code == 303, "a GET consumes nothing"
            answer = tab.get(answer.headers["Location"])
            assert answer.status_code in {303, 400}
            return answer.headers.get("Location") == press.path

        return attempt

    _good_once(fresh)
    assert _done(clinic, "context_activated") == ROUNDS


def test_a_pending_cookie(clinic: Clinic, anna: Clinician, epj: EpjSession) -> None:
    def fresh() -> Callable[[], bool]:
        press, waiting = _pressed(clinic, epj), clinic.copy_of(anna)
        clean = clinic.tab(waiting).arrive(press).headers["Location"]

        def attempt() -> bool:
            answer = clinic.tab(clinic.copy_of(waiting)).get(clean)
            assert answer.status_code in {303, 410}
            return answer.headers.get("Location") == press.path

        return attempt

    _good_once(fresh)
    assert _done(clinic, "context_activated") == ROUNDS


def test_a_launch_handle(clinic: Clinic, anna: Clinician, epj: EpjSession) -> None:
    tab, press = clinic.tab(anna), _pressed(clinic, epj)
    tab.get(tab.arrive(press).headers["Location"])

    def fresh() -> Callable[[], bool]:
        handle = clinic.handle_of(tab.post(f"{press.path}open/{TARGET}", {}))

        def attempt() -> bool:
            status, given = clinic.redeem(clinic.tab(anna), handle)
            assert status == 200 or given["error"] == "invalid_request"
            return status == 200

        return attempt

    _good_once(fresh)
    assert _done(clinic, "launch_redeemed") == ROUNDS


def test_an_access_token_with_its_proof(clinic: Clinic, epj: EpjSession) -> None:
    def fresh() -> Callable[[], bool]:
        body = session_body(secrets.token_urlsafe(32), LINE, reply_to=None)
        headers = clinic.proven(epj, "create")

        def attempt() -> bool:
            status, said = clinic.call(epj, "create", body, headers)
            assert status == 201 or (status, said["code"]) == (401, "invalid_dpop_proof")
            return status == 201

        return attempt

    _good_once(fresh)
    assert _done(clinic, "context_opened") == ROUNDS


def test_a_proof_of_another_request(clinic: Clinic, epj: EpjSession) -> None:
    """Each replay is about something else: the proof knows nothing of the body."""

    def fresh() -> Callable[[], bool]:
        headers = clinic.proven(epj, "create")

        def attempt() -> bool:
            body = session_body(secrets.token_urlsafe(32), LINE, reply_to=None)
            status, said = clinic.call(epj, "create", body, headers)
            assert status == 201 or (status, said["code"]) == (401, "invalid_dpop_proof")
            return status == 201

        return attempt

    _good_once(fresh)
    assert _done(clinic, "context_opened") == ROUNDS


def test_a_proof_at_the_token_endpoint(clinic: Clinic) -> None:
    """An assertion is new each time, and a code that never was tells which of the two refused."""
    world, key = clinic.world, ec(TARGET).private
    url = f"{world.origin}/oauth/token"

    def fresh() -> Callable[[], bool]:
        proof = dpop.make_proof(key, "POST", url, world.clock(), secrets.token_urlsafe(32))

        def attempt() -> bool:
            signed = assertion.make(key, TARGET, world.origin, world.clock(), secrets.token_urlsafe(32))
            form = {"grant_type": "authorization_code", "code": "x", "code_verifier": "v" * 43, "redirect_uri": "x"}
            form |= {"client_assertion_type": assertion.TYPE, "client_assertion": signed, "client_id": TARGET}
            said: dict[str, Any] = clinic.egress.send("POST", url, headers={"DPoP": proof}, data=form).json()
            assert said["error"] in {"invalid_grant", "invalid_dpop_proof"}
            return bool(said["error"] == "invalid_grant")

        return attempt

    _good_once(fresh)
