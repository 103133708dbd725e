"""facts/security §4.3, H053 to H056: each parameter once, one way to say who one is, and no more than 16 kB."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import requests
from support.liar import MISSING
from support.raw_target import NOTHING, VERIFIER

from portal.demo.browser import Hop
from portal.domain import assertion

if TYPE_CHECKING:
    from support.gate import Gate
    from support.raw_target import Form

pytestmark = pytest.mark.hostile

ENDPOINTS = ["par", "token", "revoke", "introspect"]
FORM = "application/x-www-form-urlencoded"


def _form(gate: Gate, endpoint: str) -> Form:
    """What is right at an endpoint."""
    code = {"grant_type": "authorization_code", "code": NOTHING, "code_verifier": VERIFIER}
    forms = {"par": gate.target.asking(NOTHING), "token": code}
    return gate.target.proven(forms.get(endpoint, {"token": NOTHING}))


def _post(gate: Gate, endpoint: str, form: bytes | list[tuple[str, str]], **headers: str) -> requests.Response:
    proof = gate.target.prover("/oauth/token") if endpoint == "token" else {}
    return gate.target.post(f"/oauth/{endpoint}", form, proof | headers)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_H053_a_parameter_that_stands_twice(gate: Gate, endpoint: str) -> None:
    for name, value in _form(gate, endpoint).items():
        for second in (value, "", f"{value}x"):
            answer = _post(gate, endpoint, [*_form(gate, endpoint).items(), (name, second)])
            gate.refused(answer, 400, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "launch", "scope", "request_uri", "unknown"])
def test_H053_a_parameter_that_stands_twice_at_authorize(gate: Gate, method: str, name: str) -> None:
    asked = gate.target.asking(gate.handle()) | {"unknown": "1"}
    if name == "request_uri":
        asked = {"client_id": "demo-melding", "request_uri": gate.target.pushed(gate.handle())}
    for second in (asked[name], "https://evil.example/"):
        url, pairs = gate.target.url("/oauth/authorize"), [*asked.items(), (name, second)]
        query = {"params": pairs} if method == "GET" else {"data": pairs}
        cookies = gate.anna.cookies.get_dict()
        answer = requests.request(method, url, cookies=cookies, allow_redirects=False, timeout=20, **query)  # type: ignore[arg-type]
        assert answer.status_code == 400, answer.text
        assert "Location" not in answer.headers


@pytest.mark.parametrize("name", ["client_id", "request_uri", "declined"])
def test_H053_a_parameter_that_stands_twice_when_its_clinician_confirms(gate: Gate, name: str) -> None:
    right = {"client_id": "demo-melding", "request_uri": gate.target.pushed(gate.handle()), "declined": ""}
    form = urlencode([*right.items(), (name, "x")])
    headers = {"Origin": gate.world.origin, "Content-Type": FORM}
    answer = requests.post(
        gate.target.url("/oauth/confirm"), form, headers=headers, cookies=gate.anna.cookies.get_dict(), timeout=20
    )
    assert answer.status_code == 400
    assert "Refresh" not in answer.headers
    assert gate.audited("launch_confirmed") == []


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_H054_two_ways_to_say_who_one_is(gate: Gate, endpoint: str) -> None:
    basic = {"Authorization": f"Basic {b64encode(b'demo-melding:secret').decode()}"}
    both = [*_form(gate, endpoint).items(), ("client_secret", "secret")]
    gate.refused(_post(gate, endpoint, both), 400, "invalid_request")
    gate.refused(_post(gate, endpoint, list(_form(gate, endpoint).items()), **basic), 400, "invalid_request")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "demo-annen"},
        {"client_id": "DEMO-MELDING"},
        {"client_id": ""},
        {"client_assertion_type": MISSING},
        {"client_assertion_type": ""},
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"client_assertion_type": f"{assertion.TYPE} "},
        {"client_assertion": MISSING},
        {"client_assertion": MISSING, "client_assertion_type": MISSING},
        {"client_assertion": MISSING, "client_assertion_type": MISSING, "client_secret": "secret"},
    ],
)
def test_H054_no_proof_or_another_ones(gate: Gate, endpoint: str, changes: Form) -> None:
    form = {name: value for name, value in (_form(gate, endpoint) | changes).items() if value is not MISSING}
    gate.refused(_post(gate, endpoint, list(form.items())), 401, "invalid_client")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "value", [b"demo-melding:x", b"demo-melding", b":", b"a%00b:x", b"\xff:x", b"x" * 9_000 + b":"]
)
def test_H054_a_secret_where_a_key_is_registered(gate: Gate, endpoint: str, value: bytes) -> None:
    basic = {"Authorization": f"Basic {b64encode(value).decode()}"}
    form = [*_form(gate, endpoint).items()]
    bare = [pair for pair in form if not pair[0].startswith("client")]
    gate.refused(_post(gate, endpoint, bare, **basic), 401, "invalid_client")
    gate.refused(_post(gate, endpoint, bare, Authorization="Basic !"), 401, "invalid_client")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_H055_a_form_without_end(gate: Gate, endpoint: str) -> None:
    form = urlencode(_form(gate, endpoint)).encode()
    for long in (form + b"&x=" * 60_000, form + b"&x=" + b"y" * 600_000, form + b"&x=" + b"y" * 16_384):
        gate.refused(_post(gate, endpoint, long), 413, "invalid_request")


@pytest.mark.parametrize("path", ["authorize", "confirm"])
def test_H055_a_form_without_end_from_a_browser(gate: Gate, path: str) -> None:
    form = {"client_id": "demo-melding", "request_uri": "x", "y": "z" * 20_000}
    gate.stopped(gate.anna.step(Hop("POST", gate.target.url(f"/oauth/{path}"), form, gate.world.origin)), 413)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_H056_a_form_whose_length_nobody_has_said(gate: Gate, endpoint: str) -> None:
    """Werkzeug cuts a chunked body at its limit without a word: the second `scope` would be gone."""
    form = urlencode(_form(gate, endpoint)).encode() + b"&x=" + b"y" * 20_000 + b"&scope=launch&token=y&code=y"
    headers = {"Content-Type": FORM} | (gate.target.prover("/oauth/token") if endpoint == "token" else {})
    answer = requests.post(gate.target.url(f"/oauth/{endpoint}"), data=iter([form]), headers=headers, timeout=20)
    assert answer.status_code in {411, 413}
    gate.refused(answer, answer.status_code, "invalid_request")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_H056_what_is_no_form(gate: Gate, endpoint: str) -> None:
    form = urlencode(_form(gate, endpoint)).encode()
    for kind in ("application/json", "text/plain", "application/xml", ""):
        gate.refused(_post(gate, endpoint, form, **{"Content-Type": kind}), *_nothing_was_said(endpoint))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_H056_what_stands_in_the_address_is_not_read(gate: Gate, endpoint: str) -> None:
    query = urlencode(_form(gate, endpoint))
    gate.refused(gate.target.post(f"/oauth/{endpoint}?{query}", b""), *_nothing_was_said(endpoint))


def _nothing_was_said(endpoint: str) -> tuple[int, str]:
    return (400, "unsupported_grant_type") if endpoint == "token" else (401, "invalid_client")


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, "confirm"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_H056_another_method(gate: Gate, endpoint: str, method: str) -> None:
    answer = requests.request(method, gate.target.url(f"/oauth/{endpoint}"), data=b"x=y", timeout=20)
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
def test_H056_another_method_at_authorize_begins_nothing(gate: Gate, method: str) -> None:
    query = {"client_id": "demo-melding", "request_uri": gate.target.pushed(gate.handle())}
    cookies = gate.anna.cookies.get_dict()
    answer = requests.request(
        method, gate.target.url("/oauth/authorize"), params=query, cookies=cookies, allow_redirects=False, timeout=20
    )
    assert (answer.status_code, "Location" in answer.headers) == (405, False)
    assert gate.authorize(query["request_uri"]).status == 303


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "{}"])
@pytest.mark.parametrize("endpoint", [*ENDPOINTS, "authorize", "confirm"])
def test_H056_no_other_page_may_read_an_answer(gate: Gate, endpoint: str, origin: str) -> None:
    """What servers ask is for servers: no origin is let in by CORS, not even an opaque one."""
    asking = {"Origin": origin.format(gate.world.origin), "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "POST"):
        answer = requests.request(method, gate.target.url(f"/oauth/{endpoint}"), headers=asking, timeout=20)
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("profile", ["strict"], indirect=True)
def test_H054_a_NUL_is_no_500(gate_on_each: Gate) -> None:
    gate = gate_on_each
    part = b'--x\r\nContent-Disposition: form-data; name="client_id"\r\n\r\na\0b\r\n--x--\r\n'
    kinds = [(urlencode({"client_id": "a\0b", "token": "x"}).encode(), FORM), (part, "multipart/form-data; boundary=x")]
    basic = {"Authorization": f"Basic {b64encode(b'a%00b:x').decode()}"}
    for endpoint in [*ENDPOINTS, "authorize"]:
        answers = [gate.target.post(f"/oauth/{endpoint}", body, {"Content-Type": kind}) for body, kind in kinds]
        answers.append(gate.target.post(f"/oauth/{endpoint}", b"grant_type=authorization_code", basic))
        assert {answer.status_code for answer in answers} <= {400, 401}, endpoint
