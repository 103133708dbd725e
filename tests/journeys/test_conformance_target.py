"""What an owner sees in the sandbox: from an empty page to a target that is right in everything."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from support.helseid import ANNA
from support.keys import ec
from support.keys import signed as signed_by_hand
from support.owner import ID, Owner, registration, right_day
from support.staging import living

from portal.demo.browser import Hop
from portal.domain.conformance.target.case import CaseId
from portal.store.tables.sandbox import SandboxTargetRow, TargetObservationRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.world import World


@pytest.fixture
def owner(database_url: str, tmp_path: Path) -> Iterator[Owner]:
    with living(database_url, tmp_path, environment="sandbox") as world:
        yield Owner(world)


@pytest.fixture
def elsewhere(database_url: str, tmp_path: Path) -> Iterator[World]:
    with living(database_url, tmp_path, environment="test") as running:
        yield running


def rows(world: World) -> list[TargetObservationRow]:
    with world.database.read() as session:
        return list(session.scalars(select(TargetObservationRow).order_by(TargetObservationRow.id)))


def test_a_target_that_does_right_goes_from_nothing_to_green_in_everything(owner: Owner) -> None:
    assert owner.register().status == 201
    before = owner.judged()
    assert owner.of("not_seen") == set(before)
    right_day(owner)
    after = owner.judged()
    assert {name: case for name, case in after.items() if case["outcome"] != "passed"} == {}
    assert list(after) == list(before)
    assert after[CaseId.BANNER]["why"]
    owner.manage("forfra")
    assert owner.of("not_seen") == set(before)


def test_a_new_owner_does_all_of_it_in_the_browser(owner: Owner) -> None:
    browser, sandbox = owner.browser, f"{owner.world.origin}/sandkasse/"
    assert "/sandkasse/mal/" in browser.open(sandbox).links()
    empty = browser.open(f"{sandbox}mal/")
    registered = browser.submit(empty, empty.form("/mal/"), registration=json.dumps(registration()))
    assert registered.status == 201
    owner.secret = registered.tree.get_element_by_id("secret").text_content()
    page = browser.open(owner.page)
    assert "0 av " in page.text
    ordered = browser.submit(page, fault_form(page, "expired"))
    assert "venter på neste oppstart" in ordered.text
    started = browser.pressed(ordered, ordered.form("/start"), patient="trygve")
    onwards = browser.next(browser.step(started), started)
    assert onwards is not None
    assert owner.ask(onwards.query()["launch"])[0]["error"] == "invalid_request"
    assert owner.tell(launch=onwards.query()["launch"]).status == 201
    declared = browser.open(owner.page)
    declared = browser.submit(declared, declared.form("/erklaering"), case=CaseId.BANNER)
    assert declared.tree.xpath(f"//li[@id='{CaseId.ON_EXPIRED}']/article/@data-outcome") == ["passed"]
    assert declared.tree.xpath(f"//li[@id='{CaseId.BANNER}']/article/@data-outcome") == ["passed"]
    assert "RFC 9126" in declared.text
    again = browser.submit(declared, declared.form("/forfra"))
    assert "0 av " in again.text


def fault_form(page: Any, fault: str) -> Any:
    return next(form for form in page.tree.forms if form.fields.get("fault") == fault)


def test_nothing_of_patient_person_token_or_code_is_noted(owner: Owner) -> None:
    owner.register()
    handle = owner.press()
    carried, verifier = owner.ask(handle)
    given = owner.redeem(carried["code"], verifier).json()
    owner.put(given)
    owner.tell(trace_id=given["trace_id"])
    noted = rows(owner.world)
    assert {row.event for row in noted} == {"launch", "push", "authorize", "token", "put", "failure"}
    text = json.dumps([[row.client_id, row.event, row.facts] for row in noted], ensure_ascii=False)
    secret = [handle, *carried.values(), verifier, *(value for value in given.values() if isinstance(value, str))]
    known = {"DPoP", owner.world.origin, given["scope"]}
    named = ["31817541278", "Fjellrev", "Sølvi", "Melding er sendt", ANNA.sub, ANNA.pid, str(ANNA.hpr_number)]
    assert [part for part in {*secret, *named, owner.secret} - known if part in text] == []


@pytest.mark.parametrize("odd", ["\ud800", "\0", "Å", "a" * 9000, 7, None, ["a"], {"a": 1}])
def test_what_no_target_would_send_is_answered_as_everywhere_and_breaks_no_page(owner: Owner, odd: Any) -> None:
    owner.register()
    signed = signed_by_hand({"alg": "ES256"}, {"sub": odd, "jti": odd}, ec(ID).private)
    world, named = owner.world, {"client_id": odd, "launch": odd, "trace_id": odd, "sub": odd}
    headers = {"Content-Type": "application/json", "DPoP": signed, "Authorization": f"DPoP {signed}"}
    for proof in (signed, odd):
        body = json.dumps({**named, "client_assertion": proof}).encode()
        for path in ("/api/context", "/api/launch-failure"):
            assert world.egress.send("POST", f"{world.origin}{path}", headers=headers, data=body).status < 500
        form = {
            name: str(value).encode("utf-8", "replace")
            for name, value in {**named, "client_id": ID, "code": odd}.items()
        }
        for path in ("/oauth/par", "/oauth/token"):
            sent = {"DPoP": signed}
            assert world.egress.send("POST", f"{world.origin}{path}", headers=sent, data=form).status < 500  # type: ignore[arg-type]  # bytes
    assert owner.browser.open(owner.page).status == 200


def test_an_order_is_for_the_next_launch_within_ten_minutes_and_each_launch_meets_one(owner: Owner) -> None:
    owner.register()
    owner.order("expired")
    owner.order("expired")
    owner.order("access_denied")
    assert owner.ask(owner.press())[0]["error"] == "invalid_request"
    assert owner.ask(owner.press())[0]["error"] == "access_denied"
    assert "code" in owner.ask(owner.press())[0]
    owner.order("access_denied")
    owner.world.clock.ahead += timedelta(minutes=10)
    assert "code" in owner.ask(owner.press())[0]
    owner.order("access_denied")
    owner.manage("forfra")
    assert "code" in owner.ask(owner.press())[0]


def test_a_call_that_is_wrong_by_itself_is_refused_for_that_and_meets_no_fault(owner: Owner) -> None:
    owner.register()
    owner.order("token_unavailable")
    carried, verifier = owner.ask(owner.press())
    url, form = f"{owner.world.origin}/oauth/token", owner.grant(carried["code"], verifier) | {"client_id": ID}
    assert owner.world.egress.send("POST", url, data=form).status == 401
    assert owner.redeem(carried["code"], verifier).status == 503


def test_two_patients_at_once_take_one_who_is_open_already(owner: Owner) -> None:
    owner.register()
    owner.order("other_patient")
    owner.press("trygve")
    assert owner.judged()[CaseId.ON_OTHER_PATIENT]["outcome"] == "not_seen"
    owner.press("trygve")
    struck = [row.facts.get("fault") for row in rows(owner.world) if row.event == "launch"]
    assert struck == [None, "other_patient"]
    with owner.world.database.read() as session:
        refs = (
            session.connection().exec_driver_sql("SELECT patient_ref FROM context ORDER BY created_at").scalars().all()
        )
    assert len(set(refs)) == 2


@pytest.mark.parametrize("form", [{}, {"fault": "none-such"}])
def test_only_faults_that_there_are_can_be_ordered(owner: Owner, form: dict[str, str]) -> None:
    owner.register()
    assert owner.manage("feil", **form).status == 400
    assert owner.manage("erklaering", case=CaseId.PATIENT).status == 400


def test_only_our_own_patients_are_opened_and_only_for_who_is_logged_in(owner: Owner) -> None:
    owner.register()
    click = Hop("POST", f"{owner.page}/start", {"patient": "31817541278"}, owner.world.origin)
    assert owner.browser.step(click).status == 400
    stranger = owner.world.browser()
    assert stranger.step(Hop("POST", f"{owner.page}/start", {"patient": "solvi"}, owner.world.origin)).status == 401
    assert "/login?next=/sandkasse/mal/" in str(stranger.open(owner.page).links())


def test_a_target_stands_in_the_lists_of_the_sandbox_until_it_is_left(owner: Owner) -> None:
    owner.register()
    world = owner.world
    assert f"Eksempeletaten: {ID}" in owner.browser.open(f"{world.origin}/mine").text
    assert ID not in owner.browser.open(f"{world.origin}/").text
    world.clock.ahead += timedelta(days=30)
    world.log_in(owner.browser, ANNA)
    assert ID not in owner.browser.open(f"{world.origin}/mine").text
    assert f"/sandkasse/mal/{ID}" not in owner.browser.open(f"{world.origin}/sandkasse/mal/").links()
    assert owner.browser.open(owner.page).status == 404
    assert owner.register().status == 201


def test_a_target_in_use_is_kept(owner: Owner) -> None:
    owner.register()
    owner.world.clock.ahead += timedelta(days=29)
    owner.push("no-launch")
    owner.world.clock.ahead += timedelta(days=29)
    owner.browser.open(f"{owner.world.origin}/sandkasse/mal/")
    assert owner.browser.open(owner.page).status == 200


def test_where_nobody_tries_there_is_no_page_no_registration_no_note_and_no_fault(elsewhere: World) -> None:
    owner = Owner(elsewhere)
    for path in ("", ID, f"{ID}?format=json"):
        assert owner.browser.open(f"{elsewhere.origin}/sandkasse/mal/{path}").status == 404
    assert owner.register().status == 404
    for what in ("start", "feil", "forfra", "erklaering", "eier", ""):
        assert owner.manage(what, fault="expired").status == 404
    browser = elsewhere.browser()
    assert elsewhere.launch(browser, elsewhere.open_patient(browser, ANNA))["patient"]
    assert rows(elsewhere) == []
    with elsewhere.database.read() as session:
        assert session.scalars(select(SandboxTargetRow)).all() == []


def test_in_production_there_is_no_registration(elsewhere: World) -> None:
    origin = "https://portal.example"
    changes: dict[str, Any] = {
        "environment": "production",
        "base_url": origin,
        "transports": (),
        "helseid_issuer": "https://sts.test",
    }
    with elsewhere.app_with(**changes, address_register=None) as client:
        for path in ("/sandkasse/", "/sandkasse/mal/", f"/sandkasse/mal/{ID}"):
            assert client.get(path, base_url=origin).status_code == 404
        assert client.post("/sandkasse/mal/", base_url=origin, json=registration()).status_code == 404
