"""Targets of other kinds in the sandbox: signed on by us, without OAuth, launched by POST, and the operator's own."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest
from support.helseid import ANNA
from support.keys import ec
from support.owner import AT, ID, JSON, Owner
from support.staging import living

from portal.demo.browser import Hop
from portal.domain import assertion, jose
from portal.domain.conformance.target.case import CaseId
from portal.domain.jose import Unsound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from portal.adapters.http import Answer

SIGN_ON = {"profile": "classic", "sign_on": True}


@pytest.fixture
def owner(database_url: str, tmp_path: Path) -> Iterator[Owner]:
    with living(database_url, tmp_path, environment="sandbox") as world:
        yield Owner(world)


def signed_on(owner: Owner) -> dict[str, Any]:
    """A launch of a target that takes our id token: the token response."""
    carried, verifier = owner.ask(owner.press(), scope="openid fhirUser launch patient/Patient.r", nonce="n" * 43)
    return dict(owner.redeem(carried["code"], verifier).json())


def believed(token: str, keys: list[dict[str, Any]]) -> bool:
    try:
        jose.verify(token, keys, algorithms=("RS256",), types=("JWT",))
    except Unsound:
        return False
    return True


def jwks(owner: Owner) -> list[dict[str, Any]]:
    return list(owner.world.egress.send("GET", f"{owner.world.origin}/.well-known/jwks.json").json()["keys"])


def test_a_new_key_is_in_an_id_token_and_in_the_jwks(owner: Owner) -> None:
    owner.register(**SIGN_ON)
    known = jwks(owner)
    assert believed(signed_on(owner)["id_token"], known)
    owner.order("key_rotation")
    given = signed_on(owner)
    assert not believed(given["id_token"], known)
    assert believed(given["id_token"], jwks(owner))
    assert owner.outcome(CaseId.ON_KEY_ROTATION) == "not_seen"
    path = f"/fhir/Patient/{given['patient']}"
    assert owner.world.call("GET", path, given["access_token"], key=ec(ID).private).status == 200
    assert owner.outcome(CaseId.ON_KEY_ROTATION) == "passed"
    assert believed(signed_on(owner)["id_token"], known)


def test_a_target_that_does_not_read_the_keys_again_is_red_in_this_alone(owner: Owner) -> None:
    owner.register(**SIGN_ON)
    owner.order("key_rotation")
    owner.tell("login_failed", trace_id=signed_on(owner)["trace_id"])
    assert owner.of("failed") == {CaseId.ON_KEY_ROTATION}


def test_a_target_that_never_used_what_came_with_the_new_key_is_told_to(owner: Owner) -> None:
    owner.register(**SIGN_ON)
    owner.order("key_rotation")
    for _ in range(2):
        signed_on(owner)
    case = owner.judged()[CaseId.ON_KEY_ROTATION]
    assert case["outcome"] == "not_seen"
    assert "Patient" in case["why"]


def taken_up(owner: Owner, handle: str) -> Answer:
    """The context, without OAuth."""
    signed = assertion.make(ec(ID).private, ID, owner.world.origin, owner.world.clock(), secrets.token_urlsafe(32))
    proof = {"client_assertion_type": assertion.TYPE, "client_assertion": signed}
    data = json.dumps({**proof, "launch": handle, "sub": ANNA.sub}).encode()
    return owner.world.egress.send("POST", f"{owner.world.origin}/api/context", headers=JSON, data=data)


def test_a_target_without_oauth_is_judged_by_the_way_that_it_goes(owner: Owner) -> None:
    owner.register(writeback=False)
    assert taken_up(owner, owner.press()).status == 200
    owner.manage("erklaering", case=CaseId.BANNER)
    for fault, status in {"expired": 410, "replayed": 404, "other_client": 404}.items():
        owner.order(fault)
        handle = owner.press()
        assert taken_up(owner, handle).status == status
        owner.tell(launch=handle)
    judged = owner.judged()
    assert {name: case for name, case in judged.items() if case["outcome"] != "passed"} == {}
    assert CaseId.PUSHED not in judged
    owner.order("expired")
    handle = owner.press()
    for _ in range(2):
        taken_up(owner, handle)
    assert owner.of("failed") == {CaseId.ON_EXPIRED}


def test_a_target_that_is_signed_on_alone_is_judged_without_launches(owner: Owner) -> None:
    owner.register(**SIGN_ON, launch_url=None, release=[], writeback=False, initiate_login_uri=f"{AT}/login")
    click = Hop("POST", f"{owner.page}/start", {"patient": "solvi"}, owner.world.origin)
    onwards = owner.browser.next(owner.browser.step(click), click)
    assert onwards is not None
    assert onwards.url.startswith(f"{AT}/login?iss=")
    for fault in ("", "wrong_issuer", "wrong_state", "access_denied", "helseid_down", ""):
        if fault:
            owner.order(fault)
        carried, verifier = owner.ask("", scope="openid", nonce="n" * 43, aud="")
        if not fault:
            assert owner.redeem(carried["code"], verifier).status == 200
    missing = {name for name, case in owner.judged().items() if case["outcome"] != "passed"}
    assert missing == {CaseId.ON_UNAVAILABLE}
    owner.order("wrong_issuer")
    carried, verifier = owner.ask("", scope="openid", nonce="n" * 43, aud="")
    owner.redeem(carried["code"], verifier)
    assert owner.of("failed") == {CaseId.ON_WRONG_ISSUER}


def test_addresses_with_a_query_of_their_own_are_read_as_far_as_they_are_ours(owner: Owner) -> None:
    odd = "?error=Not+A+Word&code=theirs"
    owner.register(launch_url=f"{AT}/launch{odd}", redirect_uris=[f"{AT}/callback{odd}"])
    click = Hop("POST", f"{owner.page}/start", {"patient": "solvi"}, owner.world.origin)
    onwards = owner.browser.next(owner.browser.step(click), click)
    assert onwards is not None
    request_uri, _ = owner.push(onwards.query()["launch"], redirect_uri=f"{AT}/callback{odd}")
    assert owner.world.authorize(owner.browser, ID, request_uri).status == 303
    assert owner.outcome(CaseId.REQUEST) == "passed"


def test_a_launch_by_post_is_watched_and_spoiled_too(owner: Owner) -> None:
    owner.register(launch_method="post")
    owner.order("expired")
    click = Hop("POST", f"{owner.page}/start", {"patient": "solvi"}, owner.world.origin)
    page = owner.browser.step(click)
    assert page.form(form_id="forward").method == "POST"
    handle = page.form(form_id="forward").fields["launch"]
    assert owner.ask(handle)[0]["error"] == "invalid_request"
    owner.tell(launch=handle)
    assert owner.outcome(CaseId.ON_EXPIRED) == "passed"


def test_what_an_operator_registered_is_tried_without_a_secret_and_from_the_journal_too(owner: Owner) -> None:
    world, browser = owner.world, owner.world.browser()
    listed = world.open_patient(browser, ANNA)
    page = f"{world.origin}/sandkasse/mal/demo-melding"
    ordered = browser.step(Hop("POST", f"{page}/feil", {"fault": "replayed"}, world.origin))
    assert ordered.status == 303
    handle = world.handle(browser, listed)
    pushed, _ = world.push("demo-melding", handle)
    assert (
        "error=invalid_request"
        in world.authorize(browser, "demo-melding", pushed.json()["request_uri"]).response.headers["Location"]
    )
    assert world.launch(browser, listed)["patient"]
    report = world.egress.send("GET", f"{page}?format=json").json()
    found = {case["id"]: case["outcome"] for case in report["cases"]}
    assert found[CaseId.LAUNCH] == "passed"
    assert found[CaseId.ON_REPLAYED] == "failed"
