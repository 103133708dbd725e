"""Path 2: from the patient that the EPJ has open to that patient's page, for the right person alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.bodies import LINE, OLE, session_body
from support.helseid import ANNA, BO
from support.keys import ec

from portal.demo.browser import Hop
from portal.store import audit, registry

if TYPE_CHECKING:
    from support.world import World


def test_the_patient_opens_for_the_person_that_the_epj_meant(world: World) -> None:
    page = world.open_patient(world.browser(), ANNA)
    assert page.url.startswith(f"{world.origin}/k/")
    for part in ("Line Danser", "318175 *****", "EksempelEPJ", "Anna Fastlege", "999977775"):
        assert part in page.text


def test_the_list_holds_what_she_may_use_and_nothing_else(world: World) -> None:
    page = world.open_patient(world.browser(), ANNA)
    assert [link for link in page.links() if link.endswith("/open/demo-melding")]
    assert "demo-jordmor" not in page.response.text
    assert "demo-kommuneoverlege" not in page.response.text


def test_a_second_patient_asks_nothing_and_the_first_page_says_so(world: World) -> None:
    browser, token = world.browser(), world.epj_token(ANNA)
    first = world.start(browser, world.open_session(token, LINE))
    first = browser.submit(first, first.form(), person=ANNA.sub)
    world.clock.ahead += timedelta(seconds=1)
    second = world.start(browser, world.open_session(token, OLE))
    assert "Ole Havørn" in second.text
    again = browser.open(first.url)
    assert again.tree.xpath("//*[@data-newer='true']")
    assert "Havørn" not in again.text
    assert not browser.open(second.url).tree.xpath("//*[@data-newer='true']")


def test_a_service_in_the_request_lands_on_its_confirm_page(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, ANNA)
    page = world.start(browser, world.open_session(world.epj_token(ANNA), service="demo-melding"))
    assert page.url.endswith("/open/demo-melding")
    assert "fødselsnummer" in page.text
    assert "Line Danser" in page.text


def test_two_tabs_that_log_in_at_once_each_get_their_own_patient(world: World) -> None:
    browser, token = world.browser(), world.epj_token(ANNA)
    tabs = [world.start(browser, world.open_session(token, patient)) for patient in (LINE, OLE)]
    for asked, (name, other) in zip(tabs, (("Line Danser", "Havørn"), ("Ole Havørn", "Danser")), strict=True):
        page = browser.submit(asked, asked.form(), person=ANNA.sub)
        assert name in page.text
        assert other not in page.text


def test_many_patients_who_were_never_gone_on_with_leave_no_heap_of_cookies(world: World) -> None:
    browser, token = world.browser(), world.epj_token(ANNA)
    for _ in range(12):
        last = world.start(browser, world.open_session(token))
    assert len([cookie for cookie in browser.cookies if cookie.name.startswith("portal-pending-")]) <= 8
    assert "Line Danser" in browser.submit(last, last.form(), person=ANNA.sub).text


def test_another_person_is_refused_and_sees_nothing_of_the_patient(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, BO)
    page = world.start(browser, world.open_session(world.epj_token(ANNA)))
    assert page.status == 403
    assert "Danser" not in page.text
    assert "318175" not in page.response.text


def test_changing_user_goes_on_with_the_patient_once(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, BO)
    refused = world.start(browser, world.open_session(world.epj_token(ANNA)))
    switch = refused.tree.xpath("//main//form[@action='/logout']")[0]
    asked = browser.submit(refused, switch)
    page = browser.submit(asked, asked.form(), person=ANNA.sub)
    assert "Line Danser" in page.text


def test_a_patient_who_was_refused_to_two_logins_is_gone(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, BO)
    refused = world.start(browser, world.open_session(world.epj_token(ANNA)))
    assert browser.open(refused.url).status == 403
    asked = browser.submit(refused, refused.tree.xpath("//main//form[@action='/logout']")[0])
    assert browser.submit(asked, asked.form(), person=BO.sub).status == 403
    assert browser.open(refused.url).status == 410


def test_an_address_opened_afresh_never_goes_on_with_the_patient_from_before(world: World) -> None:
    browser = world.browser()
    world.start(browser, world.open_session(world.epj_token(ANNA)))
    world.log_in(browser, ANNA)
    page = browser.open(f"{world.origin}/start")
    assert page.url == f"{world.origin}/start"
    assert "Danser" not in page.response.text


def test_a_start_code_is_good_once(world: World) -> None:
    opened = world.open_session(world.epj_token(ANNA))
    browser = world.browser()
    world.start(browser, opened)
    assert world.start(world.browser(), opened).status == 410


def test_a_start_code_is_worth_nothing_without_its_verifier(world: World) -> None:
    opened = world.open_session(world.epj_token(ANNA))
    assert world.start(world.browser(), {**opened, "verifier": "x" * 43}).status == 400
    assert world.start(world.browser(), opened).tree.xpath("//button[@name='person']")


def test_why_a_patient_did_not_arrive_is_audited(world: World) -> None:
    opened = world.open_session(world.epj_token(ANNA))
    world.start(world.browser(), {**opened, "verifier": "x" * 43})
    world.browser().open(f"{world.origin}/start/videre/a")
    world.browser().open(f"{world.origin}/launch?iss=https://nobody.example&launch=a")
    with world.database.read() as session:
        refused = [line for line in audit.export(session) if line.get("action") == "context_arrived"]
    outcomes = [line["outcome"] for line in refused]
    assert outcomes == ["start_code_invalid", "start_expired", "smart_launch_invalid"]
    assert {line["actor"] for line in refused} == {"nobody"}


def test_a_start_code_expires(world: World) -> None:
    opened = world.open_session(world.epj_token(ANNA))
    world.clock.ahead += timedelta(seconds=61)
    assert world.start(world.browser(), opened).status == 410


def test_a_get_never_consumes_and_a_query_needs_the_switch(world: World) -> None:
    opened = world.open_session(world.epj_token(ANNA))
    query = f"{opened['startUrl']}?code={opened['code']}&ehr_code_verifier={opened['verifier']}"
    assert world.browser().open(query).status == 403
    with world.database.write() as session:
        registry.disable_epj(session, "epj")
        allowed = world.epj.model_copy(update={"start_by_query": True})
        registry.propose_epj(session, allowed, "en")
        registry.approve_epj(session, "epj", "to")
    browser = world.browser()
    for _ in range(2):
        assert browser.open(query).tree.xpath("//button[@name='person']")
    assert world.start(browser, opened).tree.xpath("//button[@name='person']")


def test_a_context_is_activated_once(world: World) -> None:
    opened = world.open_session(world.epj_token(ANNA))
    with world.database.write() as session:
        registry.disable_epj(session, "epj")
        registry.propose_epj(session, world.epj.model_copy(update={"start_by_query": True}), "en")
        registry.approve_epj(session, "epj", "to")
    query = f"{opened['startUrl']}?code={opened['code']}&ehr_code_verifier={opened['verifier']}"
    first, second = world.browser(), world.browser()
    for browser in (first, second):
        world.log_in(browser, ANNA)
    assert "Line Danser" in first.open(query).text
    assert second.open(query).status == 400


def test_refresh_keeps_a_context_alive_and_end_ends_it(world: World) -> None:
    token = world.epj_token(ANNA)
    opened = world.open_session(token)
    browser = world.browser()
    page = world.start(browser, opened)
    page = browser.submit(page, page.form(), person=ANNA.sub)
    refreshed = world.call("POST", "/api/session/refresh", token, {"sessionId": opened["sessionId"]})
    assert refreshed.status == 200
    assert refreshed.json()["expiresIn"] == 1800
    assert world.call("POST", "/api/session/end", token, {"sessionId": opened["sessionId"]}).status == 204
    assert browser.open(page.url).status == 404
    again = world.call("POST", "/api/session/refresh", token, {"sessionId": opened["sessionId"]})
    assert again.status == 410
    assert again.json()["code"] == "context_ended"


def test_another_epj_session_can_neither_refresh_nor_end(world: World) -> None:
    opened = world.open_session(world.epj_token(ANNA))
    other = world.epj_token(ANNA)
    assert world.call("POST", "/api/session/refresh", other, {"sessionId": opened["sessionId"]}).status == 410
    world.call("POST", "/api/session/end", other, {"sessionId": opened["sessionId"]})
    browser = world.browser()
    assert world.start(browser, opened).tree.xpath("//button[@name='person']")


def test_a_context_of_somebody_else_does_not_exist(world: World) -> None:
    page = world.open_patient(world.browser(), ANNA)
    other = world.browser()
    world.log_in(other, BO)
    answer = other.open(page.url)
    assert answer.status == 404
    assert "Danser" not in answer.text


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"patient": {"family": "A", "given": "B\u0000", "birth_date": "1975-01-31"}}, 422, "invalid_body"),
        ({"patient": {"family": "A", "given": "B", "birth_date": "1975-02-31"}}, 422, "invalid_body"),
        ({"ehr_code_challenge": "short"}, 422, "invalid_body"),
        ({"reply_to": {"her_id": "1", "parent_her_id": "99000101"}}, 422, "reply_to_unknown"),
        ({"reply_to": {"her_id": "99000101", "parent_her_id": "99000101"}}, 422, "reply_to_unknown"),
        ({"reply_to": {"her_id": "x", "parent_her_id": "99000101"}}, 422, "invalid_body"),
        ({"service": "no-such-service"}, 422, "service_unknown"),
        ({"31817541278": "a number for a name"}, 422, "invalid_body"),
        ({"claims": None}, 422, "invalid_body"),
        ({"patient": {"family": "A", "given": "B", "birth_date": 0}}, 422, "invalid_body"),
        ({"patient": {"family": "A", "given": "B", "birth_date": "2999-01-01"}}, 422, "invalid_body"),
        ({"patient": {"family": "A", "given": "B\u2028C", "birth_date": "1975-01-31"}}, 422, "invalid_body"),
        ({"encounter": LINE["number"]}, 422, "invalid_body"),
        (
            {"deep": {LINE["number"]: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}},
            400,
            "malformed_json",
        ),
    ],
)
def test_a_wrong_body_is_refused_by_name_and_without_its_values(
    world: World, changes: dict[str, Any], status: int, code: str
) -> None:
    body = session_body("v" * 43, LINE, **changes)
    answer = world.call("POST", "/api/session/create", world.epj_token(ANNA), body)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert LINE["number"] not in answer.body.decode()


@pytest.mark.parametrize("number", ["31817541279", "00000000000", "3181754127x", "99999999999"])
def test_a_number_with_wrong_control_digits_is_refused(world: World, number: str) -> None:
    answer = world.call(
        "POST", "/api/session/create", world.epj_token(ANNA), session_body("v" * 43, LINE | {"number": number})
    )
    assert answer.status == 422
    assert number not in answer.body.decode()


def test_an_epj_that_nobody_registered_is_refused(world: World) -> None:
    token = world.epj_token(ANNA, "stranger")
    body = session_body("v" * 43, LINE)
    answer = world.call("POST", "/api/session/create", token, body, key=ec("stranger").private)
    assert (answer.status, answer.json()["code"]) == (403, "epj_unknown")


def test_a_token_without_its_key_is_refused(world: World) -> None:
    answer = world.call("POST", "/api/session/create", world.epj_token(ANNA), {}, key=ec("thief").private)
    assert (answer.status, answer.json()["code"]) == (401, "invalid_dpop_proof")
    assert "DPoP" in answer.headers["www-authenticate"]


def test_go_never_picks_the_patient(world: World) -> None:
    browser = world.browser()
    listed = world.open_patient(browser, ANNA)
    page = browser.step(Hop("GET", f"{world.origin}/go/demo-melding"))
    assert "L.D." in page.text
    assert f"{listed.url.removeprefix(world.origin)}open/demo-melding" in page.links()


def test_a_destroyed_key_takes_sessions_and_patients_with_it_and_nothing_breaks(world: World) -> None:
    browser = world.browser()
    page = world.open_patient(browser, ANNA)
    with world.app_with(data_keys={"2": "b" * 42 + "w="}) as client:
        for cookie in browser.cookies:
            client.set_cookie(cookie.name, cookie.value or "", domain="127.0.0.1")
        answer = client.get(page.url.removeprefix(world.origin), base_url=world.origin)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login")
