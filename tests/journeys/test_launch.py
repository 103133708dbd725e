"""Path 3: from one click to the context in the target's token response, once, for the right client and person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest
from support.bodies import LINE, answered
from support.helseid import ANNA, BO

from portal.adapters import catalogue_file
from portal.demo.browser import Browser, Hop
from portal.domain.catalogue import overlay
from portal.store import launches, registry
from portal.store.publishing import publish

if TYPE_CHECKING:
    from support.world import Profile, World

    from portal.demo.browser import Page


@pytest.fixture(params=["strict", "classic"])
def profile(request: pytest.FixtureRequest) -> Profile:
    return cast("Profile", request.param)


def test_a_launch_gives_patient_practitioner_and_office_server_to_server(
    world: World, anna: tuple[Browser, Page]
) -> None:
    given = world.launch(*anna)
    numbers = {item["type"]: item["identifier"]["value"] for item in given["fhirContext"]}
    assert numbers == {"Patient": LINE["number"], "Practitioner": ANNA.hpr_number, "Organization": "999977775"}
    scheme = "DPoP" if world.profile == "strict" else "Bearer"
    assert (given["token_type"], given["sub"], given["need_patient_banner"]) == (scheme, ANNA.sub, True)
    assert given["writeback_token"]
    assert len(given["patient"]) == 64
    assert not [url for url in anna[0].visited if LINE["number"] in url]


def test_the_post_answers_with_a_page_that_refreshes(anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    page = browser.step(browser.pressed(listed, listed.form("/open/demo-melding")))
    assert page.status == 200
    assert page.response.headers["Refresh"].startswith("0; url=http://127.0.0.1:9/demo-melding/launch?iss=")
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    assert page.response.headers["Cache-Control"] == "no-store"


def test_a_code_is_redeemed_once_and_the_second_try_revokes_the_first(world: World, anna: tuple[Browser, Page]) -> None:
    pushed, verifier = world.push("demo-melding", world.handle(*anna))
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    given = world.redeem("demo-melding", code, verifier)
    assert given.status == 200
    again = world.redeem("demo-melding", code, verifier)
    assert (again.status, again.json()["error"]) == (400, "invalid_grant")
    assert world.put(given.json()).status == 401


def test_of_many_redeems_at_once_one_wins_at_most_and_nothing_of_it_lives(
    world: World, anna: tuple[Browser, Page]
) -> None:
    pushed, verifier = world.push("demo-melding", world.handle(*anna))
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(lambda _: world.redeem("demo-melding", code, verifier).status, range(8)))
    assert answers in ([200] + [400] * 7, [400] * 8)
    with world.database.read() as session:
        living = "SELECT count(*) FROM token WHERE revoked_at IS NULL"
        assert session.connection().exec_driver_sql(living).scalar() == 0


def test_another_clients_redeem_is_refused_and_burns_nothing(world: World, anna: tuple[Browser, Page]) -> None:
    pushed, verifier = world.push("demo-melding", world.handle(*anna))
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    stolen = world.redeem("demo-annen", code, verifier)
    assert (stolen.status, stolen.json()["error"]) == (400, "invalid_grant")
    assert world.redeem("demo-melding", code, verifier).status == 200


@pytest.mark.parametrize(("step", "error"), [("launch", "invalid_request"), ("code", "invalid_grant")])
def test_what_is_too_old_is_refused(world: World, anna: tuple[Browser, Page], step: str, error: str) -> None:
    handle = world.handle(*anna)
    if step == "launch":
        world.clock.ahead += timedelta(seconds=61)
    pushed, verifier = world.push("demo-melding", handle)
    carried = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))
    if step == "launch":
        assert carried["error"] == error
        return
    world.clock.ahead += timedelta(seconds=61)
    assert world.redeem("demo-melding", carried["code"], verifier).json()["error"] == error


def test_a_request_uri_expires_and_is_good_for_one_code(world: World, anna: tuple[Browser, Page]) -> None:
    request_uri = world.push("demo-melding", world.handle(*anna))[0].json()["request_uri"]
    answered(world.authorize(anna[0], "demo-melding", request_uri))
    assert world.authorize(anna[0], "demo-melding", request_uri).status == 400
    late = world.push("demo-melding", "x" * 43)[0].json()["request_uri"]
    world.clock.ahead += timedelta(seconds=91)
    assert world.authorize(anna[0], "demo-melding", late).status == 400


def test_a_handle_is_good_once_and_for_its_own_client(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    for client, answer in (("demo-annen", "error"), ("demo-melding", "code"), ("demo-melding", "error")):
        request_uri = world.push(client, handle)[0].json()["request_uri"]
        assert answer in answered(world.authorize(anna[0], client, request_uri))


def test_every_answer_to_the_client_carries_iss_and_state(world: World, anna: tuple[Browser, Page]) -> None:
    request_uri = world.push("demo-melding", "x" * 43)[0].json()["request_uri"]
    refused = answered(world.authorize(anna[0], "demo-melding", request_uri))
    assert (refused["iss"], refused["state"], refused["error"]) == (world.origin, "opaque-state", "invalid_request")


def test_another_person_cannot_finish_a_launch_and_it_is_burned(world: World, anna: tuple[Browser, Page]) -> None:
    handle, bo = world.handle(*anna), world.browser()
    world.log_in(bo, BO)
    request_uri = world.push("demo-melding", handle)[0].json()["request_uri"]
    assert answered(world.authorize(bo, "demo-melding", request_uri))["error"] == "access_denied"
    request_uri = world.push("demo-melding", handle)[0].json()["request_uri"]
    assert answered(world.authorize(anna[0], "demo-melding", request_uri))["error"] == "invalid_request"


def test_a_client_that_was_disabled_meanwhile_gets_no_answer_at_its_address(
    world: World, anna: tuple[Browser, Page]
) -> None:
    request_uri = world.push("demo-melding", world.handle(*anna))[0].json()["request_uri"]
    with world.database.write() as session:
        registry.disable_client(session, "demo-melding")
    assert world.authorize(anna[0], "demo-melding", request_uri).status == 400


def test_a_long_scope_is_what_it_says_on_either_database(world: World, anna: tuple[Browser, Page]) -> None:
    pushed, verifier = world.push("demo-melding", world.handle(*anna), scope="launch " * 90)
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    assert world.redeem("demo-melding", code, verifier).json()["scope"] == "launch"


def test_a_service_she_may_not_use_does_not_exist(world: World, anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    for service in ("demo-jordmor", "demo-kommuneoverlege", "no-such"):
        hop = Hop("POST", f"{listed.url}open/{service}", {}, world.origin)
        assert browser.step(hop).status == 404


def test_a_disabled_client_is_out_at_once(world: World, anna: tuple[Browser, Page]) -> None:
    handle = world.handle(*anna)
    with world.database.write() as session:
        registry.disable_client(session, "demo-melding")
    answer, _ = world.push("demo-melding", handle)
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:9/other"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_redeem_is_refused(
    world: World, anna: tuple[Browser, Page], changes: dict[str, str], error: str
) -> None:
    pushed, verifier = world.push("demo-melding", world.handle(*anna))
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    answer = world.redeem("demo-melding", code, verifier, **changes)
    assert (answer.status, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize("profile", ["strict"])
def test_a_redeem_without_proof_gets_nothing_and_burns_nothing(world: World, anna: tuple[Browser, Page]) -> None:
    pushed, verifier = world.push("demo-melding", world.handle(*anna))
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": "http://127.0.0.1:9/demo-melding/callback",
    }
    answer = world.clients["demo-melding"].post(f"{world.origin}/oauth/token", form)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_dpop_proof")
    assert world.redeem("demo-melding", code, verifier).status == 200


def test_a_context_that_has_ended_gives_nothing(world: World, anna: tuple[Browser, Page]) -> None:
    pushed, verifier = world.push("demo-melding", world.handle(*anna))
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    world.clock.ahead += timedelta(seconds=30)
    with world.database.write() as session:
        session.connection().exec_driver_sql("UPDATE context SET ended_at = created_at")
    assert world.redeem("demo-melding", code, verifier).json()["error"] == "invalid_grant"


def test_a_token_is_kept_as_a_hash(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    with world.database.read() as session:
        assert launches.holder(session, given["access_token"], launches.ACCESS, world.clock())
        rows = session.connection().exec_driver_sql("SELECT key_hash FROM token").scalars().all()
    assert given["access_token"] not in rows


def test_there_is_a_button_exactly_where_the_launch_is_accepted(
    world: World, anna: tuple[Browser, Page], request: pytest.FixtureRequest
) -> None:
    demo = world.app.extensions["portal"].shelf.stock().catalogue
    shipped = catalogue_file.read(request.config.rootpath / "link_catalog.yaml")
    everything = overlay(shipped, demo)
    publish(world.settings, everything, by="test", based_on=1)
    browser, listed = anna
    page = browser.open(listed.url)
    buttons = {form.action.rpartition("/")[2] for form in page.tree.forms if "/open/" in (form.action or "")}
    answers = {
        service.id: browser.step(Hop("POST", f"{listed.url}open/{service.id}", {}, world.origin)).status
        for service in everything.services
    }
    assert {service for service, status in answers.items() if status == 200} == buttons
    assert set(answers.values()) == {200, 403, 404}
    assert {"demo-melding", "blareseptsoknad"} <= buttons
