"""facts/security §4.2 and §4.9 at door B: a launch from a journal, and what comes back from it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.bodies import LINE
from support.doors import HANDLE, Doors, register_smart
from support.helseid import ANNA, BO
from support.liar import MISSING
from support.loopback import Says
from support.lying_epj import NUMBER, TOKEN, lying_epj

from portal.demo.browser import Hop
from portal.domain.registration import Epj
from portal.store import registry

if TYPE_CHECKING:
    from portal.demo.browser import Browser, Page

pytestmark = pytest.mark.hostile


@pytest.fixture
def browser(at: Doors) -> Browser:
    return at.world.browser()


def _on_to_the_patient(at: Doors, browser: Browser, waiting: Page) -> Page:
    """From where the patient waits to her page, through a login if one is needed."""
    hop = Hop("GET", f"{at.world.origin}{waiting.response.headers['Location']}")
    page = browser.follow(hop)
    if page.url.startswith(at.world.provider.issuer):
        page = browser.submit(page, page.form(), person=ANNA.sub)
    return page


def test_a_launch_as_it_should_be_opens_the_patient(at: Doors, browser: Browser) -> None:
    page = _on_to_the_patient(at, browser, at.launch(browser))
    assert page.url.startswith(f"{at.world.origin}/k/")
    assert "Fjellheim" in page.text


def test_H025_an_answer_that_was_used(at: Doors, browser: Browser) -> None:
    answer = at.answer(at.begin(browser))
    at.bring(browser, answer)
    asked = len(at.epj.asked_for(TOKEN))
    at.refused(at.bring(browser, answer), 400, "smart_launch_expired")
    assert (at.opened(), len(at.epj.asked_for(TOKEN))) == (1, asked)


def test_H025_an_answer_that_came_too_late(at: Doors, browser: Browser) -> None:
    answer = at.answer(at.begin(browser))
    at.world.clock.ahead += timedelta(minutes=10, seconds=1)
    at.refused(at.bring(browser, answer), 400, "smart_launch_expired")
    assert (at.opened(), at.epj.asked_for(TOKEN)) == (0, [])


@pytest.mark.parametrize("state", ["unknown", "x" * 43, "../../x", "a b"])
def test_H025_an_answer_to_nothing(at: Doors, browser: Browser, state: str) -> None:
    at.refused(at.bring(browser, at.answer(at.begin(browser), state=state)), 400, "smart_launch_expired")
    assert (at.opened(), at.epj.asked_for(TOKEN)) == (0, [])


def test_H026_an_answer_in_another_browser_burns_nothing(at: Doors, browser: Browser) -> None:
    """Nobody gets a patient into somebody else's browser (RFC 6749 §10.12)."""
    answer, other = at.answer(at.begin(browser)), at.world.browser()
    for victim in (other, at.world.browser()):
        at.refused(at.bring(victim, answer), 400, "smart_launch_expired")
    at.begin(other)
    at.refused(at.bring(other, answer), 400, "smart_launch_expired")
    assert (at.opened(), at.epj.asked_for(TOKEN)) == (0, [])
    assert at.bring(browser, answer).status == 303


def test_H026_a_code_of_another_launch(at: Doors, browser: Browser) -> None:
    first, second = (at.answer(at.begin(browser)) for _ in range(2))
    at.refused(at.bring(browser, first | {"code": second["code"]}), 502, "smart_refused")
    assert at.opened() == 0


@pytest.mark.parametrize(
    "query", ["patient={}", "fnr={}", "launch={}", "pid={}", "x[]={}", "{}=1", "launch=x&launch={}"]
)
def test_H027_a_number_in_the_address_is_refused_and_not_logged(at: Doors, browser: Browser, query: str) -> None:
    for number in (LINE["number"], ANNA.pid):
        sent = f"iss={at.epj.base}&launch={HANDLE}&{query.format(number)}"
        at.refused(at.ask(browser, "/launch", sent), 400, "smart_launch_invalid")
    at.refused(at.ask(browser, "/launch", f"{query.format(LINE['number'])}"), 400, "smart_launch_invalid")
    assert at.epj.asked == []


def test_H027_a_patient_s_id_in_the_address_is_refused(at: Doors, browser: Browser) -> None:
    for name in ("patient", "patientId", "encounter", "fhirContext"):
        at.refused(at.begin(browser, **{name: "p-1"}), 400, "smart_launch_invalid")


