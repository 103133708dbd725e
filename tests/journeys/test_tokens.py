"""Path 3, afterwards: what becomes of the tokens of a launch: told of, given back, refreshed, ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from support.bodies import answered
from support.helseid import ANNA

from portal.demo.browser import Hop
from portal.domain import jose

if TYPE_CHECKING:
    from support.world import Profile, World

    from portal.adapters.http import Answer
    from portal.demo.browser import Browser, Page


@pytest.fixture(params=["strict", "classic"])
def profile(request: pytest.FixtureRequest) -> Profile:
    return cast("Profile", request.param)


def introspect(world: World, token: str, client: str = "demo-melding") -> dict[str, Any]:
    answer = world.clients[client].post(f"{world.origin}/oauth/introspect", {"token": token})
    assert answer.status == 200, answer.json()
    return dict(answer.json())


def revoke(world: World, token: str, client: str = "demo-melding") -> int:
    return world.clients[client].post(f"{world.origin}/oauth/revoke", {"token": token}).status


def refresh(world: World, token: str, **changes: str) -> Answer:
    form = {"grant_type": "refresh_token", "refresh_token": token} | changes
    return world.clients["demo-melding"].post(f"{world.origin}/oauth/token", form)


def online(world: World, anna: tuple[Browser, Page], **changes: Any) -> dict[str, Any]:
    """A launch of a classic client that refreshes and reads its access token: as Nav's library wants it."""
    world.change("demo-melding", sign_on=True, refresh="online", access_token="jwt", **changes)
    scope = "openid fhirUser launch launch/patient online_access patient/Patient.r"
    pushed, verifier = world.push("demo-melding", world.handle(*anna), scope=scope)
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    return dict(world.redeem("demo-melding", code, verifier).json())


