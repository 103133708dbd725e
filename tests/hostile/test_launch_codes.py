"""facts/security §4.3, H091 to H096: a code is good for its client, its address and its verifier, within a minute."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from support.liar import MISSING
from support.raw_target import NOTHING, VERIFIER

from portal.store.tables.launches import TokenRow

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile


def _tokens(gate: Gate) -> int:
    with gate.world.database.read() as session:
        return session.scalar(select(func.count()).select_from(TokenRow)) or 0


def _is_refused(gate: Gate, code: str, error: str = "invalid_grant", /, **changes: Any) -> None:
    given = _tokens(gate)
    gate.forget()
    gate.refused(gate.target.redeem(code, **changes), 400, error)
    assert (_tokens(gate), gate.audited("launch_redeemed")) == (given, [])


def test_H091_another_client_gets_nothing_and_spends_nothing(gate: Gate) -> None:
    code = gate.code()
    gate.forget()
    for address in (gate.other.callback, gate.target.callback):
        gate.refused(gate.other.redeem(code, redirect_uri=address), 400, "invalid_grant")
    assert gate.audited("code_reused") == []
    assert gate.target.redeem(code).status_code == 200


def test_H091_another_client_does_not_end_what_a_code_gave(gate: Gate) -> None:
    """RFC 6749 §4.1.2 revokes for the code's own client; any other could end a launch by hearsay."""
    code = gate.code()
    given = gate.target.redeem(code).json()
    gate.forget()
    gate.refused(gate.other.redeem(code), 400, "invalid_grant")
    assert gate.audited("code_reused") == []
    assert gate.target.about("introspect", given["access_token"]).json()["active"]


def test_H091_its_own_client_ends_it_with_one_row_in_the_audit(gate: Gate) -> None:
    code = gate.code()
    given = gate.target.redeem(code).json()
    _is_refused(gate, code)
    _is_refused(gate, code)
    for name in ("access_token", "writeback_token"):
        assert gate.target.about("introspect", given[name]).json() == {"active": False}


@pytest.mark.parametrize("code", ["", "x", NOTHING, "x" * 10_000, "ø" * 43, "null", "../", "' OR 1=1 --", MISSING])
def test_H092_what_was_never_a_code(gate: Gate, code: Any) -> None:
    _is_refused(gate, NOTHING, "invalid_request" if code is MISSING else "invalid_grant", code=code)


def test_H092_a_NUL_in_a_code(gate: Gate) -> None:
    gate.refused(gate.target.redeem("a\0b"), 400, "invalid_request")


def test_H092_a_code_of_a_minute_ago(gate: Gate) -> None:
    young, old = gate.code(), gate.code()
    gate.world.clock.ahead += timedelta(seconds=58)
    assert gate.target.redeem(young).status_code == 200
    gate.world.clock.ahead += timedelta(seconds=3)
    _is_refused(gate, old)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/demo-melding/callback/", "https://evil.example/", "", MISSING])
def test_H092_a_code_that_was_sent_elsewhere(gate: Gate, address: Any) -> None:
    _is_refused(gate, gate.code(), redirect_uri=address)


@pytest.mark.parametrize("verifier", [MISSING, "", "w" * 43, VERIFIER.upper(), f"{VERIFIER}v", "v" * 128])
def test_H093_another_verifier_or_none(gate: Gate, verifier: Any) -> None:
    _is_refused(gate, gate.code(), code_verifier=verifier)


@pytest.mark.parametrize("verifier", ["v" * 42, "v" * 129, "v" * 42 + " ", "ø" * 43])
def test_H093_a_verifier_that_is_none(gate: Gate, verifier: str) -> None:
    _is_refused(gate, gate.code(), "invalid_request", code_verifier=verifier)


def test_H093_a_wrong_verifier_spends_the_code(gate: Gate) -> None:
    """The code is in somebody else's hands, or its client has mixed up two: it does not come back."""
    code = gate.code()
    _is_refused(gate, code, code_verifier="w" * 43)
    _is_refused(gate, code)


@pytest.mark.parametrize(
    "grant", ["password", "implicit", "client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange", "x", ""]
)
def test_H095_another_grant(gate: Gate, grant: str) -> None:
    code = gate.code()
    _is_refused(gate, code, "unsupported_grant_type", grant_type=grant, username="x", password="x", subject_token=code)
    assert gate.target.redeem(code).status_code == 200, "nothing was spent"


@pytest.mark.parametrize("grant", [MISSING, "AUTHORIZATION_CODE", "authorization_code ", " authorization_code"])
def test_H096_a_grant_that_is_almost_one(gate: Gate, grant: Any) -> None:
    _is_refused(gate, gate.code(), "unsupported_grant_type", grant_type=grant)


def test_H096_a_code_is_no_refresh_token_and_the_other_way_round(gate: Gate) -> None:
    given = gate.given(scope="openid launch online_access")
    expected = "invalid_grant" if gate.world.profile == "classic" else "unauthorized_client"
    for secret in (gate.code(), given["access_token"], given["writeback_token"], gate.handle()):
        gate.forget()
        gate.refused(gate.target.refresh(secret), 400, expected)
    for name in ("access_token", "writeback_token", "refresh_token"):
        _is_refused(gate, given.get(name, NOTHING))


def test_H094_who_may_not_refresh_is_given_nothing_to_refresh_with(gate: Gate) -> None:
    gate.world.change("demo-melding", refresh="none")
    given = gate.given(scope="openid launch online_access offline_access")
    assert "refresh_token" not in given
    assert given["scope"] == "launch openid"
    gate.forget()
    gate.refused(gate.target.refresh(NOTHING), 400, "unauthorized_client")


def test_H094_what_was_granted_is_what_is_registered_when_it_is_redeemed(gate: Gate) -> None:
    code = gate.code()
    gate.world.change("demo-melding", release=("organisation",), writeback=False)
    given = gate.target.redeem(code).json()
    assert [item["type"] for item in given["fhirContext"]] == ["Organization"]
    assert "writeback_token" not in given


@pytest.mark.parametrize("profile", ["classic"], indirect=True)
def test_H094_a_switch_to_the_strict_profile_holds_for_codes_that_are_out(gate: Gate) -> None:
    code = gate.code()
    gate.world.change("demo-melding", profile="strict", refresh="none")
    gate.forget()
    gate.refused(gate.target.redeem(code, {}), 400, "invalid_dpop_proof")
    assert gate.target.redeem(code, {"DPoP": gate.target.proof("/oauth/token")}).json()["token_type"] == "DPoP"
