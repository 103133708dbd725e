"""Path 3, sign-on: a target that signs people on by our id token, with a launch or by asking for it itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.bodies import answered
from support.helseid import ANNA
from support.keys import ec, rsa
from support.staging import world_client

from portal.demo.browser import Hop
from portal.domain import jose
from portal.domain.client_registration import PublicKey
from portal.domain.sign_on_token import id_token
from portal.store import registry

if TYPE_CHECKING:
    from support.world import World

    from portal.demo.browser import Browser, Page

SCOPE = "openid fhirUser launch launch/patient user/Practitioner.r"


@pytest.fixture
def signing_on(world: World) -> World:
    """Demomelding with the sign-on switch on, in the strict profile."""
    world.change("demo-melding", sign_on=True)
    return world


def launched(world: World, anna: tuple[Browser, Page], **changes: str) -> dict[str, Any]:
    pushed, verifier = world.push("demo-melding", world.handle(*anna), **({"scope": SCOPE, "nonce": "n-1"} | changes))
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    answer = world.redeem("demo-melding", code, verifier)
    assert answer.status == 200, answer.json()
    return dict(answer.json())


def verified(world: World, token: str, typ: str = "JWT") -> jose.Jwt:
    """As a target verifies it: by the keys that we publish."""
    keys = world.egress.send("GET", f"{world.origin}/.well-known/jwks.json").json()["keys"]
    return jose.verify(token, keys, algorithms=["RS256"], types=[typ])


def asked_by_itself(world: World, browser: Browser, client: str = "demo-annen", **changes: str) -> Page:
    """A target asks for a login by itself: no launch."""
    request = {"scope": "openid fhirUser", "launch": "", "aud": "", "nonce": "n-2"} | changes
    pushed, _ = world.push(client, "", **request)
    assert pushed.status == 201, pushed.json()
    return world.authorize(browser, client, pushed.json()["request_uri"])


def only_signing_on(world: World, **changes: Any) -> None:
    alone = {"launch_url": None, "release": (), "writeback": False, "sign_on": True}
    world.change("demo-annen", **(alone | changes))


def test_the_id_token_says_who_and_how_she_logged_in_with_helseid(
    signing_on: World, anna: tuple[Browser, Page]
) -> None:
    given = launched(signing_on, anna)
    claims = verified(signing_on, given["id_token"]).claims
    helseid = jose.peek(signing_on.id_token_of(ANNA)).claims
    assert {name: claims[name] for name in ("iss", "sub", "aud", "nonce")} == {
        "iss": signing_on.origin,
        "sub": ANNA.sub,
        "aud": "demo-melding",
        "nonce": "n-1",
    }
    assert {name: claims.get(name) for name in ("auth_time", "acr", "amr")} == {
        name: helseid.get(name) for name in ("auth_time", "acr", "amr")
    }
    assert claims["exp"] - claims["iat"] == 300
    assert claims["helseid://claims/hpr/hpr_number"] == ANNA.hpr_number
    assert claims["fhirUser"].startswith("Practitioner/")
    assert claims["at_hash"]


def test_without_the_switch_there_is_no_id_token(world: World, anna: tuple[Browser, Page]) -> None:
    given = launched(world, anna)
    assert "id_token" not in given
    assert given["scope"] == "launch launch/patient user/Practitioner.r"


def test_a_number_that_is_not_released_is_not_in_the_id_token(signing_on: World, anna: tuple[Browser, Page]) -> None:
    signing_on.change("demo-melding", release=("organisation",), fhir_user="absolute")
    claims = verified(signing_on, launched(signing_on, anna)["id_token"]).claims
    assert "helseid://claims/hpr/hpr_number" not in claims
    assert claims["fhirUser"].startswith(f"{signing_on.settings.fhir_issuer}/Practitioner/")


def test_the_same_person_has_the_same_fhir_id_at_one_client_and_another_at_the_next(
    signing_on: World, anna: tuple[Browser, Page]
) -> None:
    only_signing_on(signing_on)
    first = verified(signing_on, launched(signing_on, anna)["id_token"]).claims["fhirUser"]
    again = verified(signing_on, launched(signing_on, anna)["id_token"]).claims["fhirUser"]
    keyring = signing_on.app.extensions["portal"].keyring
    assert first == again == f"Practitioner/{keyring.practitioner('demo-melding', ANNA.sub)}"
    assert first != f"Practitioner/{keyring.practitioner('demo-annen', ANNA.sub)}"


def test_a_target_that_asks_by_itself_gets_no_context(world: World) -> None:
    only_signing_on(world)
    browser = world.browser()
    world.log_in(browser, ANNA)
    assert "code" in answered(asked_by_itself(world, browser))


def test_who_asks_by_itself_waits_for_the_login_and_is_not_asked_about_any_patient(world: World) -> None:
    only_signing_on(world)
    browser = world.browser()
    parked = asked_by_itself(world, browser)
    page = browser.follow(Hop("GET", f"{world.origin}{parked.response.headers['Location']}"))
    arrived = world.until_it_leaves(browser, browser.pressed(page, page.form(), person=ANNA.sub))
    assert "code" in answered(arrived)


def test_who_may_not_use_the_service_is_not_signed_on_there(world: World) -> None:
    with world.database.read() as session:
        registered = registry.client(session, "demo-melding")
    assert registered is not None
    alone = {
        "client_id": "for-jordmor",
        "service": "demo-jordmor",
        "launch_url": None,
        "release": (),
        "writeback": False,
    }
    named = {"client_id": "for-jordmor", "service": "demo-jordmor", "sign_on": True}
    callback = ("http://127.0.0.1:9/for-jordmor/callback",)
    keys = (PublicKey.model_validate({**ec("for-jordmor").public, "use": "sig"}),)
    world.put_in_force(registered.model_copy(update=alone | named | {"redirect_uris": callback, "keys": keys}))
    world.clients["for-jordmor"] = world_client(world, "for-jordmor")
    browser = world.browser()
    world.log_in(browser, ANNA)
    assert answered(asked_by_itself(world, browser, "for-jordmor"))["error"] == "access_denied"


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "1"}])
def test_a_fresher_login_than_there_is_is_asked_for_in_vain(world: World, changes: dict[str, str]) -> None:
    only_signing_on(world)
    browser = world.browser()
    world.log_in(browser, ANNA)
    world.clock.ahead += world.settings.lifetimes.launch
    assert answered(asked_by_itself(world, browser, **changes))["error"] == "login_required"


def test_the_card_sends_the_browser_to_where_the_target_logs_in_with_us(world: World) -> None:
    only_signing_on(world, initiate_login_uri="http://127.0.0.1:9/oidc?tenant=a")
    browser = world.browser()
    listed = world.log_in(browser, ANNA)
    click = browser.pressed(listed, listed.form("/open/demo-sso"))
    onwards = browser.next(browser.step(click), click)
    assert onwards is not None
    there = urlsplit(onwards.url)
    assert dict(parse_qsl(there.query)) == {
        "tenant": "a",
        "iss": world.origin,
        "target_link_uri": "http://127.0.0.1:9/",
    }
    assert there.path == "/oidc"


def test_an_old_key_of_ours_still_verifies_while_the_new_one_signs(signing_on: World) -> None:
    old = signing_on.settings.signing_key("RS256")
    newer = rsa("sign-on-2").private
    others = [key for key in signing_on.settings.signing_keys if key["alg"] != "RS256"]
    claims = {"iss": signing_on.origin, "sub": ANNA.sub, "aud": "demo-melding"}
    life = signing_on.settings.lifetimes.access_token
    before = id_token(old, claims, "token", signing_on.clock(), life)
    rolled = signing_on.settings.model_copy(update={"signing_keys": (newer, old, *others)})
    with signing_on.host(rolled) as host:
        published = host.get("/.well-known/jwks.json", headers={"Host": signing_on.settings.host}).get_json()["keys"]
    after = id_token(rolled.signing_key("RS256"), claims, "token", signing_on.clock(), life)
    for token, kid in ((before, old["kid"]), (after, newer["kid"])):
        assert jose.verify(token, published, algorithms=["RS256"], types=["JWT"]).header["kid"] == kid
