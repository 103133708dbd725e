"""Path 3 as SMART libraries have it: plain parameters by GET or POST, secrets in the sandbox, S256 all the same."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from support.bodies import answered
from support.staging import living

from portal.demo.browser import Hop
from portal.domain.client_registration import Client
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.world import World

    from portal.adapters.http import Answer
    from portal.demo.browser import Browser, Page

VERIFIER = "v" * 43
CALLBACK = "http://127.0.0.1:9/demo-melding/callback"


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A sandbox, where a target may have a secret."""
    with living(database_url, tmp_path, "classic", environment="sandbox") as running:
        yield running


def registered(**changes: Any) -> Client:
    given: dict[str, Any] = {
        "client_id": "demo-melding",
        "service": "demo-melding",
        "owner": "Demo-eier",
        "profile": "classic",
        "authentication": "none",
        "launch_url": "http://127.0.0.1:9/demo-melding/launch",
        "redirect_uris": [CALLBACK],
        "release": ["patient_number", "hpr", "organisation"],
    }
    return Client.model_validate(given | changes)


def plain(world: World, handle: str, **changes: str) -> dict[str, str]:
    given = {
        "response_type": "code",
        "client_id": "demo-melding",
        "redirect_uri": CALLBACK,
        "scope": "launch patient/Patient.read launch",
        "aud": world.settings.fhir_issuer,
        "launch": handle,
        "state": "opaque-state",
        "code_challenge": s256(VERIFIER),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (given | changes).items() if value}


def authorize(world: World, browser: Browser, parameters: dict[str, str], method: str = "GET") -> Page:
    url = f"{world.origin}/oauth/authorize"
    if method == "POST":
        return world.until_it_leaves(browser, Hop("POST", url, parameters, "http://127.0.0.1:9"))
    return world.until_it_leaves(browser, Hop("GET", f"{url}?{urlencode(parameters)}"))


def redeem(world: World, code: str, *, secret: str = "", **changes: str) -> Answer:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": VERIFIER,
        "redirect_uri": CALLBACK,
        "client_id": "demo-melding",
        "state": "sent-by-some",
    }
    basic = {"Authorization": "Basic " + b64encode(f"demo-melding:{secret}".encode()).decode()} if secret else {}
    return world.egress.send("POST", f"{world.origin}/oauth/token", headers=basic, data=form | changes)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_plain_parameters_do_and_nothing_of_them_stays_in_the_address(
    world: World, anna: tuple[Browser, Page], method: str
) -> None:
    world.put_in_force(registered())
    handle = world.handle(*anna)
    carried = answered(authorize(world, anna[0], plain(world, handle), method))
    assert (carried["state"], carried["iss"]) == ("opaque-state", world.origin)
    given = redeem(world, carried["code"]).json()
    assert (given["token_type"], given["scope"]) == ("Bearer", "launch patient/Patient.read")
    assert world.as_target("GET", "/api/writeback/d-1", given["access_token"]).status == 401
    assert len([url for url in anna[0].visited if handle in url]) == (1 if method == "GET" else 0)


@pytest.mark.parametrize("authentication", ["client_secret_basic", "client_secret_post"])
def test_a_secret_is_good_in_the_sandbox_and_only_the_way_it_was_registered(
    world: World, anna: tuple[Browser, Page], authentication: str
) -> None:
    digest = sha256(b"hemmelig: med % og +").hexdigest()
    world.put_in_force(registered(authentication=authentication, secret_sha256=digest))
    code = answered(authorize(world, anna[0], plain(world, world.handle(*anna))))["code"]
    by_basic = authentication == "client_secret_basic"

    def attempt(secret: str, *, basic: bool) -> Answer:
        return redeem(world, code, secret=secret) if basic else redeem(world, code, client_secret=secret)

    for wrong in (
        attempt("hemmelig: med % og +", basic=not by_basic),
        attempt("feil", basic=by_basic),
        redeem(world, code),
        redeem(world, code, secret="hemmelig", client_secret="hemmelig"),
    ):
        assert wrong.json()["error"] in {"invalid_client", "invalid_request"}
    # RFC 6749 §2.3.1: in the header, and only there, it is form-encoded first.
    right = "hemmelig%3A+med+%25+og+%2B" if by_basic else "hemmelig: med % og +"
    assert attempt(right, basic=by_basic).status == 200


