"""Who proves itself by a secret, or by nothing at all, is a client in a sandbox alone, and there by its own."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from support.bodies import answered
from support.gate import gate as open_gate
from support.keys import ec
from support.liar import MISSING
from support.raw_target import NOTHING, VERIFIER

from portal.app import Edges
from portal.domain.client_registration import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests
    from support.gate import Gate
    from support.raw_target import Form
    from support.world import Profile

pytestmark = pytest.mark.hostile

SECRET = "a secret: with + signs, æ and 100 % of room"
WAYS = ["client_secret_basic", "client_secret_post", "none"]


@pytest.fixture(scope="module")
def profile() -> Profile:
    return "classic"


@pytest.fixture
def sandbox(sqlite_url: str, tmp_path: Path) -> Iterator[Gate]:
    with open_gate(sqlite_url, tmp_path, "classic", environment="sandbox") as gate:
        yield gate


def _register(gate: Gate, way: str, secret: str = SECRET) -> None:
    digest = None if way == "none" else sha256(secret.encode()).hexdigest()
    gate.world.change("demo-melding", authentication=way, keys=(), secret_sha256=digest)
    gate.target.keep(secret)
    gate.forget()


def _said(way: str, client_id: str = "demo-melding", secret: str = SECRET) -> tuple[Form, dict[str, str]]:
    """How a client says who it is: fields of the form, and headers (RFC 6749 §2.3.1)."""
    if way == "client_secret_basic":
        pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}".encode()
        return {}, {"Authorization": f"Basic {b64encode(pair).decode()}"}
    return {"client_id": client_id} | ({"client_secret": secret} if way == "client_secret_post" else {}), {}


def _each(gate: Gate, said: tuple[Form, dict[str, str]]) -> Iterator[requests.Response]:
    fields, headers = said
    asking = {name: value for name, value in gate.target.asking(NOTHING).items() if name != "client_id"}
    code = {"grant_type": "authorization_code", "code": NOTHING, "code_verifier": VERIFIER}
    forms = {"par": asking, "token": code, "revoke": {"token": NOTHING}, "introspect": {"token": NOTHING}}
    for endpoint, form in forms.items():
        yield gate.target.post(f"/oauth/{endpoint}", form | fields, headers)


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_opens_nothing_where_patients_may_be_real(gate: Gate, way: str) -> None:
    _register(gate, way)
    for answer in _each(gate, _said(way)):
        gate.refused(answer, 401, "invalid_client")
    for method in ("GET", "POST"):
        gate.stopped(gate.ask(gate.target.asking(gate.handle()), method=method), 400, "client_unknown")


@pytest.mark.parametrize("environment", ["production", "test"])
@pytest.mark.parametrize("way", WAYS)
def test_nor_does_what_was_pushed_or_given_before_it_was_one(gate: Gate, way: str, environment: str) -> None:
    request_uri, code = gate.target.pushed(gate.handle()), gate.code()
    _register(gate, way)
    settings = gate.world.settings.model_copy(update={"environment": environment})
    with gate.world.host(settings, Edges(now=gate.world.clock)) as other:
        host, (fields, headers) = {"Host": settings.host}, _said(way)
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER} | fields
        form["redirect_uri"] = gate.target.callback
        assert other.post("/oauth/token", data=form, headers=host | headers).status_code == 401
        query = {"client_id": "demo-melding", "request_uri": request_uri}
        answer = other.get("/oauth/authorize", query_string=query, headers=host)
        assert (answer.status_code, "Location" in answer.headers) == (400, False)
        said = other.get("/.well-known/openid-configuration", headers=host).get_json()
        assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]


@pytest.mark.parametrize("way", WAYS)
def test_in_the_strict_profile_it_is_not_even_registered(gate: Gate, way: str) -> None:
    registered = gate.registered()
    assert registered is not None
    digest = None if way == "none" else "0" * 64
    strict = {"profile": "strict", "refresh": "none", "authentication": way, "keys": (), "secret_sha256": digest}
    with pytest.raises(ValueError, match="private_key_jwt"):
        Client.model_validate(registered.model_dump() | strict)


def test_in_a_sandbox_each_is_let_in_as_it_is_registered_and_in_no_other_way(sandbox: Gate) -> None:
    gate = sandbox
    for way in WAYS:
        _register(gate, way)
        assert [answer.status_code for answer in _each(gate, _said(way))] == [201, 400, 200, 200]
        gate.forget()
        for other in WAYS:
            for answer in _each(gate, _said(other)) if other != way else ():
                gate.refused(answer, 401, "invalid_client")
        gate.is_nobody(gate.target.assertion(), gate.target.assertion(key=ec("thief")))


WRONG: list[Any] = ["", "x", SECRET + " ", SECRET[:-1], SECRET.upper(), sha256(SECRET.encode()).hexdigest(), "*", "%00"]


@pytest.mark.parametrize("way", WAYS[:2])
def test_a_wrong_secret_opens_nothing_in_a_sandbox_either(sandbox: Gate, way: str) -> None:
    gate = sandbox
    _register(gate, way)
    for secret in WRONG:
        for answer in _each(gate, _said(way, secret=secret)):
            assert answer.status_code == 401 or (secret, answer.status_code) == ("%00", 400), answer.text
            assert SECRET not in answer.text
    for client_id in ("demo-annen", "nobody", "", "DEMO-MELDING"):
        for answer in _each(gate, _said(way, client_id=client_id)):
            assert answer.status_code == 401, answer.text


def test_a_secret_in_the_address_is_not_read(sandbox: Gate) -> None:
    _register(sandbox, "client_secret_post")
    query = f"client_id=demo-melding&client_secret={quote(SECRET)}"
    for endpoint in ("par", "revoke", "introspect"):
        sandbox.refused(sandbox.target.post(f"/oauth/{endpoint}?{query}", b"token=x"), 401, "invalid_client")


def test_without_a_proof_of_its_own_a_code_is_still_good_with_its_verifier_alone(sandbox: Gate) -> None:
    """A public client's code may be caught by anyone who sees the address."""
    gate = sandbox
    _register(gate, "none")
    said = {"client_assertion": MISSING, "client_assertion_type": MISSING}
    code = answered(gate.authorize(gate.target.pushed(gate.handle(), **said)))["code"]
    for changes in ({"code_verifier": MISSING}, {"client_id": "demo-annen"}, {"client_id": MISSING}):
        assert gate.target.redeem(code, {}, **(said | changes)).status_code in {400, 401}
    fresh = answered(gate.authorize(gate.target.pushed(gate.handle(), **said)))["code"]
    assert gate.target.redeem(fresh, {}, **said).json()["token_type"] == "Bearer"