def test_introspection_repeats_the_context_to_its_own_client_alone(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    told = introspect(world, given["access_token"])
    same = ("scope", "sub", "token_type", "patient", "fhirContext", "need_patient_banner", "tenant", "trace_id")
    assert {name: told[name] for name in same} == {name: given[name] for name in same}
    assert (told["active"], told["client_id"], told["iss"]) == (True, "demo-melding", world.origin)
    assert 0 < told["exp"] - world.clock().timestamp() <= 300
    assert ("cnf" in told) == (world.profile == "strict")
    assert introspect(world, given["access_token"], "demo-annen") == {"active": False}
    assert introspect(world, "x" * 43) == {"active": False}
    grant = introspect(world, given["writeback_token"])
    assert grant["active"]
    assert "patient" not in grant


def test_a_token_that_was_given_back_is_good_for_nothing(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    assert revoke(world, given["access_token"], "demo-annen") == 200
    assert introspect(world, given["access_token"])["active"]
    assert revoke(world, given["access_token"]) == 200
    assert introspect(world, given["access_token"]) == {"active": False}
    assert revoke(world, given["access_token"]) == revoke(world, "x" * 43) == 200
    assert world.put(given).status == 202
    assert revoke(world, given["writeback_token"]) == 200
    assert world.put(given, "d-2").status == 401


def end_by_logout(world: World, browser: Browser, _opened: dict[str, str], _token: str) -> None:
    browser.step(Hop("POST", f"{world.origin}/logout", {}, world.origin))


def end_by_epj(world: World, _browser: Browser, opened: dict[str, str], token: str) -> None:
    assert world.call("POST", "/api/session/end", token, {"sessionId": opened["sessionId"]}).status == 204


@pytest.mark.parametrize("end", [end_by_logout, end_by_epj])
def test_logout_and_the_end_of_the_context_revoke_all_but_the_right_to_write_back(world: World, end: Any) -> None:
    token, browser = world.epj_token(ANNA), world.browser()
    opened = world.open_session(token)
    page = world.start(browser, opened)
    listed = browser.submit(page, page.form(), person=ANNA.sub)
    given = world.launch(browser, listed)
    late, verifier = world.push("demo-melding", world.handle(browser, listed))
    code = answered(world.authorize(browser, "demo-melding", late.json()["request_uri"]))["code"]
    end(world, browser, opened, token)
    assert introspect(world, given["access_token"]) == {"active": False}
    assert world.redeem("demo-melding", code, verifier).json()["error"] == "invalid_grant"
    assert world.put(given).status == 202


def test_a_context_that_runs_out_takes_its_access_along(world: World, anna: tuple[Browser, Page]) -> None:
    world.clock.ahead += timedelta(minutes=28)
    given = world.launch(anna[0], anna[0].open(anna[1].url))
    world.clock.ahead += timedelta(minutes=3)
    assert introspect(world, given["access_token"]) == {"active": False}


@pytest.mark.parametrize("profile", ["classic"])
def test_online_access_goes_on_while_she_is_logged_in(world: World, anna: tuple[Browser, Page]) -> None:
    given = online(world, anna)
    again = refresh(world, given["refresh_token"])
    assert again.status == 200, again.json()
    fresh = {"access_token": "", "refresh_token": "", "id_token": ""}
    assert again.json() | fresh == {
        name: value
        for name, value in (given | fresh).items()
        if name not in {"writeback_token", "writeback_expires_in"}
    }
    third = refresh(world, again.json()["refresh_token"], scope="launch launch/patient")
    assert third.json()["scope"] == "launch launch/patient"
    anna[0].step(Hop("POST", f"{world.origin}/logout", {}, world.origin))
    assert refresh(world, third.json()["refresh_token"]).json()["error"] == "invalid_grant"
    assert introspect(world, again.json()["access_token"]) == {"active": False}


@pytest.mark.parametrize("profile", ["classic"])
def test_a_refresh_token_that_is_used_twice_ends_what_the_launch_gave(world: World, anna: tuple[Browser, Page]) -> None:
    given = online(world, anna)
    newer = refresh(world, given["refresh_token"]).json()
    assert refresh(world, given["refresh_token"]).json()["error"] == "invalid_grant"
    assert refresh(world, newer["refresh_token"]).json()["error"] == "invalid_grant"
    assert introspect(world, newer["access_token"]) == {"active": False}
    assert world.put(given).status == 202


@pytest.mark.parametrize("profile", ["classic"])
def test_of_many_refreshes_at_once_one_wins_at_most(world: World, anna: tuple[Browser, Page]) -> None:
    given = online(world, anna)
    with ThreadPoolExecutor(8) as pool:
        answers = [answer.status for answer in pool.map(lambda _: refresh(world, given["refresh_token"]), range(8))]
    assert sorted(answers)[1:] == [400] * 7


@pytest.mark.parametrize("profile", ["classic"])
@pytest.mark.parametrize("over", ["logout", "idle", "context"])
def test_nothing_is_refreshed_when_she_or_the_patient_is_gone(
    world: World, anna: tuple[Browser, Page], over: str
) -> None:
    given = online(world, anna)
    if over == "logout":
        anna[0].step(Hop("POST", f"{world.origin}/logout", {}, world.origin))
    else:
        world.clock.ahead += timedelta(minutes=31)
        if over == "context":
            anna[0].open(f"{world.origin}/mine")
    assert refresh(world, given["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("profile", ["classic"])
def test_what_is_refreshed_is_no_wider_and_another_clients_is_nobodys(world: World, anna: tuple[Browser, Page]) -> None:
    given = online(world, anna)
    world.change("demo-annen", sign_on=True, refresh="online")
    form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    stolen = world.clients["demo-annen"].post(f"{world.origin}/oauth/token", form)
    assert stolen.json()["error"] == "invalid_grant"
    assert refresh(world, given["refresh_token"], scope="launch user/Practitioner.r").json()["error"] == "invalid_scope"


def test_a_client_that_has_not_registered_it_refreshes_nothing(world: World, anna: tuple[Browser, Page]) -> None:
    given = world.launch(*anna)
    assert "refresh_token" not in given
    form = {"grant_type": "refresh_token", "refresh_token": given["access_token"]}
    answer = world.clients["demo-melding"].post_bound(f"{world.origin}/oauth/token", form)
    assert answer.json()["error"] == "unauthorized_client"


@pytest.mark.parametrize("profile", ["classic"])
def test_an_access_token_that_can_be_read_names_no_number(world: World, anna: tuple[Browser, Page]) -> None:
    given = online(world, anna)
    keys = world.egress.send("GET", f"{world.origin}/.well-known/jwks.json").json()["keys"]
    claims = jose.verify(given["access_token"], keys, algorithms=["RS256"], types=["at+jwt"]).claims
    assert (claims["iss"], claims["aud"]) == (world.origin, world.settings.fhir_issuer)
    assert (claims["sub"], claims["client_id"], claims["scope"]) == (ANNA.sub, "demo-melding", given["scope"])
    assert claims.keys() == {"iss", "sub", "aud", "client_id", "scope", "jti", "iat", "exp"}
    assert introspect(world, given["access_token"])["fhirUser"] == jose.peek(given["id_token"]).claims["fhirUser"]
