"""Path 3, pushed: a whole request from a client that proves itself, or a refusal that says which rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from support.keys import ec, signed

from portal.domain import assertion

if TYPE_CHECKING:
    from support.world import Profile, World


@pytest.fixture(params=["strict", "classic"])
def profile(request: pytest.FixtureRequest) -> Profile:
    return cast("Profile", request.param)


@pytest.mark.parametrize("sub", ["a\u0000b", "x" * 300, "", None, 7])
def test_an_assertion_from_nobody_is_refused_on_either_database(world: World, sub: object) -> None:
    at = int(world.clock().timestamp())
    claims = {"iss": sub, "sub": sub, "aud": world.origin, "iat": at, "exp": at + 10, "jti": "j" * 22}
    token = signed({"alg": "ES256", "kid": "demo-melding"}, claims, ec("demo-melding").private)
    form = {"client_assertion_type": assertion.TYPE, "client_assertion": token}
    answer = world.egress.send("POST", f"{world.origin}/oauth/par", data=form)
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "http://127.0.0.1:9/demo-melding/callback/"}, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1:9/demo-melding/callback?x=1"}, "invalid_request"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "patient/*.cruds"}, "invalid_scope"),
        ({"aud": "https://evil.example/fhir"}, "invalid_request"),
        ({"launch": ""}, "invalid_request"),
        ({"request_uri": "urn:x"}, "invalid_request"),
        ({"request": "a.b.c"}, "invalid_request"),
    ],
)
def test_a_wrong_pushed_request_is_refused(world: World, changes: dict[str, str], error: str) -> None:
    answer, _ = world.push("demo-melding", "x" * 43, **changes)
    assert (answer.status, answer.json()["error"]) == (400, error)
    assert answer.headers["cache-control"] == "no-store"
    assert "evil" not in answer.body.decode()


def test_an_assertion_is_good_once_and_for_us_alone(world: World) -> None:
    url = f"{world.origin}/oauth/par"

    def post(signed_assertion: str) -> tuple[int, str]:
        form = {"client_assertion_type": assertion.TYPE, "client_assertion": signed_assertion}
        answer = world.egress.send("POST", url, data=form)
        return answer.status, answer.json()["error"]

    now, key = world.clock(), ec("demo-melding").private
    right = assertion.make(key, "demo-melding", world.origin, now, "jti-aaaaaaaaaaaaaaaaaaaaaa")
    assert post(right) == (400, "unsupported_response_type")
    assert post(right) == (401, "invalid_client")
    # SMART's own clients name the token endpoint; FAPI 2.0 knows the issuer alone.
    foreign = [url, [world.origin], *([f"{world.origin}/oauth/token"] if world.profile == "strict" else [])]
    for audience in foreign:
        at = int(now.timestamp())
        claims = {
            "iss": "demo-melding",
            "sub": "demo-melding",
            "aud": audience,
            "iat": at,
            "exp": at + 10,
            "jti": "j" * 22,
        }
        assert post(signed({"alg": "ES256", "kid": "demo-melding"}, claims, key)) == (401, "invalid_client")


def test_a_parameter_that_stands_twice_is_refused(world: World) -> None:
    answer = world.egress.send(
        "POST",
        f"{world.origin}/oauth/par",
        data=b"scope=launch&scope=launch",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


def test_a_form_that_is_too_large_is_refused_before_it_is_read(world: World) -> None:
    answer, _ = world.push("demo-melding", "x" * 20_000)
    assert (answer.status, answer.json()["error"]) == (413, "invalid_request")
