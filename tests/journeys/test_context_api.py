"""Path 3 without OAuth: the target has logged the clinician in by HelseID, and gets the context by one call."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from support.bodies import LINE, answered
from support.catalogue import DEMO
from support.helseid import ANNA, BO
from support.target_server import proof_of, take_up

from portal.adapters import catalogue_file
from portal.demo.browser import Hop
from portal.domain.launch_failure import Code
from portal.store import launch_failures, registry
from portal.store.publishing import publish
from portal.store.tables.log import AuditRow

if TYPE_CHECKING:
    from support.world import World

    from portal.adapters.http import Answer
    from portal.demo.browser import Browser, Page

BOTH = pytest.mark.parametrize("profile", ["strict", "classic"])


def refusal(answer: Answer) -> tuple[int, str]:
    """Status and code, when the answer holds nothing of the patient."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert not {"fhirContext", "patient", "sub"} & answer.json().keys()
    assert LINE["number"].encode() not in answer.body
    return answer.status, answer.json()["code"]


def audited(world: World, action: str) -> list[tuple[str, str, str]]:
    with world.database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.id))
        return [(row.outcome, row.actor, row.basis) for row in rows]


def failed(world: World) -> dict[tuple[str, Code], int]:
    with world.database.read() as session:
        return launch_failures.counts(session, world.clock() - timedelta(hours=1))


@BOTH
def test_it_gives_what_a_token_response_gives_without_the_tokens(world: World, anna: tuple[Browser, Page]) -> None:
    by_oauth = world.launch(*anna)
    answer = take_up(world, world.handle(*anna))
    given = answer.json()
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert by_oauth.keys() - given.keys() == {"access_token", "token_type", "expires_in", "scope"}
    same = ("sub", "fhirContext", "need_patient_banner", "tenant", "writeback_expires_in")
    assert [given[name] for name in same] == [by_oauth[name] for name in same]
    assert given["patient"] != by_oauth["patient"]
    assert not [url for url in anna[0].visited if LINE["number"] in url]
    assert audited(world, "launch_redeemed")[1] == ("ok", "client demo-melding", f"person {ANNA.sub}")


@BOTH
def test_its_grant_writes_back_as_the_profile_has_it(world: World, anna: tuple[Browser, Page]) -> None:
    given = take_up(world, world.handle(*anna)).json()
    assert given["writeback_token_type"] == ("DPoP" if world.profile == "strict" else "Bearer")
    assert world.put(given).status == 202


