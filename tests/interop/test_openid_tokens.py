"""What openid-client (npm, certified) makes of our answers and tokens: it refuses what it must, and finds no fault."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from support.bodies import LINE, document_body
from support.counterpart import is_login_page, walk
from support.helseid import ANNA
from support.openid_target import CLASSIC, CONTEXT, STRICT, WAYS, WHO, openid_target, passes, sign_on_target
from support.third_party import carried, click, given, log_out, numbers, refusal

from portal.demo.browser import Browser, Hop
from portal.domain.identity import HPR_NUMBER

if TYPE_CHECKING:
    from support.openid_target import OpenIdTarget, Way
    from support.world import World

    from portal.demo.browser import Page

pytestmark = pytest.mark.interop

BOTH = pytest.mark.parametrize("way", [STRICT, CLASSIC], ids=["strict", "classic"])
REPEATED = ("patient", "fhirContext", "need_patient_banner", "tenant", "trace_id", "sub", "scope")
READS = "patient/Patient.r user/Practitioner.r"


@BOTH
@pytest.mark.parametrize(
    ("changes", "word"),
    [
        pytest.param({"state": "somebody-elses"}, "state", id="another state"),
        pytest.param({"iss": "http://127.0.0.1:9"}, "iss", id="another server's name"),
        pytest.param({"iss": None}, "iss", id="no server's name"),
    ],
)
def test_it_refuses_an_answer_with(
    world: World, anna: tuple[Browser, Page], way: Way, changes: dict[str, str | None], word: str
) -> None:
    with openid_target(world, way) as target:
        back = walk(anna[0], carried(*anna), target.back)
        assert isinstance(back, Hop), back.text
        answer = {name: value for name, value in (back.query() | changes).items() if value}
        said = refusal(anna[0].follow(Hop("GET", f"{target.back}?{urlencode(answer)}")))
        asked = target.do("asked")
    assert (said["code"], word in said["message"]) == ("OAUTH_INVALID_RESPONSE", True)
    assert "/oauth/token" not in [path for path, _ in asked]


@BOTH
def test_a_code_that_is_redeemed_twice_ends_what_it_gave(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    with openid_target(world, way) as target:
        click(*anna)
        assert target.do("introspect", token="access_token")["active"]
        assert target.do("redeem")["error"] == "invalid_grant"
        assert target.do("introspect", token="access_token") == {"active": False}


@BOTH
def test_introspection_repeats_the_context(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    with openid_target(world, way) as target:
        tokens = given(click(*anna))
        told = target.do("introspect", token="access_token")
    assert {name: told.get(name) for name in REPEATED} == {name: tokens[name] for name in REPEATED}
    assert (told["iss"], told["client_id"], told["active"]) == (world.origin, "demo-melding", True)
    assert ("cnf" in told) is way.dpop
    assert time.time() < told["exp"] <= time.time() + tokens["expires_in"]


@BOTH
def test_a_token_that_is_given_back_is_worth_nothing(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    with openid_target(world, way) as target:
        click(*anna)
        assert target.do("revoke", token="access_token") == {}
        assert target.do("introspect", token="access_token") == {"active": False}
        assert target.do("introspect", token="writeback_token")["active"]


@BOTH
def test_logging_out_ends_access_and_leaves_the_way_back_into_the_journal(
    world: World, anna: tuple[Browser, Page], way: Way
) -> None:
    browser, listed = anna
    with openid_target(world, way) as target:
        tokens = given(click(browser, listed))
        log_out(browser, listed)
        assert target.do("introspect", token="access_token") == {"active": False}
        put = put_document(target, tokens)
    assert (put["status"], put["body"]["document_id"]) == (202, "d-1")


@BOTH
def test_it_puts_a_document_and_hears_where_it_is(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    with openid_target(world, way) as target:
        tokens = given(click(*anna))
        assert put_document(target, tokens)["status"] == 202
        state = target.do("call", method="GET", path="/api/writeback/d-1", token="writeback_token")
    assert (state["status"], state["body"]["state"]) == (200, "queued")


def test_a_nonce_of_ours_that_is_too_old_is_replaced_and_the_launch_goes_on(
    world: World, anna: tuple[Browser, Page]
) -> None:
    with openid_target(world, STRICT) as target:
        click(*anna)
        passes(world, target, 400)
        target.do("asked")
        assert numbers(given(click(*anna)))["Patient"] == LINE["number"]
        asked = target.do("asked")
    assert asked == [["/oauth/par", 400], ["/oauth/par", 201], ["/oauth/token", 200]]


@BOTH
def test_our_id_token_says_who_and_how_she_logged_in(world: World, anna: tuple[Browser, Page], way: Way) -> None:
    with openid_target(world, way, {"sign_on": True}, scope=f"{WHO} {CONTEXT}"):
        page = click(*anna)
    tokens, claims = given(page), page.response.json()["claims"]
    assert (claims["iss"], claims["aud"], claims["sub"]) == (world.origin, "demo-melding", ANNA.sub)
    assert (claims["amr"], claims[HPR_NUMBER]) == (["pwd"], ANNA.hpr_number)
    assert time.time() - 60 < claims["auth_time"] <= claims["iat"] < claims["exp"] <= claims["iat"] + 300
    assert claims["at_hash"] == half_hash(tokens["access_token"])
    assert claims["fhirUser"].startswith("Practitioner/")
    assert not claims.keys() & {"patient", "fhirContext"}
    assert numbers(tokens)["Patient"] == LINE["number"]


@BOTH
def test_without_the_switch_it_gets_no_id_token_however_it_asks(
    world: World, anna: tuple[Browser, Page], way: Way
) -> None:
    # It would refuse an answer without one if it had sent a nonce.
    with openid_target(world, way, scope=f"fhirUser {CONTEXT}"):
        page = click(*anna)
    assert (page.response.json()["claims"], given(page)["scope"]) == (None, CONTEXT)


@BOTH
def test_a_click_signs_her_on_where_nothing_else_is_sent(world: World, way: Way) -> None:
    browser = world.browser()
    listed = world.log_in(browser, ANNA)
    with sign_on_target(world, way) as target:
        page = click(browser, listed, "demo-sso")
    tokens, claims = given(page), page.response.json()["claims"]
    assert (claims["sub"], claims["aud"]) == (ANNA.sub, target.client_id)
    assert HPR_NUMBER not in claims
    assert not tokens.keys() & {"patient", "fhirContext", "tenant", "writeback_token"}


@BOTH
def test_who_comes_to_it_directly_is_signed_on_after_a_login(world: World, way: Way) -> None:
    browser = world.browser()
    with sign_on_target(world, way) as target:
        asked = browser.open(initiated(world, target))
        assert is_login_page(asked)
        page = browser.submit(asked, asked.form(), person=ANNA.sub)
    assert page.response.json()["claims"]["sub"] == ANNA.sub


@BOTH
def test_a_login_without_a_word_is_refused_while_nobody_is_logged_in(world: World, way: Way) -> None:
    browser = world.browser()
    with sign_on_target(world, way) as target:
        said = refusal(browser.open(f"{initiated(world, target)}&prompt=none"))
        assert said["error"] == "login_required"
        world.log_in(browser, ANNA)
        page = browser.open(f"{initiated(world, target)}&prompt=none")
    assert page.response.json()["claims"]["sub"] == ANNA.sub


@BOTH
def test_whom_the_service_is_not_for_is_not_signed_on(world: World, way: Way) -> None:
    browser = world.browser()
    with sign_on_target(world, way, {"client_id": "demo-jordmor", "service": "demo-jordmor"}) as target:
        asked = browser.open(initiated(world, target))
        said = refusal(browser.submit(asked, asked.form(), person=ANNA.sub))
    assert (said["error"], said["said"]["iss"]) == ("access_denied", world.origin)


@BOTH
def test_it_reads_the_patient_and_the_clinician_with_its_token(
    world: World, anna: tuple[Browser, Page], way: Way
) -> None:
    with openid_target(world, way, {"sign_on": True}, scope=f"{WHO} {CONTEXT} {READS}") as target:
        page = click(*anna)
        who = page.response.json()["claims"]["fhirUser"]
        patient = target.do("call", method="GET", path=f"/fhir/Patient/{given(page)['patient']}")
        clinician = target.do("call", method="GET", path=f"/fhir/{who}")
        nobody = target.do("call", method="GET", path="/fhir/Patient/1")
    assert patient["type"].startswith("application/fhir+json")
    assert patient["body"]["identifier"][0]["value"] == LINE["number"]
    assert clinician["body"]["identifier"][0]["value"] == ANNA.hpr_number
    assert (nobody["status"], nobody["body"]["resourceType"]) == (404, "OperationOutcome")


@pytest.mark.parametrize("way", [CLASSIC, WAYS["classic, ES256, bound by its own choice"]], ids=["bearer", "bound"])
def test_a_refresh_gives_new_tokens_and_a_second_use_of_the_old_one_ends_all(
    world: World, anna: tuple[Browser, Page], way: Way
) -> None:
    online = {"sign_on": True, "refresh": "online"}
    with openid_target(world, way, online, scope=f"{WHO} {CONTEXT} online_access") as target:
        first = given(click(*anna))
        renewed = target.do("refresh")
        assert target.do("introspect", token="access_token")["patient"] == first["patient"]
        again = target.do("refresh", refresh_token=first["refresh_token"])
        ended = target.do("introspect", token="access_token")
    assert renewed["claims"]["sub"] == ANNA.sub
    for name in ("access_token", "refresh_token", "id_token"):
        assert renewed["tokens"][name] != first[name]
    assert (again["error"], ended) == ("invalid_grant", {"active": False})


def initiated(world: World, target: OpenIdTarget) -> str:
    """Where anybody can send a browser (OpenID Connect Core §4)."""
    return f"{target.address}/login?{urlencode({'iss': world.origin, 'target_link_uri': f'{target.address}/'})}"


def put_document(target: OpenIdTarget, tokens: dict[str, Any]) -> dict[str, Any]:
    """What the portal answers to a document for the launch's patient."""
    put = {"method": "PUT", "path": "/api/writeback/d-1", "body": document_body(tokens["patient"])}
    return dict(target.do("call", token="writeback_token", **put))


def half_hash(access_token: str) -> str:
    """`at_hash` of OpenID Connect Core §3.1.3.6."""
    return urlsafe_b64encode(sha256(access_token.encode()).digest()[:16]).rstrip(b"=").decode()
