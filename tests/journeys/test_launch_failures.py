"""Launch failures come back: the target tells, the owner's count goes up, and the clinician reads what to do now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from support.bodies import LINE, answered
from support.catalogue import DEMO
from support.helseid import ANNA, BO
from support.keys import ec
from support.target_server import assertion_of, take_up, tell

from portal.adapters import catalogue_file
from portal.demo.browser import Hop
from portal.demo.launch_client import Registration
from portal.demo.target.app import create as target_app
from portal.demo.target.config import TargetConfig
from portal.store.publishing import publish
from portal.store.tables.log import AuditRow

if TYPE_CHECKING:
    from support.world import World

    from portal.adapters.http import Answer
    from portal.demo.browser import Browser, Page

TRY_AGAIN, BACK = "Prøv igjen", "Tilbake til listen"


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def buttons(page: Page) -> dict[str, str]:
    """What the page's way out is called, and where each leads; a button without an address posts its form."""
    found = page.tree.xpath("//main//form//*[self::a or self::button]")
    return {one.text_content(): one.get("href") or one.getparent().get("action") for one in found}


def metrics(world: World) -> str:
    return world.egress.send("GET", f"{world.origin}/metrics").body.decode()


def republish(world: World, *replaced: tuple[str, str]) -> None:
    """Publish the demo's catalogue with something else in it."""
    text = DEMO.read_text(encoding="utf-8").replace("{target}", "9")
    for before, after in replaced:
        assert before in text
        text = text.replace(before, after)
    publish(world.settings, catalogue_file.parse(text, "demo"), by="test", based_on=1)


