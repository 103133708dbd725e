"""facts/security §4.3, H075 to H080 and H086: what a target may ask for, pushed, or by plain parameters in classic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from support.bodies import answered
from support.liar import MISSING
from support.outbound import outbound
from support.raw_target import NOTHING, STATE

from portal.domain.pkce import s256

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile


def _is_refused(gate: Gate, error: str = "invalid_request", **changes: Any) -> None:
    """Where it is pushed; and by plain parameters, in the answer to the registered address."""
    gate.refused(gate.target.par(NOTHING, **changes), 400, error)
    gate.forget()
    for method in ("GET", "POST"):
        page = gate.ask(gate.target.asking(NOTHING, **changes), method=method)
        gate.sent_back(page, error if gate.world.profile == "classic" else "invalid_request")
        gate.forget()


RESPONSES = ["token", "code id_token", "code token", "id_token", "none", "", "CODE", "code ", "code code", MISSING]


@pytest.mark.parametrize("response_type", RESPONSES)
def test_H075_another_response_than_a_code(gate: Gate, response_type: Any) -> None:
    _is_refused(gate, "unsupported_response_type", response_type=response_type)


@pytest.mark.parametrize("response_mode", ["fragment", "form_post", "jwt", "query.jwt", "form_post.jwt", "", "QUERY"])
def test_H076_another_way_back(gate: Gate, response_mode: str) -> None:
    """Keycloak CVE-2023-6927: `form_post.jwt` got past the checks of the address."""
    _is_refused(gate, response_mode=response_mode)


@pytest.mark.parametrize("challenge", [MISSING, "", "x" * 42, "x" * 44, "x" * 128, "=" * 43, "x" * 42 + "+", "ø" * 43])
def test_H077_no_challenge(gate: Gate, challenge: Any) -> None:
    _is_refused(gate, code_challenge=challenge)


@pytest.mark.parametrize("method", ["plain", MISSING, "", "s256", "S256 ", "S512", "none"])
def test_H077_another_method_of_challenge(gate: Gate, method: Any) -> None:
    _is_refused(gate, code_challenge_method=method)
    _is_refused(gate, code_challenge="v" * 43, code_challenge_method=method)


@pytest.mark.parametrize("dpop_jkt", ["", "x", "x" * 42, "x" * 44, "=" * 43])
def test_H078_a_key_that_is_none(gate: Gate, dpop_jkt: str) -> None:
    _is_refused(gate, dpop_jkt=dpop_jkt)


@pytest.mark.parametrize(
    ("name", "value"), [("prompt", "none login"), ("prompt", "x"), ("max_age", "-1"), ("max_age", "x")]
)
def test_H078_a_login_that_is_none(gate: Gate, name: str, value: str) -> None:
    _is_refused(gate, **{name: value})


@pytest.mark.parametrize("nonce", ["n" * 64, "n", "ø" * 64, "x\r\ny", '"><script>'])
def test_H079_a_nonce_comes_back_as_it_was(gate: Gate, nonce: str) -> None:
    given = gate.given(scope="openid launch", nonce=nonce)
    assert gate.target.read(given["id_token"])["nonce"] == nonce


def test_H079_a_nonce_of_65(gate: Gate) -> None:
    _is_refused(gate, nonce="n" * 65)


STATES = ["s" * 1_000, "s" * 2_000, "a&code=x&iss=y", "a#b", '"><script>alert(1)</script>', "a\r\nSet-Cookie: x=y"]


@pytest.mark.parametrize("state", [*STATES, "%00", "ø\u202e", " ", "+", "a b"])
def test_H080_a_state_comes_back_as_it_was(gate: Gate, state: str) -> None:
    page = gate.authorize(gate.target.pushed(gate.handle(), state=state))
    said = parse_qs(urlsplit(page.response.headers["Location"]).query, strict_parsing=True)
    assert said.keys() == {"code", "state", "iss"}
    assert (said["state"], said["iss"]) == ([state], [gate.world.origin])
    assert "Set-Cookie" not in page.response.headers


def test_H080_a_state_of_2001_and_a_handle_of_201(gate: Gate) -> None:
    gate.refused(gate.target.par(NOTHING, state="s" * 2_001), 400, "invalid_request")
    gate.refused(gate.target.par("h" * 201), 400, "invalid_request")
    gate.sent_back(gate.ask(gate.target.asking("h" * 201)), "invalid_request", state=STATE)


@pytest.mark.parametrize("name", ["state", "nonce", "launch", "scope", "aud"])
def test_H080_a_NUL(gate: Gate, name: str) -> None:
    gate.refused(gate.target.par(NOTHING, **{name: "a\0b"}), 400, "invalid_request")
    for method in ("GET", "POST"):
        gate.stopped(gate.ask(gate.target.asking(NOTHING, **{name: "a\0b"}), method=method), 400, "invalid_request")


@pytest.mark.parametrize("aud", ["{}", "{}/fhir/", "{}/fhir?", "https://evil.example/fhir", "", MISSING])
def test_H086_another_server_than_ours(gate: Gate, aud: Any) -> None:
    _is_refused(gate, aud=aud if aud is MISSING else aud.format(gate.world.origin))


@pytest.mark.parametrize("name", ["request", "request_uri"])
def test_H086_a_request_that_is_packed_or_kept_elsewhere(gate: Gate, elsewhere: str, name: str) -> None:
    gate.refused(gate.target.par(NOTHING, **{name: f"{elsewhere}/x"}), 400, "invalid_request")
    page = gate.ask(gate.target.asking(NOTHING, **{name: f"{elsewhere}/x"}))
    (gate.sent_back(page, "invalid_request") if name == "request" else gate.stopped(page, 400, "request_uri_unknown"))


UNREAD = [
    "claims",
    "registration",
    "sector_identifier_uri",
    "logo_uri",
    "jwks_uri",
    "id_token_hint",
    "login_hint",
    "iss",
]


def test_H086_what_we_do_not_know_makes_us_fetch_nothing(gate: Gate, elsewhere: str) -> None:
    unread = dict.fromkeys(UNREAD, f"{elsewhere}/x")
    known = {urlsplit(address).port for address in (gate.world.origin, gate.world.provider.issuer)}
    with outbound() as heard:
        page = gate.authorize(gate.target.pushed(gate.handle(), **unread))
    assert answered(page).keys() == {"code", "state", "iss"}
    assert {port for _, port in heard} <= known


@pytest.mark.parametrize(
    "scope", ["", "patient/*.cruds", "system/*.*", "openid2", "LAUNCH", "launch\x0bopenid", MISSING]
)
def test_H078_a_scope_that_nobody_has(gate: Gate, scope: Any) -> None:
    gate.refused(gate.target.par(NOTHING, scope=scope), 400, "invalid_scope")


def test_H078_what_is_asked_beyond_the_registration_is_not_granted(gate: Gate) -> None:
    wide = "launch openid patient/*.cruds user/*.* system/*.rs launch/patient"
    assert gate.given(scope=wide)["scope"] == "launch launch/patient openid"


def test_H077_the_verifier_is_no_challenge(gate: Gate) -> None:
    """Authentik CVE-2024-23647: what had no challenge was redeemed without a verifier."""
    plain = gate.code(code_challenge="v" * 43)
    gate.forget()
    gate.refused(gate.target.redeem(plain), 400, "invalid_grant")
    assert s256("v" * 43) != "v" * 43


def test_plain_parameters_do_not_stay_in_the_address(gate: Gate) -> None:
    page = gate.ask(urlencode(gate.target.asking(gate.handle())))
    if gate.world.profile == "strict":
        gate.sent_back(page, "invalid_request")
        return
    query = parse_qs(urlsplit(page.response.headers["Location"]).query)
    assert query.keys() == {"client_id", "request_uri"}
    assert answered(gate.authorize(query["request_uri"][0])).keys() == {"code", "state", "iss"}
