"""facts/security §4.3, H099 to H102: a token is good by its own scheme, with its own key, for its own use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from portal.domain.pkce import s256

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile

TOKEN = "/oauth/token"
SCOPE = "launch patient/Patient.r"


def _bound(gate: Gate) -> dict[str, Any]:
    """The token response of a launch whose target has proved its key."""
    answer = gate.target.redeem(gate.code(scope=SCOPE), {"DPoP": gate.target.proof(TOKEN)})
    assert answer.json()["token_type"] == "DPoP", answer.text
    return dict(answer.json())


def _read(gate: Gate, given: dict[str, Any], scheme: str = "DPoP", proof: str | None = None) -> requests.Response:
    """Ask for the patient of a launch with its access token."""
    headers = {"Authorization": f"{scheme} {gate.target.keep(given['access_token'])}"}
    headers |= {"DPoP": proof} if proof else {}
    return requests.get(gate.target.url(f"/fhir/Patient/{given['patient']}"), headers=headers, timeout=20)


def _proof(gate: Gate, given: dict[str, Any], header: dict[str, Any] | None = None, /, **claims: Any) -> str:
    right = {"method": "GET", "ath": s256(given["access_token"])}
    return gate.target.proof(f"/fhir/Patient/{given['patient']}", header, **(right | claims))


def _is_shut(gate: Gate, answer: requests.Response, code: str = "invalid_token") -> None:
    assert answer.status_code == 401, answer.text
    assert f'error="{code}"' in answer.headers["WWW-Authenticate"]
    assert answer.headers["Cache-Control"] == "no-store"
    gate.nothing_is_told(answer)


def test_what_is_right_is_let_in(gate: Gate) -> None:
    given = _bound(gate)
    assert _read(gate, given, "DPoP", _proof(gate, given)).status_code == 200
    assert _read(gate, given, "dpop", _proof(gate, given)).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_H099_a_bound_token_as_bearer(gate: Gate, scheme: str) -> None:
    given = _bound(gate)
    _is_shut(gate, _read(gate, given, scheme))
    _is_shut(gate, _read(gate, given, scheme, _proof(gate, given)))


@pytest.mark.parametrize("scheme", ["Basic", "DPoPx", "Token", "MAC"])
def test_H099_by_another_scheme(gate: Gate, scheme: str) -> None:
    given = _bound(gate)
    _is_shut(gate, _read(gate, given, scheme, _proof(gate, given)))


@pytest.mark.parametrize("profile", ["classic"], indirect=True)
def test_H100_a_bearer_token_as_bound(gate: Gate) -> None:
    given = gate.given(scope=SCOPE)
    assert _read(gate, given, "Bearer").status_code == 200
    _is_shut(gate, _read(gate, given, "DPoP", _proof(gate, given)))


def test_H100_each_token_for_its_own_use(gate: Gate) -> None:
    given = gate.given(scope="openid launch online_access patient/Patient.r")
    path, body = f"/fhir/Patient/{given['patient']}", {"patient": given["patient"]}
    for name in ("writeback_token", "refresh_token", "id_token", "patient", "trace_id"):
        assert gate.world.as_target("GET", path, given.get(name, "x")).status == 401, name
    for name in ("access_token", "refresh_token", "id_token", "patient"):
        assert gate.world.as_target("PUT", "/api/writeback/d-1", given.get(name, "x"), body).status == 401, name


@pytest.mark.parametrize("path", ["/fhir/Patient/x", "/fhir/Practitioner/x", "/api/writeback/d-1"])
@pytest.mark.parametrize("name", ["access_token", "token", "Authorization", "writeback_token"])
def test_H101_a_token_in_the_address(gate: Gate, path: str, name: str) -> None:
    given = gate.given(scope=SCOPE)
    token = given["writeback_token" if "writeback" in path else "access_token"]
    gate.forget()
    answer = requests.get(gate.target.url(path), params={name: token}, timeout=20)
    _is_shut(gate, answer)


def test_H102_a_token_in_a_form_or_a_body(gate: Gate) -> None:
    given = gate.given(scope=SCOPE)
    for kind, data in (
        ("application/x-www-form-urlencoded", f"access_token={given['writeback_token']}"),
        ("application/json", json.dumps({"access_token": given["writeback_token"]})),
    ):
        answer = requests.put(gate.target.url("/api/writeback/d-1"), data, headers={"Content-Type": kind}, timeout=20)
        _is_shut(gate, answer)
