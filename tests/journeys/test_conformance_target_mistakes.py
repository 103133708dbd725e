"""An owner's target in the sandbox that does one thing wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from support.bodies import with_pdf
from support.keys import ec
from support.owner import ID, Owner, confirmed
from support.staging import living

from portal.demo.browser import Hop
from portal.domain import assertion
from portal.domain.conformance.target.case import CaseId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

VERIFIER = "v" * 43


@pytest.fixture
def owner(database_url: str, tmp_path: Path) -> Iterator[Owner]:
    with living(database_url, tmp_path, environment="sandbox") as world:
        it = Owner(world)
        assert it.register().status == 201
        yield it


def with_another_verifier(owner: Owner) -> None:
    carried, _ = owner.ask(owner.press())
    assert owner.redeem(carried["code"], VERIFIER).status == 400


def for_another_server(owner: Owner) -> None:
    assert owner.push(owner.press(), aud="https://fhir.example/r4")[0] == ""


def slowly(owner: Owner) -> None:
    handle = owner.press()
    owner.world.clock.ahead += timedelta(seconds=61)
    assert "error" in owner.ask(handle)[0]


def in_the_address(owner: Owner) -> None:
    asked = {**owner.asked(VERIFIER, owner.press()), "client_id": ID}
    answer = owner.browser.step(Hop("GET", f"{owner.world.origin}/oauth/authorize?{urlencode(asked)}"))
    assert answer.status == 303


def with_one_challenge(owner: Owner) -> None:
    for _ in range(2):
        owner.client.post(f"{owner.world.origin}/oauth/par", owner.asked(VERIFIER, owner.press()))


def by_plain(owner: Owner) -> None:
    assert owner.push(owner.press(), code_challenge_method="plain")[0] == ""


def without_state(owner: Owner) -> None:
    owner.ask(owner.press(), state="")
    owner.ask(owner.press())


def with_a_short_state(owner: Owner) -> None:
    owner.ask(owner.press(), state="12345678")
    owner.ask(owner.press())


def with_one_state(owner: Owner) -> None:
    for _ in range(2):
        owner.ask(owner.press(), state="s" * 43)


def with_one_assertion(owner: Owner) -> None:
    signed = assertion.make(ec(ID).private, ID, owner.world.origin, owner.world.clock(), "one-jti-for-all")
    proven = {"client_id": ID, "client_assertion_type": assertion.TYPE, "client_assertion": signed}
    for verifier, status in ((VERIFIER, 201), ("w" * 43, 401)):
        form = owner.asked(verifier, owner.press()) | proven
        assert owner.world.egress.send("POST", f"{owner.world.origin}/oauth/par", data=form).status == status


def for_the_token_address(owner: Owner) -> None:
    token = f"{owner.world.origin}/oauth/token"
    signed = assertion.make(ec(ID).private, ID, token, owner.world.clock(), "a-jti")
    proven = {"client_id": ID, "client_assertion_type": assertion.TYPE, "client_assertion": signed}
    form = owner.asked(VERIFIER, owner.press()) | proven
    assert owner.world.egress.send("POST", f"{owner.world.origin}/oauth/par", data=form).status == 401


def from_a_browser(owner: Owner) -> None:
    carried, verifier = owner.ask(owner.press())
    assert owner.send_token(carried["code"], verifier, Origin="https://spa.example").status == 200


def twice(owner: Owner) -> None:
    carried, verifier = owner.ask(owner.press())
    assert [owner.redeem(carried["code"], verifier).status for _ in range(2)] == [200, 400]


def late(owner: Owner) -> None:
    carried, verifier = owner.ask(owner.press())
    owner.world.clock.ahead += timedelta(seconds=61)
    assert owner.redeem(carried["code"], verifier).status == 400


def with_one_proof(owner: Owner) -> None:
    for status in (200, 400):
        carried, verifier = owner.ask(owner.press())
        proof = owner.proof("one-jti-for-every-call")
        assert owner.send_token(carried["code"], verifier, **proof).status == status


def as_bearer(owner: Owner) -> None:
    assert owner.put(owner.launch(), scheme="Bearer").status == 401


def for_another_patient(owner: Owner) -> None:
    assert owner.put(owner.launch(), patient="a" * 64).status == 403


def what_is_no_pdf(owner: Owner) -> None:
    assert owner.put(owner.launch(), **with_pdf(b"not a pdf")).status == 422


def of_a_launch_that_never_was(owner: Owner) -> None:
    assert owner.tell(trace_id="never-was").status == 404


MISTAKES: list[tuple[CaseId, Callable[[Owner], None]]] = [
    (CaseId.LAUNCH, with_another_verifier),
    (CaseId.REQUEST, for_another_server),
    (CaseId.REQUEST, slowly),
    (CaseId.PUSHED, in_the_address),
    (CaseId.CHALLENGE, with_one_challenge),
    (CaseId.CHALLENGE, by_plain),
    (CaseId.STATE, without_state),
    (CaseId.STATE, with_a_short_state),
    (CaseId.STATE, with_one_state),
    (CaseId.CLIENT, with_one_assertion),
    (CaseId.CLIENT, for_the_token_address),
    (CaseId.BACK_CHANNEL, from_a_browser),
    (CaseId.CODE, twice),
    (CaseId.CODE, late),
    (CaseId.PROOF, with_one_proof),
    (CaseId.BOUND, as_bearer),
    (CaseId.PATIENT, for_another_patient),
    (CaseId.WRITEBACK, what_is_no_pdf),
    (CaseId.FAILURE, of_a_launch_that_never_was),
]


def test_each_mistake_turns_its_own_case_red_and_no_other(owner: Owner) -> None:
    for case, mistake in MISTAKES:
        owner.manage("forfra")
        mistake(owner)
        assert owner.of("failed") == {case}, mistake


def again(owner: Owner) -> None:
    handle = owner.press()
    for _ in range(2):
        owner.ask(handle)


def told_nobody(owner: Owner) -> None:
    owner.ask(owner.press())
    owner.launch()


def redeemed_all_the_same(owner: Owner) -> None:
    carried, verifier = owner.ask(owner.press())
    assert owner.redeem(carried["code"], verifier).status == 400


def without_a_pause(owner: Owner) -> None:
    carried, verifier = owner.ask(owner.press())
    assert [owner.redeem(carried["code"], verifier).status for _ in range(4)] == [503] * 4


def with_the_same_proof(owner: Owner) -> None:
    carried, verifier = owner.ask(owner.press())
    proof = owner.proof("one-jti-for-both")
    assert owner.send_token(carried["code"], verifier, **proof).status == 503
    owner.world.clock.ahead += timedelta(seconds=2)
    owner.send_token(carried["code"], verifier, **proof)


def without_the_nonce(owner: Owner) -> None:
    carried, verifier = owner.ask(owner.press())
    assert [owner.send_token(carried["code"], verifier).status for _ in range(2)] == [400, 200]


def never_again(owner: Owner) -> None:
    carried, verifier = owner.ask(owner.press())
    assert owner.send_token(carried["code"], verifier).json()["error"] == "use_dpop_nonce"
    owner.launch()


def with_nonce_and_the_same_proof(owner: Owner) -> None:
    carried, verifier = owner.ask(owner.press())
    asked = owner.send_token(carried["code"], verifier, **owner.proof("one-jti-for-both"))
    owner.send_token(carried["code"], verifier, **owner.proof("one-jti-for-both", asked.headers["dpop-nonce"]))


def forgotten_meanwhile(owner: Owner) -> None:
    request_uri, _ = owner.push(owner.press())
    assert "code" in confirmed(owner, request_uri)
    owner.launch()


def mixed_up(owner: Owner) -> None:
    second = owner.launch()
    first, owner.kept = owner.kept, {}
    assert owner.put(first, patient=second["patient"]).status == 403


def not_compared(owner: Owner) -> None:
    assert owner.put(owner.launch()).status == 202


ON_FAULTS: list[tuple[CaseId, str, Callable[[Owner], None]]] = [
    (CaseId.ON_EXPIRED, "expired", again),
    (CaseId.ON_EXPIRED, "expired", told_nobody),
    (CaseId.ON_REPLAYED, "replayed", again),
    (CaseId.ON_REPLAYED, "replayed", told_nobody),
    (CaseId.ON_OTHER_CLIENT, "other_client", again),
    (CaseId.ON_OTHER_CLIENT, "other_client", told_nobody),
    (CaseId.ON_HELSEID_DOWN, "helseid_down", again),
    (CaseId.ON_HELSEID_DOWN, "helseid_down", told_nobody),
    (CaseId.ON_DENIED, "access_denied", again),
    (CaseId.ON_DENIED, "access_denied", told_nobody),
    (CaseId.ON_WRONG_ISSUER, "wrong_issuer", redeemed_all_the_same),
    (CaseId.ON_WRONG_ISSUER, "wrong_issuer", told_nobody),
    (CaseId.ON_WRONG_STATE, "wrong_state", redeemed_all_the_same),
    (CaseId.ON_UNAVAILABLE, "token_unavailable", without_a_pause),
    (CaseId.ON_UNAVAILABLE, "token_unavailable", with_the_same_proof),
    (CaseId.ON_NONCE, "use_dpop_nonce", without_the_nonce),
    (CaseId.ON_NONCE, "use_dpop_nonce", never_again),
    (CaseId.ON_NONCE, "use_dpop_nonce", with_nonce_and_the_same_proof),
    (CaseId.ON_PARKED, "parked", forgotten_meanwhile),
    (CaseId.ON_OTHER_PATIENT, "other_patient", mixed_up),
    (CaseId.ON_OTHER_PERSON, "other_person", not_compared),
]


def test_each_wrong_answer_to_a_fault_turns_its_own_case_red_and_no_other(owner: Owner) -> None:
    for case, fault, answer in ON_FAULTS:
        owner.manage("forfra")
        owner.kept = owner.launch()
        owner.order(fault)
        answer(owner)
        assert owner.of("failed") == {case}, answer
