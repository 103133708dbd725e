"""Where a target speaks JSON (/api/context, /api/launch-failure): who it is, and what it sends and may learn."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sqlalchemy import select
from support.bodies import LINE
from support.helseid import ANNA, BO
from support.keys import ec, unsigned
from support.liar import MISSING, with_changes
from support.raw_target import NOTHING

from portal.domain import assertion
from portal.domain.launch_failure import Code
from portal.store.tables.launches import LaunchFailureRow

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile

PATHS = ["/api/context", "/api/launch-failure"]


def _body(gate: Gate, path: str, handle: str = NOTHING, **changes: Any) -> dict[str, Any]:
    own = {"sub": ANNA.sub} if path == "/api/context" else {"code": "not_opened"}
    said = {"client_assertion_type": assertion.TYPE, "client_assertion": gate.target.assertion(), "launch": handle}
    return with_changes(said | own, changes)


def _post(gate: Gate, path: str, body: Any, **headers: str) -> requests.Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", "DPoP": gate.target.proof(path)} | headers
    return requests.post(gate.target.url(path), data=data, headers=sent, timeout=20)


def _is_refused(gate: Gate, answer: requests.Response, status: int, code: str) -> None:
    """RFC 9457: a problem that repeats nothing, in one line of the log."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    said = [line.__dict__["code"] for line in gate.lines.records if line.getMessage() == "refused"]
    assert said == [code]
    gate.nothing_is_told(answer)
    gate.lines.forget()