@BOTH
def test_another_person_gets_nothing_and_the_launch_is_burned(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    assert refusal(take_up(world, handle, sub=BO.sub)) == (403, "launch_other_person")
    assert refusal(take_up(world, handle)) == (404, "launch_unknown")
    request_uri = world.push("demo-melding", handle)[0].json()["request_uri"]
    assert answered(world.authorize(anna[0], "demo-melding", request_uri))["error"] == "invalid_request"
    assert audited(world, "launch_redeemed") == [("other_person", "client demo-melding", f"person {ANNA.sub}")]
    assert failed(world) == {("demo-melding", Code.OTHER_PERSON): 1}


def test_what_the_target_names_another_person_by_is_kept_nowhere(world: World, anna: tuple[Browser, Page]) -> None:
    assert take_up(world, world.handle(*anna), sub=LINE["number"]).status == 403
    with world.database.read() as session:
        for table in ("audit_event", "launch", "launch_failure"):
            rows = session.connection().exec_driver_sql(f"SELECT * FROM {table}").all()
            assert rows
            assert LINE["number"] not in str(rows)


def test_a_handle_is_good_once_and_what_it_gave_lives_on(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    given = take_up(world, handle).json()
    assert refusal(take_up(world, handle)) == (404, "launch_unknown")
    assert refusal(take_up(world, handle, sub=BO.sub)) == (404, "launch_unknown")
    assert world.put(given).status == 202


def test_of_many_calls_at_once_one_wins(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(lambda _: take_up(world, handle).status, range(8)))
    assert answers == [200] + [404] * 7


def test_of_two_persons_at_once_one_is_answered_and_no_other(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(lambda sub: take_up(world, handle, sub=sub).status, (ANNA.sub, BO.sub)))
    assert answers in ([200, 404], [403, 404])


def test_another_clients_handle_is_unknown_and_stays_whole(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    assert refusal(take_up(world, handle, client="demo-annen")) == (404, "launch_unknown")
    assert refusal(take_up(world, handle, client="demo-annen", sub=BO.sub)) == (404, "launch_unknown")
    assert take_up(world, handle).status == 200


def test_it_waits_for_the_targets_login_five_minutes_and_no_longer(world: World, anna: tuple[Browser, Page]) -> None:
    first, second = world.handle(*anna), world.handle(*anna)
    world.clock.ahead += timedelta(minutes=4, seconds=30)
    assert take_up(world, first).status == 200
    world.clock.ahead += timedelta(seconds=31)
    assert refusal(take_up(world, second)) == (410, "launch_expired")
    world.clock.ahead += timedelta(minutes=6)
    assert refusal(take_up(world, second)) == (404, "launch_unknown")
    assert failed(world) == {("demo-melding", Code.CONTEXT_EXPIRED): 1}


def test_a_context_that_has_ended_is_not_given(world: World) -> None:
    token, browser = world.epj_token(ANNA), world.browser()
    opened = world.open_session(token)
    page = world.start(browser, opened)
    handle = world.handle(browser, browser.submit(page, page.form(), person=ANNA.sub))
    assert world.call("POST", "/api/session/end", token, {"sessionId": opened["sessionId"]}).status == 204
    for _ in range(2):
        assert refusal(take_up(world, handle)) == (410, "launch_ended")
    assert failed(world) == {("demo-melding", Code.CONTEXT_EXPIRED): 1}


def test_a_context_that_nobody_refreshed_is_not_given(world: World, anna: tuple[Browser, Page]) -> None:
    world.clock.ahead += timedelta(minutes=29)
    browser, listed = anna
    handle = world.handle(browser, browser.open(listed.url))
    world.clock.ahead += timedelta(minutes=2)
    assert refusal(take_up(world, handle)) == (410, "launch_ended")


def test_who_has_logged_out_has_ended_her_launches(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    anna[0].step(Hop("POST", f"{world.origin}/logout", {}, world.origin))
    assert refusal(take_up(world, handle)) == (410, "launch_ended")


def test_what_was_taken_up_by_oauth_is_unknown_here(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    request_uri = world.push("demo-melding", handle)[0].json()["request_uri"]
    assert "code" in answered(world.authorize(anna[0], "demo-melding", request_uri))
    assert refusal(take_up(world, handle)) == (404, "launch_unknown")


def test_a_strict_client_that_may_write_back_brings_a_proof(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    refused = take_up(world, handle, proof="")
    assert refusal(refused) == (401, "invalid_dpop_proof")
    assert refused.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof"')
    assert take_up(world, handle).status == 200


def test_a_strict_client_that_may_not_write_back_needs_none(world: World, anna: tuple[Browser, Page]) -> None:
    world.change("demo-melding", writeback=False)
    given = take_up(world, world.handle(*anna), proof="").json()
    assert given["fhirContext"]
    assert not [name for name in given if name.startswith("writeback")]


@pytest.mark.parametrize("profile", ["classic"])
def test_a_proof_binds_a_classic_clients_grant(world: World, anna: tuple[Browser, Page]) -> None:
    given = take_up(world, world.handle(*anna), proof=proof_of(world)).json()
    assert given["writeback_token_type"] == "DPoP"
    refused = world.put(given)
    assert (refused.status, refused.json()["code"]) == (401, "invalid_token")


@BOTH
def test_a_proof_is_good_once_and_for_this_path_and_a_wrong_one_burns_nothing(
    world: World, anna: tuple[Browser, Page]
) -> None:
    first, second, proof = world.handle(*anna), world.handle(*anna), proof_of(world)
    assert take_up(world, first, proof=proof).status == 200
    for wrong in (proof, proof_of(world, path="/oauth/token"), "no-proof"):
        assert refusal(take_up(world, second, proof=wrong)) == (401, "invalid_dpop_proof")
    assert take_up(world, second, proof=proof_of(world)).status == 200


@BOTH
@pytest.mark.parametrize(
    "changes",
    [
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"client_assertion": "not.a.jwt"},
    ],
)
def test_who_does_not_prove_itself_gets_nothing_and_burns_nothing(
    world: World, anna: tuple[Browser, Page], changes: dict[str, str]
) -> None:
    handle = world.handle(*anna)
    assert refusal(take_up(world, handle, **changes)) == (401, "invalid_client")
    assert take_up(world, handle).status == 200


def test_a_client_that_was_disabled_meanwhile_gets_nothing(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    with world.database.write() as session:
        registry.disable_client(session, "demo-melding")
    assert refusal(take_up(world, handle)) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"sub": None}, "sub: missing"),
        ({"sub": ""}, "sub: string_pattern_mismatch"),
        ({"launch": "no such/handle"}, "launch: string_pattern_mismatch"),
        ({"sub": 1}, "sub: string_type"),
    ],
)
def test_a_wrong_body_is_refused_by_its_rule(world: World, changes: dict[str, Any], where: str) -> None:
    answer = take_up(world, "h" * 43, **changes)
    assert (answer.status, answer.json()["code"], answer.json()["detail"]) == (422, "invalid_body", where)


def test_each_number_is_told_only_if_the_client_has_registered_for_it(world: World, anna: tuple[Browser, Page]) -> None:
    world.change("demo-melding", release=("hpr",))
    given = take_up(world, world.handle(*anna)).json()
    assert [item["type"] for item in given["fhirContext"]] == ["Practitioner"]


def test_a_journal_that_takes_no_messages_gives_no_grant(world: World) -> None:
    token, browser = world.epj_token(ANNA), world.browser()
    page = world.start(browser, world.open_session(token, reply_to=None))
    given = take_up(world, world.handle(browser, browser.submit(page, page.form(), person=ANNA.sub))).json()
    assert given["patient"]
    assert "writeback_token" not in given


def test_a_launch_without_a_patient_tells_who_clicked_and_no_more(world: World) -> None:
    text = DEMO.read_text(encoding="utf-8").replace("patient: required", "patient: optional").replace("{target}", "9")
    changed = catalogue_file.parse(text.replace("requires: [patient_id], ", ""), "demo")
    publish(world.settings, changed, by="test", based_on=1)
    browser = world.browser()
    world.log_in(browser, ANNA)
    click = Hop("POST", f"{world.origin}/open/demo-melding", {}, world.origin)
    onwards = browser.next(browser.step(click), click)
    assert onwards is not None
    given = take_up(world, onwards.query()["launch"]).json()
    assert given.keys() == {"sub", "trace_id"}
    assert given["sub"] == ANNA.sub
