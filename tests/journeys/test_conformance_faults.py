"""Faults that a vendor orders in the sandbox, to see what its journal does about them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.bodies import LINE, OLE, session_body
from support.sandbox import rows, trying

from portal.demo.browser import Hop
from portal.domain.conformance.case import CaseId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.vendor import Vendor


@pytest.fixture
def vendor(database_url: str, tmp_path: Path) -> Iterator[Vendor]:
    with trying(database_url, tmp_path) as it:
        yield it


def no_nonce(vendor: Vendor) -> None:
    assert vendor.create()[0].status == 401
    assert vendor.create()[0].status == 201


def one_proof_for_both(vendor: Vendor) -> None:
    body = session_body(secrets.token_urlsafe(32), LINE)
    asked = vendor.call("create", body, jti="one-jti-for-both")
    again = vendor.call("create", body, jti="one-jti-for-both", nonce=asked.headers["dpop-nonce"])
    assert again.status == 401


def without_a_pause(vendor: Vendor) -> None:
    assert [vendor.create()[0].status for _ in range(4)] == [503] * 4


def refreshed_on_and_on(vendor: Vendor) -> None:
    opened = vendor.opened()
    assert [vendor.refresh(opened).status for _ in range(2)] == [410] * 2


def with_the_same_code(vendor: Vendor) -> None:
    opened = vendor.opened()
    assert [vendor.start(opened).status for _ in range(2)] == [410] * 2


ON_FAULTS: list[tuple[CaseId, str, Callable[[Vendor], None]]] = [
    (CaseId.ON_NONCE, "use_dpop_nonce", no_nonce),
    (CaseId.ON_NONCE, "use_dpop_nonce", one_proof_for_both),
    (CaseId.ON_UNAVAILABLE, "unavailable", without_a_pause),
    (CaseId.ON_CONTEXT_ENDED, "context_ended", refreshed_on_and_on),
    (CaseId.ON_START_EXPIRED, "start_expired", with_the_same_code),
]


def test_each_wrong_answer_to_a_fault_turns_its_own_case_red_and_no_other(vendor: Vendor) -> None:
    for case, fault, answer in ON_FAULTS:
        vendor.start_over()
        vendor.order(fault)
        answer(vendor)
        assert vendor.of("failed") == {case}, answer
        vendor.world.clock.ahead += timedelta(seconds=10)


def test_a_fault_is_given_once_to_the_epj_that_it_was_ordered_for(vendor: Vendor) -> None:
    assert "venter" in vendor.order("context_ended").text
    vendor.order("context_ended")
    first, second = vendor.opened(), vendor.opened(OLE)
    assert vendor.create()[0].status == 201
    assert [vendor.refresh(first).status, vendor.refresh(second).status] == [410, 200]
    assert "venter" not in vendor.browser.open(vendor.page).text
    assert vendor.call("refresh", {"sessionId": first["sessionId"]}).status == 410


def test_an_order_is_forgotten_after_ten_minutes_and_when_somebody_starts_over(vendor: Vendor) -> None:
    vendor.order("unavailable")
    vendor.start_over()
    assert vendor.create()[0].status == 201
    vendor.order("unavailable")
    vendor.world.clock.ahead += timedelta(minutes=10)
    vendor.token = vendor.world.epj_token(vendor.person)
    assert vendor.create()[0].status == 201


def test_a_call_that_is_wrong_by_itself_is_refused_for_that_though_a_fault_was_ordered(vendor: Vendor) -> None:
    vendor.order("unavailable")
    assert vendor.call("create", {}, scheme="Bearer").json()["code"] == "invalid_token"


def test_a_code_that_was_said_to_be_too_old_opens_nothing(vendor: Vendor) -> None:
    vendor.order("start_expired")
    opened = vendor.opened()
    assert vendor.start(opened).status == 410
    assert vendor.start(opened, vendor.world.browser()).status == 410


@pytest.mark.parametrize("form", [{}, {"fault": "none-such"}])
def test_only_faults_that_there_are_can_be_ordered(vendor: Vendor, form: dict[str, str]) -> None:
    assert vendor.browser.follow(Hop("POST", f"{vendor.page}/feil", form, vendor.world.origin)).status == 400


@pytest.mark.parametrize("what", ["feil", "forfra"])
def test_no_other_page_orders_or_forgets(vendor: Vendor, what: str) -> None:
    vendor.opened()
    hop = Hop("POST", f"{vendor.page}/{what}", {"fault": "unavailable"}, "https://other.example")
    assert vendor.browser.follow(hop).status == 403
    assert [row.event for row in rows(vendor.world)] == ["create"]
