"""What a vendor sees in the sandbox: a journal that does right is green, one that does not is red."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from support.bodies import LINE, OLE, session_body
from support.helseid import BO
from support.lying_epj import EPJ, SECRET, lying_epj
from support.staging import living
from support.vendor import Vendor, right_day

from portal.demo.browser import Hop
from portal.domain.conformance.case import CaseId
from portal.domain.pkce import s256
from portal.domain.registration import Epj
from portal.settings import Lifetimes
from portal.store import registry
from portal.store.tables.registers import EpjObservationRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.lying_epj import LyingEpj
    from support.world import World

    from portal.demo.browser import Browser, Page

LATE = timedelta(seconds=61)


@pytest.fixture
def sandbox(database_url: str, tmp_path: Path) -> Iterator[World]:
    lives = Lifetimes(context=timedelta(minutes=5))
    with living(database_url, tmp_path, environment="sandbox", lifetimes=lives) as running:
        yield running


@pytest.fixture
def elsewhere(database_url: str, tmp_path: Path) -> Iterator[World]:
    with living(database_url, tmp_path, environment="test") as running:
        yield running


@pytest.fixture
def vendor(sandbox: World) -> Vendor:
    return Vendor(sandbox)


def rows(world: World) -> list[EpjObservationRow]:
    with world.database.read() as session:
        return list(session.scalars(select(EpjObservationRow).order_by(EpjObservationRow.id)))


def test_a_journal_that_does_right_meets_every_case(vendor: Vendor) -> None:
    before = vendor.judged()
    assert vendor.of("not_seen") == set(before)
    right_day(vendor)
    after = vendor.judged()
    assert {name: case for name, case in after.items() if case["outcome"] != "passed"} == {}
    assert list(after) == list(before)
    vendor.start_over()
    assert vendor.of("not_seen") == set(before)


def test_nothing_of_patient_person_token_or_code_is_noted(vendor: Vendor) -> None:
    opened = vendor.press(LINE, encounter="konsultasjon-1")
    vendor.refresh(opened, patient=LINE)
    vendor.create({**LINE, "number": "31817541279"})
    vendor.end(opened)
    wrong = Vendor(vendor.world, BO)
    wrong.start(wrong.opened(OLE), vendor.browser)
    noted = rows(vendor.world)
    assert {row.event for row in noted} == {"create", "start", "proceed", "refresh", "end"}
    text = json.dumps([[row.epj_id, row.event, row.facts] for row in noted], ensure_ascii=False)
    secret = [opened["code"], opened["verifier"], s256(opened["verifier"]), opened["sessionId"], vendor.token]
    named = [LINE["number"], "31817541279", OLE["number"], "Danser", "Line", "Havørn", "1975-01-31", "konsultasjon-1"]
    people = [vendor.person.sub, vendor.person.pid, BO.pid, "565501872", "Fastlege", "999977774"]
    assert [part for part in (*secret, *named, *people) if part in text] == []


def arrives(vendor: Vendor, origin: str, **more: str) -> None:
    opened = vendor.opened()
    data = {"code": opened["code"], "ehr_code_verifier": opened["verifier"], **more}
    vendor.browser.step(Hop("POST", opened["startUrl"], data, origin))


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


def test_what_comes_in_the_fragment_is_told_from_what_the_epj_posts(vendor: Vendor) -> None:
    arrives(vendor, vendor.world.origin)
    arrives(vendor, "https://epj.test")
    assert [row.facts["how"] for row in rows(vendor.world) if row.event == "start"] == ["fragment", "post"]
    assert vendor.outcome(CaseId.WAY) == "passed"


def test_a_token_that_names_nobody_s_client_is_noted_nowhere(vendor: Vendor) -> None:
    vendor.token = vendor.world.epj_token(vendor.person, "stranger")
    assert vendor.call("create", {}).status in {401, 403}
    vendor.token = "not.a.token"
    assert vendor.call("create", {}).status == 401
    assert rows(vendor.world) == []


def test_the_page_says_each_case_in_words_and_as_json_to_whoever_asks_so(vendor: Vendor) -> None:
    vendor.opened()
    vendor.call("create", {}, scheme="Bearer")
    page = vendor.browser.open(vendor.page)
    assert "4 av 21 er riktige, 1 er feil." in page.text
    assert page.tree.xpath("//li[@id='dpop-bound']/article/@data-outcome") == ["failed"]
    assert "RFC 9449 §7.1" in page.text
    as_json = vendor.world.egress.send("GET", vendor.page, headers={"Accept": "application/json"})
    assert as_json.headers["content-type"] == "application/json"
    report = as_json.json()
    assert list(report) == ["epj", "at", "cases"]
    assert {tuple(case) for case in report["cases"]} == {("id", "title", "source", "outcome", "why", "todo")}
    english = vendor.world.egress.send("GET", f"{vendor.page}?format=json&lang=en").json()
    assert [case["id"] for case in english["cases"]] == [case["id"] for case in report["cases"]]


def test_the_list_leads_to_every_journal_system_that_is_in_force(vendor: Vendor) -> None:
    page = vendor.browser.open(f"{vendor.world.origin}/sandkasse/")
    assert "/sandkasse/epj/epj" in page.links()
    assert vendor.browser.open(f"{vendor.world.origin}/sandkasse/epj/another").status == 404


@pytest.mark.parametrize("form", [{}, {"fault": "none-such"}])
def test_only_faults_that_there_are_can_be_ordered(vendor: Vendor, form: dict[str, str]) -> None:
    assert vendor.browser.follow(Hop("POST", f"{vendor.page}/feil", form, vendor.world.origin)).status == 400


@pytest.mark.parametrize("what", ["feil", "forfra"])
def test_no_other_page_orders_or_forgets(vendor: Vendor, what: str) -> None:
    vendor.opened()
    hop = Hop("POST", f"{vendor.page}/{what}", {"fault": "unavailable"}, "https://other.example")
    assert vendor.browser.follow(hop).status == 403
    assert [row.event for row in rows(vendor.world)] == ["create"]


def launched(world: World, epj: LyingEpj, browser: Browser) -> Page:
    """From the click in the journal to where its own server's answer leads."""
    epj.now = world.clock()
    begun = browser.step(Hop("GET", f"{world.origin}/launch?{urlencode({'iss': epj.base, 'launch': 'a-handle'})}"))
    address = begun.response.headers["Location"]
    answer = {"code": epj.follow(address), "state": Hop("GET", address).query()["state"]}
    return browser.open(f"{world.origin}/launch/callback?{urlencode(answer)}")


