"""What a vendor sees in the sandbox: a journal that does right is green, one that does not is red."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from support.bodies import LINE, OLE
from support.helseid import BO
from support.lying_epj import EPJ, SECRET, lying_epj
from support.sandbox import rows, trying
from support.staging import living
from support.vendor import Vendor, right_day

from portal.demo.browser import Hop
from portal.domain.conformance.case import CaseId
from portal.domain.pkce import s256
from portal.domain.registration import Epj
from portal.store import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.lying_epj import LyingEpj
    from support.world import World

    from portal.demo.browser import Browser, Page


@pytest.fixture
def vendor(database_url: str, tmp_path: Path) -> Iterator[Vendor]:
    with trying(database_url, tmp_path) as it:
        yield it


@pytest.fixture
def elsewhere(database_url: str, tmp_path: Path) -> Iterator[World]:
    with living(database_url, tmp_path, environment="test") as running:
        yield running


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