def test_a_target_tells_by_the_handle_and_uses_nothing_up(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    told = tell(world, "maintenance", launch=handle)
    assert told.status == 201
    given = take_up(world, handle)
    assert given.status == 200
    assert told.json()["trace_id"] == given.json()["trace_id"]
    assert told.json()["page"].startswith(f"{world.origin}/apnet-ikke/")


def test_it_tells_by_a_handle_that_was_used_and_by_the_trace_id_too(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    trace_id = take_up(world, handle).json()["trace_id"]
    by_handle, by_trace = tell(world, "internal", launch=handle), tell(world, "internal", trace_id=trace_id)
    assert (by_handle.status, by_handle.json()) == (201, {**by_trace.json(), "trace_id": trace_id})


def test_what_was_told_again_counts_once(world: World, anna: tuple[Browser, Page]) -> None:
    first, second = world.handle(*anna), world.handle(*anna)
    for handle, code in ((first, "internal"), (first, "internal"), (first, "login_failed"), (second, "internal")):
        tell(world, code, launch=handle)
    told = metrics(world)
    assert 'portal_launch_failures_last_hour{code="internal",service="demo-melding"} 2.0' in told
    assert 'portal_launch_failures_last_hour{code="login_failed",service="demo-melding"} 1.0' in told
    with world.database.read() as session:
        audited = session.scalars(select(AuditRow.outcome).where(AuditRow.action == "launch_failed"))
        assert sorted(audited) == ["internal", "internal", "login_failed"]


def test_a_targets_own_word_is_counted_as_other(world: World, anna: tuple[Browser, Page]) -> None:
    for word in ("full_moon", LINE["number"]):
        assert tell(world, word, launch=world.handle(*anna)).status == 201
    told = metrics(world)
    assert 'portal_launch_failures_last_hour{code="other",service="demo-melding"} 2.0' in told
    assert LINE["number"] not in told


def test_an_hour_later_it_is_not_counted_any_more(world: World, anna: tuple[Browser, Page]) -> None:
    tell(world, "internal", launch=world.handle(*anna))
    world.clock.ahead += timedelta(hours=1, seconds=1)
    assert "portal_launch_failures_last_hour{" not in metrics(world)


def test_others_launches_are_unknown(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    trace_id = take_up(world, handle).json()["trace_id"]
    for named in ({"launch": handle}, {"trace_id": trace_id}):
        assert refusal(tell(world, "internal", client="demo-annen", **named)) == (404, "launch_unknown")
    for named in ({"launch": "h" * 43}, {"trace_id": "t" * 43}):
        assert refusal(tell(world, "internal", **named)) == (404, "launch_unknown")
    assert "portal_launch_failures_last_hour{" not in metrics(world)


def test_a_target_proves_who_it_is_each_time(world: World, anna: tuple[Browser, Page]) -> None:
    handle, proof = world.handle(*anna), assertion_of(world)
    assert tell(world, "internal", launch=handle, **proof).status == 201
    assert refusal(tell(world, "internal", launch=handle, **proof)) == (401, "invalid_client")
    assert refusal(tell(world, "internal", launch=handle, client_assertion="x.y.z")) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("internal", {}),
        ("internal", {"launch": "h", "trace_id": "t"}),
        ("Not A Code", {"launch": "h"}),
    ],
)
def test_a_wrong_body_is_refused(world: World, code: str, named: dict[str, str]) -> None:
    assert refusal(tell(world, code, **named)) == (422, "invalid_body")


def test_the_page_says_what_happened_and_what_to_do(world: World, anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    told = tell(world, "other_person", launch=world.handle(browser, listed)).json()
    page = browser.open(told["page"])
    assert page.status == 200
    assert page.tree.findtext(".//h1") == "Demomelding ble ikke åpnet"
    assert "En annen enn deg er logget inn i tjenesten. Logg ut av tjenesten, og åpne den på nytt herfra." in page.text
    assert f"Feilreferanse: {told['page'].rpartition('/')[2]}" in page.text
    assert told["trace_id"] in page.text
    assert "Danser" not in page.text


def test_from_the_page_she_tries_again_for_the_same_patient(world: World, anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    page = browser.open(tell(world, "internal", launch=world.handle(browser, listed)).json()["page"])
    ways = buttons(page)
    assert f"{world.origin}{ways[BACK]}" == listed.url
    asked = browser.open(f"{world.origin}{ways[TRY_AGAIN]}")
    assert "Line Danser" in asked.text
    assert take_up(world, world.handle(browser, asked)).status == 200


def test_a_patient_who_was_closed_is_opened_in_the_journal_again(world: World) -> None:
    token, browser = world.epj_token(ANNA), world.browser()
    opened = world.open_session(token)
    page = world.start(browser, opened)
    handle = world.handle(browser, browser.submit(page, page.form(), person=ANNA.sub))
    assert world.call("POST", "/api/session/end", token, {"sessionId": opened["sessionId"]}).status == 204
    page = browser.open(tell(world, "context_expired", launch=handle).json()["page"])
    assert "Åpne pasienten på nytt fra journalen." in page.text
    assert buttons(page) == {BACK: "/mine"}


def test_a_launch_without_a_patient_is_tried_again_without_one(world: World) -> None:
    republish(world, ("patient: required", "patient: optional"), ("requires: [patient_id], ", ""))
    browser = world.browser()
    world.log_in(browser, ANNA)
    without = Hop("POST", f"{world.origin}/open/demo-melding", {}, world.origin)
    onwards = browser.next(browser.step(without), without)
    assert onwards is not None
    page = browser.open(tell(world, "login_failed", launch=onwards.query()["launch"]).json()["page"])
    assert buttons(page) == {TRY_AGAIN: "/open/demo-melding", BACK: "/mine"}
    assert "patient" not in take_up(world, world.handle(browser, page)).json()


def test_the_page_tells_of_another_way_and_of_a_stop(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    fallback = "  fallback: {nb: Ring vakttelefonen., nn: Ring vakttelefonen., en: Phone the duty desk.}\n  languages"
    republish(world, ("  languages", fallback))
    page = anna[0].open(tell(world, "maintenance", launch=handle).json()["page"])
    assert page.text.count("Gjør dette i stedet: Ring vakttelefonen.") == 1


def test_nobody_else_sees_the_page_and_who_is_logged_out_logs_in_first(
    world: World, anna: tuple[Browser, Page]
) -> None:
    url = tell(world, "internal", launch=world.handle(*anna)).json()["page"]
    bo = world.browser()
    world.log_in(bo, BO)
    assert bo.open(url).status == bo.open(f"{url}x").status == 404
    assert "Demomelding" not in bo.open(url).text
    assert "Demomelding ble ikke åpnet" in world.log_in(world.browser(), ANNA, url.removeprefix(world.origin)).text


def test_the_demos_target_tells_and_sends_the_browser_to_the_page(world: World, anna: tuple[Browser, Page]) -> None:
    redirect_uri = "http://127.0.0.1:9/demo-melding/callback"
    config = TargetConfig(
        base_url="http://127.0.0.1:9",
        portal=world.origin,
        helseid=world.provider.issuer,
        client_id="demo-melding",
        key=ec("demo-melding").private,
        registration=Registration(client_id="demo-melding", key=ec("demo-melding").private, redirect_uri=redirect_uri),
    )
    target, bo = target_app(config).test_client(), world.browser()
    world.log_in(bo, BO)
    began = target.get("/launch", query_string={"iss": world.settings.fhir_issuer, "launch": world.handle(*anna)})
    refused = answered(bo.step(Hop("GET", began.headers["Location"])))
    assert refused["error"] == "access_denied"
    sent = target.get("/launch/callback", query_string=refused)
    assert sent.status_code == 303
    page = anna[0].open(sent.headers["Location"])
    assert "Tjenesten fikk ikke opplysningene som skulle følge med herfra." in page.text


def test_a_service_that_fails_after_it_got_the_context_fails_for_most(world: World, anna: tuple[Browser, Page]) -> None:
    for _ in range(5):
        trace_id = take_up(world, world.handle(*anna)).json()["trace_id"]
        tell(world, "internal", trace_id=trace_id)
    world.clock.ahead += world.settings.lifetimes.launch
    note = "Få kommer inn nå: 0 av 5 forsøk lyktes den siste timen."
    assert note in anna[0].open(anna[1].url).text
    assert note in anna[0].open(tell(world, "internal", trace_id=trace_id).json()["page"]).text
    assert 'portal_launches_last_hour{service="demo-melding",taken_up="no"} 5.0' in metrics(world)
