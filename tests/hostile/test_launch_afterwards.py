"""facts/security §4.3, H105 to H108: what is said of a token, and who may end what; for its own client alone."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from support.bodies import LINE
from support.liar import MISSING
from support.raw_target import NOTHING

from portal.demo.browser import Hop

if TYPE_CHECKING:
    from typing import Any

    from support.gate import Gate

pytestmark = pytest.mark.hostile

TOKENS = ["access_token", "writeback_token"]
SCOPE = "openid launch fhirUser online_access"


def _is_active(gate: Gate, token: str) -> bool:
    return bool(gate.target.about("introspect", token).json()["active"])


def test_H105_another_clients_token_is_as_if_it_were_none(gate: Gate) -> None:
    given = gate.given(scope=SCOPE)
    for name in [*TOKENS, "refresh_token", "id_token"]:
        token = given.get(name, NOTHING)
        asked, nothing = (gate.other.about("introspect", one) for one in (token, NOTHING))
        assert (asked.status_code, asked.json(), asked.content) == (200, {"active": False}, nothing.content)
        assert asked.headers["Cache-Control"] == "no-store"


def test_H105_another_client_revokes_nothing_and_is_not_told(gate: Gate) -> None:
    given = gate.given(scope=SCOPE)
    gate.forget()
    for name in TOKENS:
        answer = gate.other.about("revoke", given[name])
        assert (answer.status_code, answer.content) == (200, b"")
        assert _is_active(gate, given[name])
    assert gate.audited("token_revoked") == []


@pytest.mark.parametrize("token", ["x", NOTHING, "a.b.c", "x" * 9_000, "ø", "null", "%00"])
def test_H106_what_was_never_a_token(gate: Gate, token: str) -> None:
    assert gate.target.about("introspect", token).json() == {"active": False}
    assert gate.target.about("revoke", token).status_code == 200
    assert gate.audited("token_revoked") == []


@pytest.mark.parametrize("endpoint", ["revoke", "introspect"])
@pytest.mark.parametrize("token", ["", MISSING])
def test_H106_no_token_at_all(gate: Gate, endpoint: str, token: Any) -> None:
    gate.refused(gate.target.about(endpoint, NOTHING, token=token), 400, "invalid_request")


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("hint", [MISSING, "access_token", "refresh_token", "x"])
def test_H106_what_was_given_back_is_gone_with_one_row_in_the_audit(gate: Gate, name: str, hint: Any) -> None:
    given = gate.given()
    gate.forget()
    for _ in range(2):
        assert gate.target.about("revoke", given[name], token_type_hint=hint).status_code == 200
    assert len(gate.audited("token_revoked")) == 1
    assert not _is_active(gate, given[name])
    assert _is_active(gate, given[next(other for other in TOKENS if other != name)])


def test_H106_what_is_over_is_not_active(gate: Gate) -> None:
    given = gate.given()
    gate.world.clock.ahead += gate.world.settings.lifetimes.access_token
    assert (_is_active(gate, given["access_token"]), _is_active(gate, given["writeback_token"])) == (False, True)


def test_H106_a_logout_ends_access_and_leaves_the_right_to_write_back(gate: Gate) -> None:
    given = gate.given(scope=SCOPE)
    gate.anna.step(Hop("POST", f"{gate.world.origin}/logout", {}, gate.world.origin))
    active = [_is_active(gate, given[name]) for name in TOKENS]
    gate.come_in()
    assert active == [False, True]
    assert not _is_active(gate, given.get("refresh_token", NOTHING))


def test_H106_a_code_that_is_out_at_the_logout_gives_nothing(gate: Gate) -> None:
    code, handle = gate.code(), gate.handle()
    gate.anna.step(Hop("POST", f"{gate.world.origin}/logout", {}, gate.world.origin))
    gate.come_in()
    gate.forget()
    gate.refused(gate.target.redeem(code), 400, "invalid_grant")
    gate.forget()
    gate.sent_back(gate.authorize(gate.target.pushed(handle)), "invalid_request")


def test_H105_what_is_said_of_a_token_is_as_narrow_as_the_registration(gate: Gate) -> None:
    given = gate.given()
    assert LINE["number"] in gate.target.about("introspect", given["access_token"]).text
    gate.world.change("demo-melding", release=("organisation",))
    assert LINE["number"] not in gate.target.about("introspect", given["access_token"]).text
    assert LINE["number"] not in gate.target.about("introspect", given["writeback_token"]).text


@pytest.mark.parametrize("hint", ["of-nobody", "own", "a.b.c", "x" * 3_000])
@pytest.mark.parametrize("back", ["https://evil.example/", "http://127.0.0.1:9/demo-melding/callback"])
def test_H107_a_hint_from_a_target_logs_nobody_out(gate: Gate, hint: str, back: str) -> None:
    token = gate.given(scope=SCOPE)["id_token"] if hint == "own" else hint
    query = urlencode(
        {"id_token_hint": token, "post_logout_redirect_uri": back, "state": "x", "client_id": "demo-melding"}
    )
    page = gate.anna.step(Hop("GET", f"{gate.world.origin}/logout?{query}"))
    assert (page.status, "Location" in page.response.headers) == (200, False)
    assert "evil.example" not in page.response.text
    assert gate.anna.step(Hop("GET", f"{gate.world.origin}/mine")).status == 200, "she is still in"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_H108_nor_does_a_form_of_somebody_elses(gate: Gate, origin: str | None) -> None:
    form = {"id_token_hint": "x", "post_logout_redirect_uri": "https://evil.example/"}
    page = gate.anna.step(Hop("POST", f"{gate.world.origin}/logout", form, origin))
    gate.stopped(page, 403, "foreign_origin")
    assert gate.anna.step(Hop("GET", f"{gate.world.origin}/mine")).status == 200


@pytest.mark.parametrize("endpoint", ["/oauth/end_session", "/connect/endsession", "/oauth/register"])
def test_H108_what_we_do_not_have_is_not_there(gate: Gate, endpoint: str) -> None:
    form = {"redirect_uris": ["https://evil.example/"], "token": "x"}
    assert gate.target.post(endpoint, form).status_code in {403, 404}
    assert gate.anna.step(Hop("GET", f"{gate.world.origin}{endpoint}")).status == 404