def test_a_launch_from_the_journal_s_own_server_is_judged_too(database_url: str, tmp_path: Path) -> None:
    with (
        lying_epj() as epj,
        living(database_url, tmp_path, environment="sandbox", smart_secrets={EPJ: SECRET}) as sandbox,
    ):
        del epj.resources["Organization/o-1"]["identifier"][1]  # its HER-id is nobody's here
        smart = epj.registered(authentication="client_secret_basic")
        with sandbox.database.write() as session:
            registry.propose_epj(session, Epj(id=EPJ, name="SmartEPJ", smart=smart), "en")
            registry.approve_epj(session, EPJ, "to")
        vendor = Vendor(sandbox, epj=EPJ)
        asked = launched(sandbox, epj, vendor.browser)
        page = vendor.browser.submit(asked, asked.form(), person=vendor.person.sub)
        assert "Fjellheim" in page.text
        assert launched(sandbox, epj, vendor.browser).status == 200
        assert vendor.of("passed") == {CaseId.LAUNCH, CaseId.PERSON, CaseId.PROFILE} == set(vendor.judged())
        epj.claims = {"nonce": "another"}
        assert launched(sandbox, epj, vendor.browser).status == 502
        assert "nonce" in vendor.judged()[CaseId.LAUNCH]["why"]
        assert [row.facts["status"] for row in rows(sandbox) if row.event == "callback"] == [303, 303, 502]
        assert "Fjellheim" not in json.dumps([row.facts for row in rows(sandbox)])


def test_where_vendors_do_not_try_there_is_no_page_and_nothing_is_noted(elsewhere: World) -> None:
    vendor = Vendor(elsewhere)
    vendor.press()
    assert vendor.browser.open(f"{elsewhere.origin}/sandkasse/").status == 404
    assert vendor.browser.open(vendor.page).status == 404
    assert vendor.order("unavailable").status == 404
    assert vendor.create()[0].status == 201
    assert rows(elsewhere) == []


def test_in_production_there_is_neither_page_nor_note(elsewhere: World) -> None:
    origin = "https://portal.example"
    changes: dict[str, Any] = {
        "environment": "production",
        "base_url": origin,
        "transports": (),
        "helseid_issuer": "https://sts.test",
    }
    headers = {"X-SOURCE-SYSTEM": "EksempelEPJ 1.0", "Authorization": f"DPoP {elsewhere.epj_token(BO)}"}
    with elsewhere.app_with(**changes, address_register=None) as client:
        assert client.get("/sandkasse/epj/epj", base_url=origin).status_code == 404
        assert client.post("/api/session/create", base_url=origin, headers=headers).status_code >= 400
    assert rows(elsewhere) == []