@pytest.mark.parametrize("name", ["patient", "id_token", "access_token", "fnr"])
def test_H028_a_number_in_the_answer_s_address_is_not_logged(at: Doors, browser: Browser, name: str) -> None:
    page = at.bring(browser, at.answer(at.begin(browser), **{name: NUMBER}))
    at.nothing_is_told(page)


def test_H029_an_EPJ_that_was_disabled_before_the_launch(at: Doors, browser: Browser) -> None:
    with at.world.database.write() as session:
        registry.disable_epj(session, "smart-epj")
    at.refused(at.begin(browser), 400, "smart_launch_invalid")
    assert at.epj.asked == []


def test_H029_an_EPJ_that_was_disabled_during_the_launch(at: Doors, browser: Browser) -> None:
    answer = at.answer(at.begin(browser))
    with at.world.database.write() as session:
        registry.disable_epj(session, "smart-epj")
    at.refused(at.bring(browser, answer), 403, "epj_unknown")
    assert (at.opened(), at.epj.asked_for(TOKEN)) == (0, [])


def test_H030_an_EPJ_that_was_disabled_before_the_login(at: Doors, browser: Browser) -> None:
    waiting = at.launch(browser)
    with at.world.database.write() as session:
        registry.disable_epj(session, "smart-epj")
    page = _on_to_the_patient(at, browser, waiting)
    assert page.status in {403, 410}
    at.nothing_is_told(page)


def test_H031_an_answer_from_another_EPJ_reaches_nobody(at: Doors, browser: Browser) -> None:
    """Mix-up (RFC 9207): the attacker's server is registered too, and its code is for the honest one."""
    with lying_epj() as attacker:
        register_smart(at.world, Epj(id="attacker", name="Angriper", smart=attacker.registered()))
        begun = at.begin(browser)
        answer = at.answer(begun, iss=attacker.configuration["issuer"])
        at.refused(at.bring(browser, answer), 400, "smart_launch_invalid")
        assert attacker.asked_for(TOKEN) == at.epj.asked_for(TOKEN) == []
    assert at.opened() == 0


@pytest.mark.parametrize("path", ["/launch", "/launch/callback", "/start", "/start/videre/x"])
def test_H033_no_page_on_the_way_in_lets_itself_be_framed(at: Doors, browser: Browser, path: str) -> None:
    headers = browser.step(Hop("GET", f"{at.world.origin}{path}")).response.headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_H034_nor_does_what_leads_on(at: Doors, browser: Browser) -> None:
    begun = at.begin(browser)
    waiting = at.bring(browser, at.answer(begun))
    for page in (begun, waiting, _on_to_the_patient(at, browser, waiting)):
        assert "frame-ancestors 'none'" in page.response.headers["Content-Security-Policy"]
        assert page.response.headers["Cache-Control"] == "no-store"


def test_H035_after_the_session_has_expired_one_login_and_the_same_patient_once(at: Doors, browser: Browser) -> None:
    at.world.log_in(browser, ANNA)
    at.world.clock.ahead += timedelta(hours=11)
    waiting = at.launch(browser)
    onwards = Hop("GET", f"{at.world.origin}{waiting.response.headers['Location']}")
    asked = browser.follow(onwards)
    assert asked.url.startswith(at.world.provider.issuer), "a login at HelseID comes first"
    page = browser.submit(asked, asked.form(), person=ANNA.sub)
    assert "Fjellheim" in page.text
    again = browser.step(onwards)
    assert again.status == 410
    at.nothing_is_told(again)
    assert at.opened() == 1


def test_H036_the_login_of_another_person_opens_nothing(at: Doors, browser: Browser) -> None:
    at.world.log_in(browser, BO)
    waiting = at.launch(browser)
    page = browser.follow(Hop("GET", f"{at.world.origin}{waiting.response.headers['Location']}"))
    assert page.status == 403
    at.nothing_is_told(page)


HANDLES = ["x" * 8_192, "x" * 2_049, "a\0b", "\u202egnp.exe", "a b", "a\nb", "æ", "\x7f", "😀", ""]


@pytest.mark.parametrize("handle", HANDLES, ids=[ascii(one)[:30] for one in HANDLES])
def test_H037_a_launch_that_is_no_handle(at: Doors, browser: Browser, handle: str) -> None:
    page = at.begin(browser, launch=handle)
    at.nothing_is_told(page)
    assert (page.status, at.epj.asked) == (400, [])


