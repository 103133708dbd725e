"""One test per advisory, at our own authorization server: where an answer goes, and what is refused before it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from support.bodies import answered
from support.raw_target import NOTHING

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile

HOST, PATH = "http://127.0.0.1:9", "/demo-melding/callback"


def _leads_nowhere(gate: Gate, *addresses: str, **changes: str) -> None:
    """Neither pushed nor by plain parameters, by GET or by POST."""
    for address in addresses:
        gate.refused(gate.target.par(NOTHING, redirect_uri=address, **changes), 400, "invalid_request")
        for method in ("GET", "POST"):
            asked = gate.target.asking(NOTHING, redirect_uri=address, **changes)
            gate.stopped(gate.ask(asked, method=method), 400, "client_unknown")


def test_CVE_2023_6291_userinfo_is_no_host_of_the_targets(gate: Gate) -> None:
    """Keycloak: `https://registered@evil` held for a prefix of what was registered."""
    _leads_nowhere(gate, f"{HOST}@evil.example{PATH}", f"{HOST}%40evil.example{PATH}", f"http://x@127.0.0.1:9{PATH}")


def test_CVE_2026_7504_nor_with_several_at_signs(gate: Gate) -> None:
    """Keycloak: two of them, and Java's parser saw no userinfo."""
    _leads_nowhere(gate, f"{HOST}@@evil.example{PATH}", f"http://127.0.0.1:9@x@evil.example{PATH}")


def test_CVE_2026_3872_path_parameters_lead_nowhere(gate: Gate) -> None:
    """Keycloak: `..;/` left the path that had been checked."""
    _leads_nowhere(gate, f"{HOST}{PATH}/..;/evil", f"{HOST}{PATH}/..;/..;/evil", f"{HOST}{PATH};/../evil")


def test_CVE_2024_1132_nor_do_dots(gate: Gate) -> None:
    """Keycloak: `..` after the check, plain or encoded."""
    dots = ("/../evil", "/%2e%2e/evil", "/..%2fevil", "/%252e%252e/evil", "/.%2e/evil", "/..%5cevil")
    _leads_nowhere(gate, *(f"{HOST}{PATH}{dot}" for dot in dots))


def test_CVE_2024_8883_loopback_is_no_friend(gate: Gate) -> None:
    """Keycloak: a registered address on loopback let any address on it through."""
    _leads_nowhere(
        gate, f"http://localhost:9{PATH}", "http://127.0.0.1/", "http://127.0.0.1:9/", f"http://[::1]:9{PATH}"
    )


def test_CVE_2020_15233_a_port_is_a_port(gate: Gate) -> None:
    """Fosite: for loopback, the port was not compared."""
    _leads_nowhere(gate, *(f"http://127.0.0.1{port}{PATH}" for port in ("", ":", ":1", ":90", ":09", ":9:9")))


def test_CVE_2020_15234_capitals_make_another_address(gate: Gate) -> None:
    """Fosite: redirect addresses were compared without case."""
    _leads_nowhere(gate, f"{HOST}{PATH.upper()}", f"HTTP://127.0.0.1:9{PATH}", f"{HOST}{PATH.title()}")


def test_CVE_2024_52289_a_dot_is_a_dot(gate: Gate) -> None:
    """Authentik: the registered address was a pattern."""
    _leads_nowhere(gate, f"http://127x0x0x1:9{PATH}", f"http://127.0.011:9{PATH}", f"{HOST}{PATH}.*", ".*", "*")


def test_CVE_2026_9086_a_script_is_no_address(gate: Gate) -> None:
    """Keycloak: `jAvAsCrIpT:` was not the scheme that was forbidden."""
    _leads_nowhere(gate, "javascript:alert(1)", "jAvAsCrIpT:alert(1)", "data:text/html,x", f"javascript:{HOST}{PATH}")


@pytest.mark.parametrize("mode", ["form_post.jwt", "form_post", "fragment", "web_message", "query.jwt"])
def test_CVE_2023_6927_no_way_back_goes_past_the_check(gate: Gate, mode: str) -> None:
    """Keycloak: with `form_post.jwt` the address was compared in another, laxer way."""
    _leads_nowhere(gate, f"{HOST}{PATH}/evil", "https://evil.example/*", response_mode=mode)
    gate.refused(gate.target.par(NOTHING, response_mode=mode), 400, "invalid_request")


@pytest.mark.parametrize(
    "changes", [{"response_type": "none"}, {"response_type": "x"}, {"scope": ""}, {"client_id": "x"}]
)
def test_CVE_2026_44681_no_error_redirects_before_the_address_is_checked(gate: Gate, changes: dict[str, str]) -> None:
    """Authlib (and CVE-2026-41479): `unsupported_response_type` went to whatever address had been given."""
    for method in ("GET", "POST"):
        asked = gate.target.asking(NOTHING, redirect_uri="https://evil.example/") | changes
        gate.stopped(gate.ask(asked, method=method), 400, "client_unknown")


@pytest.mark.parametrize(
    "name", ["redirect_uri", "client_id", "state", "scope", "response_type", "launch", "request_uri"]
)
def test_CVE_2026_9689_of_a_parameter_that_stands_twice_none_is_taken(gate: Gate, name: str) -> None:
    """Keycloak: the check read one, and the redirect the other."""
    right = gate.target.asking(gate.handle(), request_uri=gate.target.pushed(gate.handle()))
    for pair in ((name, "https://evil.example/"), (name, right[name])):
        for pairs in ([pair, *right.items()], [*right.items(), pair]):
            gate.stopped(gate.ask(pairs), 400, "invalid_request")
            answer = requests.post(gate.target.url("/oauth/authorize"), pairs, allow_redirects=False, timeout=20)
            assert (answer.status_code, "Location" in answer.headers) == (400, False)
            gate.forget()


def test_RFC_9700_4_12_no_form_is_ever_sent_on(gate: Gate) -> None:
    """303 alone: 307 would send what was posted to whoever comes next."""
    pushed = {"client_id": "demo-melding", "request_uri": gate.target.pushed(gate.handle())}
    pages = [gate.ask(pushed, method="POST"), gate.ask(gate.target.asking(NOTHING), method="POST"), gate.ask(pushed)]
    assert [page.status for page in pages] == [303] * 3
    assert "code" in answered(pages[-1])


def test_RFC_9700_4_2_no_code_goes_along_as_referer(gate: Gate) -> None:
    page = gate.authorize(gate.target.pushed(gate.handle()))
    assert page.response.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert page.response.headers["Cache-Control"] == "no-store"


def test_RFC_9207_every_answer_says_whose_it_is(gate: Gate) -> None:
    handle = gate.handle()
    for changes in ({}, {"prompt": "login"}, {"max_age": "0"}, {}):
        assert answered(gate.authorize(gate.target.pushed(handle, **changes)))["iss"] == gate.world.origin
    plain = gate.ask(gate.target.asking(NOTHING, response_type="token"))
    assert answered(plain)["iss"] == gate.world.origin