@pytest.mark.parametrize("path", PATHS)
def test_who_does_not_prove_itself_is_nobody(gate: Gate, path: str) -> None:
    at, origin = int(gate.world.clock().timestamp()), gate.world.origin
    wrong = [
        gate.target.assertion(key=ec("thief")),
        gate.target.assertion({"kid": "demo-melding"}, key=ec("thief")),
        gate.target.assertion(aud=f"{origin}{path}"),
        gate.target.assertion(aud=[origin]),
        gate.target.assertion(exp=at - 1),
        gate.target.assertion(exp=at + 3_600),
        gate.target.assertion(sub="demo-annen"),
        gate.target.assertion(iss="nobody", sub="nobody"),
        unsigned({"alg": "none", "kid": "demo-melding"}, gate.target.claims()),
        "a.b.c",
        "",
    ]
    handle = gate.handle()
    gate.forget()
    for one in wrong:
        _is_refused(gate, _post(gate, path, _body(gate, path, handle, client_assertion=one)), 401, "invalid_client")
    for kind in ("", "x", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"):
        answer = _post(gate, path, _body(gate, path, handle, client_assertion_type=kind))
        _is_refused(gate, answer, 401, "invalid_client")
    assert _post(gate, path, _body(gate, path, handle)).ok, "nothing was spent"


@pytest.mark.parametrize("path", PATHS)
def test_an_assertion_that_was_used_elsewhere_is_used_here(gate: Gate, path: str) -> None:
    used = gate.target.assertion()
    gate.target.par(NOTHING, client_assertion=used)
    gate.forget()
    _is_refused(gate, _post(gate, path, _body(gate, path, client_assertion=used)), 401, "invalid_client")
    used = gate.target.assertion()
    _post(gate, path, _body(gate, path, client_assertion=used))
    gate.forget()
    gate.refused(gate.target.par(NOTHING, client_assertion=used), 401, "invalid_client")


BYTES = {
    "deep": b'{"launch":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "not closed": b'{"launch": "x"',
    "a list": b"[]",
    "null": b"null",
    "NaN": b'{"launch": NaN}',
    "UTF-16": '{"launch": "x"}'.encode("utf-16"),
    "a surrogate": b'{"launch": "\\ud800"}',
    "a name twice": b'{"launch": "a", "launch": "b"}',
    "nothing": b"",
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("raw", BYTES.values(), ids=list(BYTES))
def test_JSON_that_can_be_read_in_two_ways_is_not_read(gate: Gate, path: str, raw: bytes) -> None:
    _is_refused(gate, _post(gate, path, raw), 400, "malformed_json")


def _chunked(gate: Gate, path: str) -> requests.Response:
    data = iter([json.dumps(_body(gate, path)).encode()])
    return requests.post(gate.target.url(path), data=data, headers={"Content-Type": "application/json"}, timeout=20)


@pytest.mark.parametrize("path", PATHS)
def test_what_is_too_large_or_no_JSON_or_of_no_length(gate: Gate, path: str) -> None:
    _is_refused(gate, _post(gate, path, b'{"x": "' + b"y" * 20_000 + b'"}'), 413, "body_too_large")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        _is_refused(gate, _post(gate, path, b"{}", **{"Content-Type": kind}), 415, "unsupported_media_type")
    _is_refused(gate, _chunked(gate, path), 411, "length_required")


FIELDS: list[dict[str, Any]] = [
    {"launch": MISSING},
    {"launch": None},
    {"launch": ["x"]},
    {"launch": "x" * 129},
    {"launch": "a\0b"},
    {"launch": "../x"},
    {"launch": ""},
    {"patient": LINE["number"]},
    {"client_assertion": MISSING},
    {"client_assertion": 1},
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("changes", FIELDS)
def test_a_field_that_is_none(gate: Gate, path: str, changes: dict[str, Any]) -> None:
    _is_refused(gate, _post(gate, path, with_changes(_body(gate, path), changes)), 422, "invalid_body")


@pytest.mark.parametrize("sub", ["", "x" * 256, "a\0b", "ø", None, ["x"]])
def test_a_person_that_is_none_burns_nothing(gate: Gate, sub: Any) -> None:
    handle = gate.handle()
    gate.forget()
    _is_refused(gate, _post(gate, PATHS[0], _body(gate, PATHS[0], handle, sub=sub)), 422, "invalid_body")
    assert _post(gate, PATHS[0], _body(gate, PATHS[0], handle)).status_code == 200


def test_another_person_learns_nothing_and_the_launch_is_burned_with_one_row(gate: Gate) -> None:
    handle, path = gate.handle(), PATHS[0]
    request_uri = gate.target.pushed(handle)
    gate.forget()
    _is_refused(gate, _post(gate, path, _body(gate, path, handle, sub=BO.sub)), 403, "launch_other_person")
    assert gate.audited("launch_redeemed") == ["other_person"]
    for sub in (BO.sub, ANNA.sub):
        _is_refused(gate, _post(gate, path, _body(gate, path, handle, sub=sub)), 404, "launch_unknown")
    assert gate.audited("launch_redeemed") == ["other_person"]
    gate.sent_back(gate.authorize(request_uri), "invalid_request")


def test_another_clients_launch_is_unknown_and_stays_whole(gate: Gate) -> None:
    handle = gate.handle()
    gate.forget()
    for path in PATHS:
        body = _body(gate, path, handle, client_assertion=gate.other.assertion())
        headers = {"DPoP": gate.other.proof(path)}
        _is_refused(gate, _post(gate, path, body, **headers), 404, "launch_unknown")
    assert _post(gate, PATHS[0], _body(gate, PATHS[0], handle)).status_code == 200


def test_a_failure_that_is_told_spends_nothing_and_names_nobody(gate: Gate) -> None:
    handle, path = gate.handle(), PATHS[1]
    told = _post(gate, path, _body(gate, path, handle))
    assert told.status_code == 201
    gate.nothing_is_told(told)
    page = gate.world.browser().open(told.json()["page"])
    assert not page.url.startswith(told.json()["page"]), "who is not logged in logs in first"
    assert _post(gate, PATHS[0], _body(gate, PATHS[0], handle)).status_code == 200


@pytest.mark.parametrize("code", ["<script>", "Not Opened", "x" * 41, "", LINE["number"], "a\nb", "a\0b", None, ["x"]])
def test_a_targets_own_word_is_kept_nowhere(gate: Gate, code: Any) -> None:
    answer = _post(gate, PATHS[1], _body(gate, PATHS[1], gate.handle(), code=code))
    assert answer.status_code in {201, 422}
    gate.nothing_is_told(answer)
    with gate.world.database.read() as session:
        kept = set(session.scalars(select(LaunchFailureRow.code)))
    assert kept <= {str(known.value) for known in Code}
    assert set(gate.audited("launch_failed")) <= kept


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method(gate: Gate, path: str, method: str) -> None:
    _is_refused(gate, requests.request(method, gate.target.url(path), timeout=20), 405, "method_not_allowed")


def test_a_handle_of_five_minutes_ago(gate: Gate) -> None:
    handle = gate.handle()
    gate.world.clock.ahead += timedelta(minutes=5, seconds=1)
    gate.forget()
    _is_refused(gate, _post(gate, PATHS[0], _body(gate, PATHS[0], handle)), 410, "launch_expired")
