"""Refresh tokens (classic): once, for one client and key, as long as the person is there; reuse ends the launch."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.keys import ec
from support.raw_target import NOTHING

from portal.demo.browser import Hop

if TYPE_CHECKING:
    from support.gate import Gate
    from support.world import Profile

pytestmark = pytest.mark.hostile

SCOPE = "openid launch fhirUser online_access"


@pytest.fixture(scope="module")
def profile() -> Profile:
    return "classic"


def _fresh(gate: Gate, headers: dict[str, str] | None = None) -> tuple[str, str]:
    """The access and the refresh token of a new launch."""
    given = gate.target.redeem(gate.code(scope=SCOPE), headers).json()
    gate.forget()
    return gate.target.keep(given["access_token"]), gate.target.keep(given["refresh_token"])


def test_a_second_use_ends_what_the_launch_gave_with_one_row_in_the_audit(gate: Gate) -> None:
    """RFC 9700 §4.14, SMART best practices; Hydra CVE-2021-32701."""
    access, first = _fresh(gate)
    again = gate.target.refresh(first).json()
    for _ in range(2):
        gate.forget()
        gate.refused(gate.target.refresh(first), 400, "invalid_grant")
    gate.refused(gate.target.refresh(again["refresh_token"]), 400, "invalid_grant")
    for token in (access, again["access_token"], again["refresh_token"]):
        assert gate.target.about("introspect", token).json() == {"active": False}


def test_a_second_use_is_audited_once(gate: Gate) -> None:
    _, first = _fresh(gate)
    gate.target.refresh(first)
    gate.target.refresh(first)
    assert gate.audited("refresh_reused") == ["revoked"]


def test_a_second_use_does_not_take_back_the_right_to_write_back(gate: Gate) -> None:
    given = gate.given(scope=SCOPE)
    gate.target.refresh(given["refresh_token"])
    gate.target.refresh(given["refresh_token"])
    assert gate.target.about("introspect", given["writeback_token"]).json()["active"]


def test_another_client_gets_nothing_and_ends_nothing(gate: Gate) -> None:
    _, first = _fresh(gate)
    for _ in range(2):
        gate.refused(gate.other.refresh(first), 400, "invalid_grant")
    assert gate.audited("refresh_reused") == []
    assert gate.target.refresh(first).status_code == 200


@pytest.mark.parametrize("scope", ["patient/*.cruds", "openid system/*.*", "openid patient/Patient.r", "x" * 600])
def test_more_than_was_granted_is_refused_and_spends_nothing(gate: Gate, scope: str) -> None:
    _, first = _fresh(gate)
    gate.refused(gate.target.refresh(first, scope=scope), 400, "invalid_scope")
    assert gate.target.refresh(first).status_code == 200


def test_less_than_was_granted_is_less_access_and_not_the_end(gate: Gate) -> None:
    """RFC 6749 §6: the next refresh token is good for all that the first one was."""
    _, first = _fresh(gate)
    less = gate.target.refresh(first, scope="launch").json()
    assert less["scope"] == "launch"
    assert gate.target.about("introspect", less["access_token"]).json()["scope"] == "launch"
    whole = gate.target.refresh(less["refresh_token"]).json()
    assert set(whole["scope"].split()) == set(SCOPE.split())


def test_a_scope_without_end_is_no_500(gate_on_each: Gate) -> None:
    _, first = _fresh(gate_on_each)
    answer = gate_on_each.target.refresh(first, scope="launch " * 2_000)
    assert (answer.status_code, answer.json()["scope"]) == (200, "launch")


def test_a_bound_one_is_good_with_its_key_alone_and_a_refusal_spends_nothing(gate: Gate) -> None:
    path = "/oauth/token"
    _, first = _fresh(gate, {"DPoP": gate.target.proof(path)})
    for headers in ({}, {"DPoP": gate.target.proof(path, key=ec("thief"))}):
        gate.forget()
        gate.refused(gate.target.refresh(first, headers), 400, "invalid_grant")
    assert gate.target.refresh(first, {"DPoP": gate.target.proof(path)}).json()["token_type"] == "DPoP"


def test_one_that_was_bound_to_none_takes_no_key_later(gate: Gate) -> None:
    _, first = _fresh(gate)
    gate.refused(gate.target.refresh(first, {"DPoP": gate.target.proof("/oauth/token")}), 400, "invalid_grant")
    assert gate.target.refresh(first).json()["token_type"] == "Bearer"


@pytest.mark.parametrize("secret", ["", "x", NOTHING, "x" * 10_000, "ø", "null"])
def test_what_was_never_one(gate: Gate, secret: str) -> None:
    gate.refused(gate.target.refresh(secret), 400, "invalid_grant")


def test_it_is_over_with_the_session(gate: Gate) -> None:
    _, first = _fresh(gate)
    gate.anna.step(Hop("POST", f"{gate.world.origin}/logout", {}, gate.world.origin))
    gate.come_in()
    gate.forget()
    gate.refused(gate.target.refresh(first), 400, "invalid_grant")


def test_it_is_over_when_nobody_is_there_any_more(lone_gate: Gate) -> None:
    _, first = _fresh(lone_gate)
    lone_gate.world.clock.ahead += timedelta(minutes=31)
    lone_gate.refused(lone_gate.target.refresh(first), 400, "invalid_grant")


def test_it_is_over_with_the_context(gate: Gate) -> None:
    _, first = _fresh(gate)
    with gate.world.database.write() as session:
        session.connection().exec_driver_sql("UPDATE context SET ended_at = created_at")
    gate.refused(gate.target.refresh(first), 400, "invalid_grant")
    gate.come_in()


def test_one_that_is_given_back_takes_the_access_with_it(gate: Gate) -> None:
    access, first = _fresh(gate)
    assert gate.target.about("revoke", first).status_code == 200
    assert gate.audited("token_revoked") == ["refresh"]
    assert gate.target.about("introspect", access).json() == {"active": False}
    gate.refused(gate.target.refresh(first), 400, "invalid_grant")
