"""facts/security §4.3, H043 to H048: whom an assertion is for, whom it is about, and when; at every endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.liar import MISSING

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile


def test_H043_an_audience_that_is_an_endpoint(gate: Gate) -> None:
    """SMART's own clients name the token endpoint; FAPI 2.0 knows the issuer alone."""
    endpoints = (f"{gate.world.origin}/oauth/{path}" for path in ("par", "revoke", "introspect", "authorize"))
    gate.is_nobody(*(gate.target.assertion(aud=endpoint) for endpoint in endpoints))
    if gate.world.profile == "classic":
        gate.is_known(aud=f"{gate.world.origin}/oauth/token")
    else:
        gate.is_nobody(gate.target.assertion(aud=f"{gate.world.origin}/oauth/token"))


def test_H043_an_audience_that_is_a_list(gate: Gate) -> None:
    origin = gate.world.origin
    for aud in ([origin], [origin, f"{origin}/oauth/token"], ["https://evil.example", origin], []):
        gate.is_nobody(gate.target.assertion(aud=aud))


@pytest.mark.parametrize(
    "aud", ["{}/", "{}/fhir", "{}:80", "{}?", "{}#", " {}", "{}.evil.example", "https://evil.example", "demo-melding"]
)
def test_H044_an_audience_that_is_almost_the_issuer(gate: Gate, aud: str) -> None:
    gate.is_nobody(gate.target.assertion(aud=aud.format(gate.world.origin)))


@pytest.mark.parametrize("aud", [MISSING, None, 1, True, {}, ""])
def test_H044_an_audience_that_is_no_text(gate: Gate, aud: Any) -> None:
    gate.is_nobody(gate.target.assertion(aud=aud))


@pytest.mark.parametrize("name", ["iss", "sub"])
@pytest.mark.parametrize(
    "value", ["demo-annen", ["demo-melding"], MISSING, None, 1, "", "DEMO-MELDING", "demo-melding ", "x\0", "x" * 300]
)
def test_H045_issuer_and_subject_are_both_the_client(gate: Gate, name: str, value: Any) -> None:
    gate.is_nobody(gate.target.assertion(**{name: value}))


@pytest.mark.parametrize("name", ["iat", "exp"])
@pytest.mark.parametrize("value", [MISSING, None, "now", True, [], 1e999, float("nan"), -1, 10**30])
def test_H048_a_time_that_is_none(gate: Gate, name: str, value: Any) -> None:
    gate.is_nobody(gate.target.assertion(**{name: value}))


@pytest.mark.parametrize(
    ("iat", "exp"), [(-400, -300), (-20, 0), (61, 70), (0, 365 * 86_400), (-400, 30), (10, 5), (0, 0)]
)
def test_H048_a_life_that_is_over_or_too_long_or_to_come(gate: Gate, iat: int, exp: int) -> None:
    at = int(gate.world.clock().timestamp())
    gate.is_nobody(gate.target.assertion(iat=at + iat, exp=at + exp))


def test_H048_how_long_it_may_live_is_the_profiles(gate: Gate) -> None:
    at, longest = int(gate.world.clock().timestamp()), 60 if gate.world.profile == "strict" else 300
    gate.is_known(iat=at, exp=at + longest)
    gate.is_nobody(gate.target.assertion(iat=at, exp=at + longest + 1))


def test_H048_eight_seconds_ahead_hold_and_sixty_one_do_not(gate: Gate) -> None:
    at = int(gate.world.clock().timestamp())
    gate.is_known(iat=at + 8, nbf=at + 8, exp=at + 38)
    gate.is_nobody(gate.target.assertion(nbf=at + 61), gate.target.assertion(nbf="now"))