def test_a_wrong_secret_is_told_how_to_authenticate(world: World) -> None:
    digest = sha256(b"hemmelig").hexdigest()
    world.put_in_force(registered(authentication="client_secret_basic", secret_sha256=digest))
    refused = redeem(world, "c" * 43, secret="feil")
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Basic")


def test_a_secret_opens_nothing_outside_the_sandbox(world: World) -> None:
    world.put_in_force(registered())
    parameters = urlencode(plain(world, "h" * 43))
    for environment, status in (("sandbox", 303), ("test", 400), ("production", 400)):
        # Of production only what a secret does there is asked; its own address would be https.
        with world.host(world.settings.model_copy(update={"environment": environment})) as host:
            answer = host.get(f"/oauth/authorize?{parameters}", headers={"Host": world.settings.host})
            assert answer.status_code == status


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"aud": "https://evil.example/fhir"}, "invalid_request"),
        ({"aud": "", "resource": "https://evil.example/fhir"}, "invalid_request"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"launch": ""}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"nonce": "n" * 65}, "invalid_request"),
        ({"request": "a.b.c"}, "invalid_request"),
    ],
)
def test_what_is_wrong_with_plain_parameters_is_said_at_the_registered_address(
    world: World, anna: tuple[Browser, Page], changes: dict[str, str], error: str
) -> None:
    world.put_in_force(registered())
    carried = answered(authorize(world, anna[0], plain(world, "h" * 43, **changes)))
    assert (carried["error"], carried["state"], carried["iss"]) == (error, "opaque-state", world.origin)


@pytest.mark.parametrize(
    "changes", [{"redirect_uri": "https://evil.example/"}, {"redirect_uri": ""}, {"client_id": "x"}]
)
def test_until_the_address_is_known_nothing_is_sent_there(
    world: World, anna: tuple[Browser, Page], changes: dict[str, str]
) -> None:
    world.put_in_force(registered())
    page = authorize(world, anna[0], plain(world, "h" * 43, **changes))
    assert page.status == 400
    assert "Tjenesten er ikke godkjent her" in page.text


def test_resource_is_another_name_for_aud(world: World, anna: tuple[Browser, Page]) -> None:
    world.put_in_force(registered())
    parameters = plain(world, world.handle(*anna), aud="", resource=world.settings.fhir_issuer)
    assert "code" in answered(authorize(world, anna[0], parameters))


def test_a_strict_client_must_push(world: World, anna: tuple[Browser, Page]) -> None:
    world.change("demo-melding", profile="strict")
    carried = answered(authorize(world, anna[0], plain(world, world.handle(*anna))))
    assert carried["error"] == "invalid_request"
    assert "RFC 9126" in carried["error_description"]


def test_a_proof_binds_also_in_the_classic_profile(world: World, anna: tuple[Browser, Page]) -> None:
    pushed, verifier = world.push("demo-melding", world.handle(*anna))
    code = answered(world.authorize(anna[0], "demo-melding", pushed.json()["request_uri"]))["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": CALLBACK,
    }
    given = world.clients["demo-melding"].post_bound(f"{world.origin}/oauth/token", form).json()
    assert given["token_type"] == "DPoP"
    assert world.as_target("GET", "/api/writeback/d-1", given["writeback_token"]).status == 401


def test_a_launch_goes_out_by_post_where_the_target_wants_it(world: World, anna: tuple[Browser, Page]) -> None:
    world.put_in_force(registered(launch_method="post"))
    browser, listed = anna
    click = browser.pressed(listed, listed.form("/open/demo-melding"))
    page = browser.step(click)
    onwards = browser.next(page, click)
    assert onwards is not None
    assert (onwards.method, onwards.url) == ("POST", "http://127.0.0.1:9/demo-melding/launch")
    assert onwards.data is not None
    assert onwards.data["iss"] == world.settings.fhir_issuer
    assert "Refresh" not in page.response.headers
    assert "form-action *" in page.response.headers["Content-Security-Policy"]
    assert not [url for url in browser.visited if onwards.data["launch"] in url]
    assert "code" in answered(authorize(world, browser, plain(world, onwards.data["launch"])))
