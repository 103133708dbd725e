"""One test per advisory, at our own authorization server: what a browser brings, and what it is shown and keeps."""

from __future__ import annotations

import time
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import requests
from support.bodies import answered
from support.liar import MISSING
from support.outbound import outbound
from support.raw_target import NOTHING

from portal.demo.browser import Hop

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile

SCRIPT = '"><script>alert(1)</script>'
NAMES = ["client_id", "request_uri", "redirect_uri", "state", "scope", "launch", "error", "error_description"]


@pytest.mark.parametrize("name", NAMES)
def test_CVE_2022_4361_nothing_of_a_request_is_repeated_on_a_page(gate: Gate, name: str) -> None:
    """Keycloak: an address of the request stood in the page of the error."""
    asked = gate.target.asking(NOTHING, redirect_uri="https://evil.example/") | {name: f"canary{SCRIPT}"}
    page = gate.ask(asked)
    assert "canary" not in page.response.text
    gate.stopped(page)


def test_CVE_2023_6717_an_address_that_is_a_script_is_not_registered(gate: Gate) -> None:
    """Keycloak: `javascript:` was taken as an address of a client."""
    for evil in ("javascript:alert(1)", "data:text/html,x", "http://evil.example/", "https://x@evil.example/", "//x"):
        for name, value in {"launch_url": evil, "initiate_login_uri": evil, "redirect_uris": (evil,)}.items():
            with pytest.raises(ValueError, match=name):
                gate.world.change("demo-melding", **{name: value})


@pytest.mark.parametrize("endpoint", ["par", "token", "revoke", "introspect"])
def test_CVE_2021_20323_what_is_JSON_is_not_shown_as_a_page(gate: Gate, endpoint: str) -> None:
    """Keycloak: JSON that repeated what was sent came as HTML."""
    form = dict.fromkeys(("grant_type", "client_id", "token"), SCRIPT)
    answer = gate.target.post(f"/oauth/{endpoint}?{urlencode(form)}", form)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "alert" not in answer.text


@pytest.mark.parametrize("name", ["request_uri", "request", "jwks_uri", "iss", "aud", "resource", "redirect_uri"])
def test_CVE_2020_10770_no_parameter_makes_us_fetch_anything(gate: Gate, elsewhere: str, name: str) -> None:
    """Keycloak: `request_uri` was fetched."""
    port, brought = int(elsewhere.rpartition(":")[2]), {name: f"{elsewhere}/x"}
    with outbound() as heard:
        gate.target.par(NOTHING, **brought)
        gate.target.redeem(NOTHING, **brought)
        for method in ("GET", "POST"):
            gate.ask(gate.target.asking(NOTHING) | brought, method=method)
    assert port not in {number for _, number in heard}


def test_CVE_2025_68158_what_is_parked_in_one_browser_is_worth_nothing_to_a_stranger(gate: Gate) -> None:
    """Authlib (and CVE-2026-41425): `state` was not bound to the browser. Here the login decides, then the person."""
    request_uri, strangers = gate.target.pushed(gate.handle()), [gate.world.browser(), gate.world.browser()]
    for browser in strangers:
        assert gate.authorize(request_uri, browser).response.headers["Location"].startswith("/login?next=")
        assert not list(browser.cookies)


@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/confirm", "/oauth/token", "/oauth/par"])
def test_CVE_2023_30861_no_answer_may_be_kept(gate: Gate, path: str) -> None:
    """Flask (and CVE-2026-27205): a proxy kept an answer that was one person's."""
    pages = [gate.anna.step(Hop(method, gate.target.url(path), {}, gate.world.origin)) for method in ("GET", "POST")]
    pages.append(gate.authorize(gate.target.pushed(gate.handle())))
    assert {page.response.headers["Cache-Control"] for page in pages} == {"no-store"}


def test_CVE_2023_46136_a_form_in_a_thousand_parts_is_left_unread(gate: Gate) -> None:
    """Werkzeug: parts of a multipart form cost more than they weigh."""
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    began = time.monotonic()
    gate.refused(gate.target.post("/oauth/token", part * 20_000 + b"--x--\r\n", kind), 413, "invalid_request")
    assert gate.target.post("/oauth/token", b"--x\r\n" + b"\r" * 16_000, kind).status_code == 400
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("profile", ["classic"], indirect=True)
def test_GHSA_r9w3_57w2_gch2_what_is_sent_is_data(gate_on_each: Gate) -> None:
    """Hydra: a value reached SQL as a part of the statement."""
    gate = gate_on_each
    values = ["' OR 1=1 --", "x'; DROP TABLE token; --", "%", "_" * 43, "\\", "1e9", "-1", "ø" * 200]
    for name, value in product(("client_id", "token", "code", "refresh_token", "scope", "launch", "state"), values):
        for path in ("/oauth/revoke", "/oauth/token", "/oauth/par"):
            answer = gate.target.post(path, gate.target.proven({"token": "x"}, **{name: value}))
            assert answer.status_code in {200, 400, 401}, answer.text
        assert gate.ask({"client_id": "demo-melding", "request_uri": value}).status == 400
    assert gate.given()["patient"]


def test_CVE_2024_23647_no_verifier_stands_in_for_a_challenge(gate: Gate) -> None:
    """Authentik: a request without a challenge was redeemed with any verifier, or none."""
    none = {"code_challenge": MISSING, "code_challenge_method": MISSING}
    gate.refused(gate.target.par(NOTHING, **none), 400, "invalid_request")
    page = gate.ask(urlencode(gate.target.asking(gate.handle(), **none)))
    assert answered(page)["error"] == "invalid_request"


@pytest.mark.parametrize("cookie", ["portal-session=bo", "portal-session=", "sub=bo; user=1"])
def test_CVE_2026_77995_a_cookie_that_names_a_person_is_no_login(gate: Gate, cookie: str) -> None:
    """What a browser says of itself makes no code; it is sent to log in."""
    query = {"client_id": "demo-melding", "request_uri": gate.target.pushed(gate.handle())}
    answer = requests.get(
        gate.target.url("/oauth/authorize"), query, headers={"Cookie": cookie}, allow_redirects=False, timeout=20
    )
    assert answer.headers["Location"].startswith("/login?")


def test_GHSA_7qjx_gp9h_65qj_what_is_asked_for_is_no_proof_of_what_was_done(gate: Gate) -> None:
    """dex: what a request named was taken for what had happened; `acr` and `auth_time` are HelseID's own."""
    wishes = {"acr_values": "Level99", "acr": "Level99", "auth_time": "1", "sub": "bo", "login_hint": "bo"}
    asked = gate.target.read(gate.given(scope="openid launch", **wishes)["id_token"])
    plain = gate.target.read(gate.given(scope="openid launch")["id_token"])
    for name in ("acr", "amr", "auth_time", "sub"):
        assert asked.get(name) == plain.get(name)
    assert asked["auth_time"] > 1_000_000_000
