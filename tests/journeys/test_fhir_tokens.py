"""Path 3, FHIR: which token opens what, and for as long as the context lives."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.bodies import OLE, answered
from support.fhir_reader import (
    HPR,
    NUMBER,
    SCOPE,
    audited,
    clinician,
    get,
    is_refused,
    launched,
    of_patient,
    read,
)
from support.helseid import ANNA

from portal.store.publishing import publish

if TYPE_CHECKING:
    from support.fhir_reader import Anna
    from support.world import World

# Patient and Practitioner, by the scope that goes with `launch`.
GRANTED = {
    "": [403, 403],
    "patient/Patient.r": [200, 403],
    "patient/Patient.rs": [200, 403],
    "patient/Patient.read": [200, 403],
    "user/Practitioner.read": [403, 200],
}

BOTH = pytest.mark.parametrize("profile", ["strict", "classic"])
CLASSIC = pytest.mark.parametrize("profile", ["classic"])


@CLASSIC
def test_a_jwt_opens_what_an_opaque_token_opens(world: World, anna: Anna) -> None:
    world.change("demo-melding", access_token="jwt")
    given = launched(world, anna)
    assert given["access_token"].count(".") == 2
    assert of_patient(world, given).status == 200
    given["access_token"] = f"{given['access_token'].rpartition('.')[0]}.AAAA"
    assert is_refused(of_patient(world, given), 401, "login")


def test_no_other_id_is_there(world: World, anna: Anna) -> None:
    mine, again = launched(world, anna), launched(world, anna)
    other = launched(world, (anna[0], world.open_patient(anna[0], ANNA, OLE)))
    ids = (again["patient"], other["patient"], clinician(world), NUMBER, HPR, "x", "x" * 200)
    for resource_id in ids:
        assert is_refused(read(world, mine, f"Patient/{resource_id}"), 404, "not-found")
    for resource_id in (mine["patient"], clinician(world, "demo-annen"), NUMBER, HPR):
        assert is_refused(read(world, mine, f"Practitioner/{resource_id}"), 404, "not-found")
    assert not audited(world)


@BOTH
def test_another_clients_token_opens_nothing_of_this_one(world: World, anna: Anna) -> None:
    with_two_targets(world)
    both_listed = anna[0], anna[0].open(anna[1].url)
    mine = launched(world, both_listed)
    theirs = launched(world, both_listed, client="demo-annen", service="demo-sso")
    own = f"Patient/{theirs['patient']}", f"Practitioner/{clinician(world, 'demo-annen')}"
    assert [read(world, theirs, what, "demo-annen").status for what in own] == [200, 200]
    for what in (f"Patient/{mine['patient']}", f"Practitioner/{clinician(world)}"):
        assert is_refused(read(world, theirs, what, "demo-annen"), 404, "not-found")


def test_after_logout_nothing_is_read(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    browser, listed = anna
    browser.submit(
        listed, next(one for one in listed.tree.forms if one.action == "/logout" and "switch" not in one.fields)
    )
    assert is_refused(of_patient(world, given), 401, "login")


def test_when_the_epj_has_closed_the_patient_nothing_is_read(world: World) -> None:
    browser, token = world.browser(), world.epj_token(ANNA)
    opened = world.open_session(token)
    page = world.start(browser, opened)
    given = launched(world, (browser, browser.submit(page, page.form(), person=ANNA.sub)))
    assert world.call("POST", "/api/session/end", token, {"sessionId": opened["sessionId"]}).status == 204
    assert is_refused(of_patient(world, given), 401, "login")


def test_a_context_that_ran_out_is_gone_before_its_token(world: World, anna: Anna) -> None:
    world.clock.ahead += timedelta(minutes=28)
    given = launched(world, anna)
    world.clock.ahead += timedelta(minutes=3)
    assert is_refused(of_patient(world, given), 404, "not-found")
    assert is_refused(read(world, given, f"Practitioner/{clinician(world)}"), 404, "not-found")


@BOTH
def test_a_token_that_was_given_back_opens_nothing(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    back = world.clients["demo-melding"].post(f"{world.origin}/oauth/revoke", {"token": given["access_token"]})
    assert back.status == 200
    assert is_refused(of_patient(world, given), 401, "login")


@BOTH
def test_a_token_opens_for_five_minutes(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    world.clock.ahead += timedelta(minutes=4, seconds=50)
    assert of_patient(world, given).status == 200
    world.clock.ahead += timedelta(seconds=11)
    assert is_refused(of_patient(world, given), 401, "login")


@BOTH
def test_a_right_to_write_back_is_none_to_read(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    given["access_token"] = given["writeback_token"]
    assert is_refused(of_patient(world, given), 401, "login")


@BOTH
def test_what_is_read_was_granted(world: World, anna: Anna) -> None:
    for scope, statuses in GRANTED.items():
        given = launched(world, anna, f"launch {scope}")
        answers = of_patient(world, given), read(world, given, f"Practitioner/{clinician(world)}")
        assert [answer.status for answer in answers] == statuses, scope
        for answer in answers:
            assert answer.status == 200 or is_refused(answer, 403, "forbidden")
            challenge = f'{given["token_type"]} error="insufficient_scope"'
            assert answer.status == 200 or answer.headers["www-authenticate"].startswith(challenge)


@BOTH
def test_a_number_that_a_client_may_no_longer_have_is_not_read(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    world.change("demo-melding", release=("organisation",))
    assert is_refused(of_patient(world, given), 403, "forbidden")
    assert is_refused(read(world, given, f"Practitioner/{clinician(world)}"), 403, "forbidden")


@BOTH
def test_a_token_comes_by_its_own_scheme_and_no_other(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    given["token_type"] = {"DPoP": "Bearer", "Bearer": "DPoP"}[given["token_type"]]
    answer = of_patient(world, given)
    assert is_refused(answer, 401, "login")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_bound_token_needs_a_proof_by_its_own_key(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    answer = read(world, given, f"Patient/{given['patient']}", "demo-annen")
    assert is_refused(answer, 401, "login")
    assert answer.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof"')
    bare = get(world, f"/fhir/Patient/{given['patient']}", Authorization=f"DPoP {given['access_token']}")
    assert is_refused(bare, 401, "login")


@CLASSIC
def test_a_token_that_a_classic_client_had_bound_is_no_bearer_token(world: World, anna: Anna) -> None:
    pushed, verifier = world.push("demo-melding", world.handle(*anna), scope=SCOPE)
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    form["redirect_uri"] = "http://127.0.0.1:9/demo-melding/callback"
    given = world.clients["demo-melding"].post_bound(f"{world.origin}/oauth/token", form).json()
    assert of_patient(world, given).status == 200
    assert is_refused(of_patient(world, given | {"token_type": "Bearer"}), 401, "login")


def test_a_token_in_the_address_is_none(world: World, anna: Anna) -> None:
    given = launched(world, anna)
    answer = get(world, f"/fhir/Patient/{given['patient']}?access_token={given['access_token']}")
    assert is_refused(answer, 401, "login")
    assert "www-authenticate" in answer.headers


def with_two_targets(world: World) -> None:
    """Let the other target's service take a patient too."""
    stock = world.app.extensions["portal"].shelf.stock()
    (one,) = [service for service in stock.catalogue.services if service.id == "demo-melding"]
    second = one.model_copy(update={"id": "demo-sso"})
    others = tuple(service for service in stock.catalogue.services if service.id != "demo-sso")
    publish(world.settings, stock.catalogue.model_copy(update={"services": (*others, second)}), by="test", based_on=1)
