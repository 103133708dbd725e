"""facts/security §4.3, H051 and H052: who is approved and enabled is a client, and nobody else; at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import requests
from support.bodies import document_body
from support.keys import ec
from support.liar import with_changes
from support.raw_target import NOTHING

from portal.demo.browser import Hop
from portal.domain import assertion
from portal.domain.client_registration import Client, PublicKey
from portal.store import registry

if TYPE_CHECKING:
    from support.gate import Gate
    from support.raw_target import RawTarget

pytestmark = pytest.mark.hostile


def _propose(gate: Gate, **fields: Any) -> None:
    before = gate.registered()
    assert before is not None
    with gate.world.database.write() as session:
        registry.propose_client(session, Client.model_validate(before.model_dump() | fields), "en")


def _post_json(target: RawTarget, path: str, **said: Any) -> requests.Response:
    proof = {"client_assertion_type": assertion.TYPE, "client_assertion": target.assertion()}
    headers = {"Content-Type": "application/json"} | target.prover(path)
    return requests.post(target.url(path), data=json.dumps(proof | said), headers=headers, timeout=20)


def test_H051_a_disabled_client_is_none_at_the_four_endpoints(gate: Gate) -> None:
    gate.disable()
    gate.is_nobody(gate.target.assertion())


def test_H051_a_disabled_client_gets_nothing_for_its_code_and_the_code_is_not_spent(gate: Gate) -> None:
    code = gate.code()
    gate.disable()
    gate.refused(gate.target.redeem(code), 401, "invalid_client")
    gate.begin_anew()
    assert gate.target.redeem(code).status_code == 200


def test_H051_a_disabled_client_refreshes_nothing(gate: Gate) -> None:
    given = gate.given(scope="openid launch online_access")
    gate.disable()
    gate.refused(gate.target.refresh(given.get("refresh_token", NOTHING)), 401, "invalid_client")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_H051_no_browser_is_sent_to_a_disabled_client(gate: Gate, method: str) -> None:
    pushed = {"client_id": "demo-melding", "request_uri": gate.target.pushed(gate.handle())}
    plain = gate.target.asking(gate.handle())
    gate.disable()
    for asked in (pushed, plain):
        gate.stopped(gate.ask(asked, method=method), 400)


def test_H051_nor_when_its_clinician_has_confirmed(gate: Gate) -> None:
    request_uri = gate.target.pushed(gate.handle())
    gate.disable()
    form = {"client_id": "demo-melding", "request_uri": request_uri}
    gate.stopped(gate.anna.step(Hop("POST", f"{gate.world.origin}/oauth/confirm", form, gate.world.origin)), 400)


@pytest.mark.parametrize("path", ["/api/context", "/api/launch-failure"])
def test_H051_a_disabled_client_is_none_where_JSON_is_spoken(gate: Gate, path: str) -> None:
    handle = gate.handle()
    said = {"/api/context": {"sub": "x"}, "/api/launch-failure": {"code": "not_opened"}}[path]
    gate.disable()
    answer = _post_json(gate.target, path, launch=handle, **said)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_client")
    gate.nothing_is_told(answer)


def test_H051_what_a_disabled_client_was_given_is_worth_nothing(gate: Gate) -> None:
    given = gate.given(scope="launch patient/Patient.r")

    def asked() -> list[int]:
        path, body = f"/fhir/Patient/{given['patient']}", document_body(given["patient"])
        read = gate.world.as_target("GET", path, given["access_token"])
        put = gate.world.as_target("PUT", "/api/writeback/d-1", given["writeback_token"], body)
        return [read.status, put.status]

    assert asked() == [200, 202]
    gate.disable()
    assert asked() == [401, 401]


def test_H052_who_was_never_registered_is_no_client(gate: Gate) -> None:
    gate.forget()
    gate.is_nobody(
        gate.target.assertion(iss="nobody", sub="nobody"), gate.target.assertion(iss="*", sub="*"), "", "null"
    )
    gate.stopped(gate.ask(gate.target.asking(NOTHING) | {"client_id": "nobody"}), 400, "client_unknown")


def test_H052_who_was_only_proposed_is_no_client(gate: Gate) -> None:
    registered = gate.registered()
    assert registered is not None
    gate.disable()
    with gate.world.database.write() as session:
        registry.propose_client(session, registered, "en")
    gate.is_nobody(gate.target.assertion())


def test_H052_a_key_that_was_only_proposed_opens_nothing_and_one_that_was_replaced_no_more(gate: Gate) -> None:
    new = ec("new-key")
    public = PublicKey.model_validate(with_changes(dict(new.public), {"use": "sig"}))
    _propose(gate, keys=(public,))
    gate.forget()
    gate.is_nobody(gate.target.assertion(key=new))
    gate.is_known()
    with gate.world.database.write() as session:
        registry.approve_client(session, "demo-melding", "to")
    gate.is_nobody(gate.target.assertion())
    assert gate.target.par(NOTHING, client_assertion=gate.target.assertion(key=new)).status_code == 201


def test_H052_a_redirect_uri_that_was_only_proposed_is_none(gate: Gate) -> None:
    evil = "https://evil.example/callback"
    _propose(gate, redirect_uris=(evil,))
    gate.forget()
    gate.refused(gate.target.par(NOTHING, redirect_uri=evil), 400, "invalid_request")
    gate.stopped(gate.ask(urlencode(gate.target.asking(NOTHING, redirect_uri=evil))))
    assert gate.target.par(NOTHING).status_code == 201
