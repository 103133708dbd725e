"""A vendor's journal in the sandbox that does one thing wrong."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.bodies import LINE, OLE, session_body
from support.helseid import BO
from support.sandbox import trying

from portal.demo.browser import Hop
from portal.domain.conformance.case import CaseId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.vendor import Vendor

LATE = timedelta(seconds=61)


@pytest.fixture
def vendor(database_url: str, tmp_path: Path) -> Iterator[Vendor]:
    with trying(database_url, tmp_path) as it:
        yield it


def by_query(vendor: Vendor) -> None:
    opened = vendor.opened()
    query = f"code={opened['code']}&ehr_code_verifier={opened['verifier']}"
    vendor.browser.step(Hop("GET", f"{opened['startUrl']}?{query}"))


def too_late(vendor: Vendor) -> None:
    opened = vendor.opened()
    vendor.world.clock.ahead += LATE
    assert vendor.start(opened).status == 410


def twice(vendor: Vendor) -> None:
    vendor.start(opened := vendor.opened())
    assert vendor.start(opened).status == 410


def with_another_verifier(vendor: Vendor) -> None:
    vendor.start({**vendor.opened(), "verifier": "x" * 43})


def at_another_s_browser(vendor: Vendor) -> None:
    browser = vendor.world.browser()
    vendor.world.log_in(browser, BO)
    assert vendor.start(vendor.opened(), browser).status == 403


def in_a_browser_that_forgets(vendor: Vendor) -> None:
    vendor.press()
    vendor.start(vendor.opened(), vendor.world.browser())


def with_one_challenge(vendor: Vendor) -> None:
    body = session_body(secrets.token_urlsafe(32), LINE)
    for _ in range(2):
        assert vendor.call("create", body).status == 201


def with_one_proof(vendor: Vendor) -> None:
    body = session_body(secrets.token_urlsafe(32), LINE)
    for _ in range(2):
        vendor.call("create", body, jti="one-jti-for-every-call")


def refreshed_late(vendor: Vendor) -> None:
    opened = vendor.opened()
    vendor.world.clock.ahead += timedelta(seconds=250)
    assert vendor.refresh(opened).status == 200


def refreshed_after_end(vendor: Vendor) -> None:
    vendor.end(opened := vendor.opened())
    assert vendor.refresh(opened).status == 410


def changed_by_login(vendor: Vendor) -> None:
    vendor.opened(LINE)
    vendor.token = vendor.world.epj_token(vendor.person)
    vendor.opened(OLE)


def changed_by_refresh(vendor: Vendor) -> None:
    opened = vendor.opened(LINE)
    assert vendor.refresh(opened, patient={"family": "Havørn"}).status == 422


def both_kept_alive(vendor: Vendor) -> None:
    line, _ = vendor.opened(LINE), vendor.opened(OLE)
    assert vendor.refresh(line).status == 200


def ended_by_its_code(vendor: Vendor) -> None:
    vendor.end({"sessionId": vendor.opened()["code"]})


def answers_elsewhere(vendor: Vendor) -> None:
    vendor.create(reply_to={"her_id": "1", "parent_her_id": "99000101"})


WRONG: list[tuple[CaseId, Callable[[Vendor], Any]]] = [
    (CaseId.CREATE, lambda vendor: vendor.create({**LINE, "number": "31817541279"})),
    (CaseId.BOUND, lambda vendor: vendor.call("create", {}, scheme="Bearer")),
    (CaseId.FRESH, with_one_proof),
    (CaseId.SOURCE, lambda vendor: vendor.call("create", {}, source="x")),
    (CaseId.CHALLENGE, with_one_challenge),
    (CaseId.IN_TIME, too_late),
    (CaseId.IN_TIME, twice),
    (CaseId.VERIFIER, with_another_verifier),
    (CaseId.WAY, by_query),
    (CaseId.PERSON, at_another_s_browser),
    (CaseId.PROFILE, in_a_browser_that_forgets),
    (CaseId.REFRESH, refreshed_late),
    (CaseId.AFTER_END, refreshed_after_end),
    (CaseId.CHANGE, changed_by_login),
    (CaseId.CHANGE, changed_by_refresh),
    (CaseId.OLDER, both_kept_alive),
    (CaseId.END, ended_by_its_code),
    (CaseId.REPLY_TO, answers_elsewhere),
    (CaseId.LANDING, lambda vendor: vendor.create(service="finnes-ikke")),
]


def test_each_wrong_thing_turns_its_own_case_red_and_no_other(vendor: Vendor) -> None:
    for case, do_wrong in WRONG:
        vendor.start_over()
        vendor.token, vendor.browser = vendor.world.epj_token(vendor.person), vendor.world.browser()
        do_wrong(vendor)
        assert vendor.of("failed") == {case}, do_wrong
        found = vendor.judged()[case]
        assert found["why"]
        assert found["todo"]
