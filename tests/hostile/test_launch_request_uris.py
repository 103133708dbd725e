"""facts/security §4.3, H081 to H088: what was pushed is good for its client, for a while, for one code."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.bodies import answered
from support.raw_target import NOTHING

from portal.domain.oids import FNR

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile

URN = "urn:ietf:params:oauth:request_uri:"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "request_uri", ["", "x", URN, f"{URN}{NOTHING}", f"{URN}../x", "https://evil.example/request", "urn:x", "x" * 9_000]
)
def test_H081_one_that_never_was(gate: Gate, method: str, request_uri: str) -> None:
    query = {"client_id": "demo-melding", "request_uri": request_uri}
    gate.stopped(gate.ask(query, method=method), 400, "request_uri_unknown")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("client_id", ["demo-annen", "nobody", "", "DEMO-MELDING"])
def test_H081_one_of_another_client(gate: Gate, method: str, client_id: str) -> None:
    request_uri = gate.target.pushed(gate.handle())
    query = {"client_id": client_id, "request_uri": request_uri}
    gate.stopped(gate.ask(query, method=method), 400, "request_uri_unknown")
    assert "code" in answered(gate.authorize(request_uri)), "it is whole"


def test_H081_one_that_is_too_old(gate: Gate) -> None:
    request_uri = gate.target.pushed(NOTHING)
    gate.world.clock.ahead += timedelta(seconds=89)
    gate.sent_back(gate.authorize(request_uri), "invalid_request")
    gate.world.clock.ahead += timedelta(seconds=2)
    gate.forget()
    gate.stopped(gate.authorize(request_uri), 400, "request_uri_unknown")


def test_H082_it_has_one_spelling(gate: Gate) -> None:
    request_uri = gate.target.pushed(gate.handle())
    reference = request_uri.removeprefix(URN)
    for other in (reference, URN.upper() + reference, f" {request_uri}", f"{request_uri}=", URN + request_uri):
        gate.stopped(gate.authorize(other), 400, "request_uri_unknown")
    assert "code" in answered(gate.authorize(request_uri))


@pytest.mark.parametrize("kind", ["launch", "code"])
def test_H082_another_kind_of_value_is_no_request(gate: Gate, kind: str) -> None:
    """Keycloak CVE-2026-4282: one store without namespaces."""
    other = gate.handle() if kind == "launch" else gate.code()
    gate.stopped(gate.authorize(URN + other), 400, "request_uri_unknown")
    gate.refused(gate.target.redeem(gate.target.pushed(NOTHING).removeprefix(URN)), 400, "invalid_grant")
    gate.refused(gate.target.redeem(gate.handle()), 400, "invalid_grant")


@pytest.mark.parametrize("prompt", ["", "none"])
def test_H083_it_is_good_for_one_code(gate: Gate, prompt: str) -> None:
    """Keycloak CVE-2026-96446: `prompt=none` took a way on which it was not used up."""
    request_uri = gate.target.pushed(gate.handle(), prompt=prompt)
    assert "code" in answered(gate.authorize(request_uri))
    for method in ("GET", "POST"):
        query = {"client_id": "demo-melding", "request_uri": request_uri}
        gate.stopped(gate.ask(query, method=method), 400, "request_uri_unknown")


@pytest.mark.parametrize("prompt", ["", "none"])
def test_H083_also_for_a_target_that_only_signs_on(gate: Gate, prompt: str) -> None:
    form = {"scope": "openid", "prompt": prompt}
    asked = {name: value for name, value in gate.other.asking(NOTHING, **form).items() if name not in {"launch", "aud"}}
    request_uri = gate.other.post("/oauth/par", gate.other.proven(asked)).json()["request_uri"]
    query = {"client_id": "demo-annen", "request_uri": request_uri}
    assert "code" in answered(gate.ask(query))
    gate.stopped(gate.ask(query), 400, "request_uri_unknown")


def test_H083_a_handle_is_good_for_one_of_several_requests(gate: Gate) -> None:
    handle = gate.handle()
    first, second = gate.target.pushed(handle), gate.target.pushed(handle)
    assert "code" in answered(gate.authorize(first))
    gate.sent_back(gate.authorize(second), "invalid_request")


def test_H084_it_may_be_loaded_before_the_login_as_often_as_one_likes(gate: Gate) -> None:
    request_uri, nobody = gate.target.pushed(gate.handle()), gate.world.browser()
    for _ in range(3):
        page = gate.authorize(request_uri, nobody)
        assert (page.status, page.response.headers["Location"][:7]) == (303, "/login?")
    assert "code" in answered(gate.authorize(request_uri))


def test_H084_an_address_that_was_taken_out_gets_nothing_any_more(gate: Gate) -> None:
    request_uri = gate.target.pushed(gate.handle())
    gate.world.change("demo-melding", redirect_uris=("https://other.example/callback",))
    gate.stopped(gate.authorize(request_uri), 400, "request_uri_unknown")


CONFLICTS = {
    "redirect_uri": "https://evil.example/",
    "state": "of-the-attacker",
    "scope": "openid",
    "launch": NOTHING,
    "code_challenge": NOTHING,
    "response_type": "token",
    "response_mode": "fragment",
    "aud": "https://evil.example",
    "prompt": "login",
    "request": "a.b.c",
}


@pytest.mark.parametrize("name", list(CONFLICTS))
def test_H085_what_was_pushed_goes_before_what_the_browser_brings(gate: Gate, name: str) -> None:
    page = gate.authorize(gate.target.pushed(gate.handle()), None, **{name: CONFLICTS[name]})
    said = answered(page)
    assert (said["state"], said["iss"]) == ("opaque-state", gate.world.origin)
    assert page.response.headers["Location"].startswith(f"{gate.target.callback}?code=")
    assert gate.target.redeem(said["code"]).json()["scope"] == "launch"


@pytest.mark.parametrize("profile", ["strict"], indirect=True)
@pytest.mark.parametrize("table", ["launch", "context", "one_time"])
def test_H087_what_fails_behind_the_address_goes_back_there_and_what_fails_before_it_does_not(
    lone_gate: Gate, table: str
) -> None:
    gate = lone_gate
    request_uri = gate.target.pushed(gate.handle())
    gate.forget()
    with gate.world.database.write() as session:
        session.connection().exec_driver_sql(f"ALTER TABLE {table} RENAME TO away")
    page = gate.authorize(request_uri)
    if table == "one_time":
        gate.stopped(page, 503, "unavailable")
    else:
        gate.sent_back(page, "temporarily_unavailable")


@pytest.mark.parametrize("profile", ["strict"], indirect=True)
def test_H087_what_is_broken_goes_back_there_too(lone_gate: Gate) -> None:
    gate = lone_gate
    request_uri = gate.target.pushed(gate.handle())
    gate.forget()
    with gate.world.database.write() as session:
        sealed = gate.world.app.extensions["portal"].vault.seal({"patient": FNR}, "context")
        session.connection().exec_driver_sql("UPDATE context SET sealed = ?", (sealed,))
    page = gate.authorize(request_uri)
    assert [line.getMessage() for line in gate.lines.records if line.levelname == "ERROR"] == ["failed"]
    gate.sent_back(page, "server_error")