@pytest.mark.parametrize("missing", ["iss", "launch", "both"])
def test_H038_a_launch_without_what_it_must_carry(at: Doors, browser: Browser, missing: str) -> None:
    sent = {name: value for name, value in (("iss", at.epj.base), ("launch", HANDLE)) if missing not in {name, "both"}}
    at.refused(at.ask(browser, "/launch", sent), 400, "smart_launch_invalid")


ANSWERS = [
    "",
    "code=x",
    "state={state}",
    "code={code}&error=access_denied&state={state}",
    "code={code}&code={code}&state={state}",
    "code={code}&state={state}&state={state}",
    "code=&state={state}",
    "code={code}&state=",
    "code=%00&state={state}",
    "code={code}&state={state}&x=%00",
    "code=" + "x" * 4_000 + "&state={state}",
    "code=%E2%80%AE&state={state}",
    "code={code}&state={state}&iss=",
    "code={code}&state={state}&iss=x&iss=y",
    "code={code}&state={state}&" + "&".join(f"x{number}=1" for number in range(30)),
]


@pytest.mark.parametrize("written", ANSWERS, ids=[one[:40] for one in ANSWERS])
def test_an_answer_that_cannot_be_read_spends_nothing(at: Doors, browser: Browser, written: str) -> None:
    answer = at.answer(at.begin(browser))
    page = at.bring(browser, written.format(**answer))
    assert page.status == 400, page.text
    at.nothing_is_told(page)
    assert (at.opened(), at.epj.asked_for(TOKEN)) == (0, [])
    assert at.bring(browser, answer).status == 303


@pytest.mark.parametrize("error", ["access_denied", "server_error", "<script>alert(1)</script>", "x" * 500, NUMBER])
def test_an_EPJ_that_says_no_is_not_repeated(at: Doors, browser: Browser, error: str) -> None:
    answer = at.answer(at.begin(browser))
    said = {"error": error, "error_description": f"<b>{NUMBER}</b>", "state": answer["state"], "iss": answer["iss"]}
    page = at.bring(browser, said)
    at.refused(page, 502, "smart_refused")
    assert "<b>" not in page.response.text
    assert "alert(1)" not in page.response.text
    assert at.epj.asked_for(TOKEN) == []


@pytest.mark.parametrize("patient", [MISSING, None, "", [], {}, 1, ["p-1"], ["p-1", "p-2"], "p-1,p-2", "p-1 p-2"])
def test_H211_no_patient_or_two_is_told(at: Doors, browser: Browser, patient: Any) -> None:
    at.epj.tokens["patient"] = patient
    page = at.launch(browser)
    _says_it_was_the_journal(at, page)


@pytest.mark.parametrize("answer", ["none", "two", "list", "bundle of none", "bundle of two", "another"])
def test_H211_no_patient_or_two_behind_one_id_is_told(at: Doors, browser: Browser, answer: str) -> None:
    patient = at.epj.resources["Patient/p-1"]
    bundle = {"resourceType": "Bundle", "type": "searchset"}
    said: dict[str, Says] = {
        "none": Says({"resourceType": "OperationOutcome"}, 404),
        "two": Says({"resourceType": "OperationOutcome"}, 412),
        "list": Says([patient, patient]),
        "bundle of none": Says(bundle | {"total": 0, "entry": []}),
        "bundle of two": Says(bundle | {"total": 2, "entry": [{"resource": patient}, {"resource": patient}]}),
        "another": Says(patient | {"id": "p-2"}),
    }
    at.epj.overrides["/fhir/Patient/p-1"] = lambda _: said[answer]
    _says_it_was_the_journal(at, at.launch(browser))


def test_H211_two_numbers_of_one_patient_are_told(at: Doors, browser: Browser) -> None:
    identifier = at.epj.resources["Patient/p-1"]["identifier"]
    identifier.append(identifier[0] | {"value": LINE["number"]})
    _says_it_was_the_journal(at, at.launch(browser))


def test_H211_a_consultation_of_another_patient_is_told(at: Doors, browser: Browser) -> None:
    at.epj.resources["Encounter/e-1"]["subject"] = {"reference": "Patient/p-2"}
    _says_it_was_the_journal(at, at.launch(browser))


def _says_it_was_the_journal(at: Doors, page: Page) -> None:
    """A page for the clinician, with the rule for the vendor; nothing was opened, nobody waits."""
    assert page.status in {422, 502}, page.text
    at.nothing_is_told(page)
    assert page.tree.xpath("//main//h1")
    assert page.tree.xpath("//main//details//code[starts-with(text(), 'smart_')]")
    assert at.opened() == 0
    assert "pending" not in page.response.headers.get("Set-Cookie", "")
