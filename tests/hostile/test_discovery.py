"""facts/security §4.1: what HelseID says about itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.liar import DISCOVERY, PAR
from support.loopback import Says

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.siege import Siege
pytestmark = pytest.mark.hostile


@pytest.fixture
def siege(lone_siege: Siege) -> Siege:
    """Here every test has a portal of its own."""
    return lone_siege


FOREIGN: list[Any] = [
    pytest.param(lambda _: {"issuer": "https://evil.example"}, id="another issuer"),
    pytest.param(lambda own: {"issuer": f"{own}/"}, id="our issuer and a slash"),
    pytest.param(lambda own: {"issuer": [own]}, id="a list of issuers"),
    pytest.param(lambda _: {"issuer": None}, id="no issuer"),
    pytest.param(lambda _: {"token_endpoint": "https://evil.example/token"}, id="a foreign token endpoint"),
    pytest.param(lambda _: {"authorization_endpoint": "https://evil.example/authorize"}, id="a foreign authorize"),
    pytest.param(lambda _: {"jwks_uri": "https://evil.example/jwks"}, id="foreign keys"),
    pytest.param(lambda own: {"jwks_uri": f"{own}.evil.example/jwks"}, id="our origin as a prefix"),
    pytest.param(lambda own: {"token_endpoint": own.replace("//", "//evil@") + "/t"}, id="userinfo"),
    pytest.param(lambda own: {"token_endpoint": own.replace("//", "//evil:x@evil@") + "/t"}, id="two at signs"),
    pytest.param(lambda own: {"userinfo_endpoint": own.replace("127.0.0.1", "localhost") + "/u"}, id="another name"),
    pytest.param(lambda own: {"userinfo_endpoint": own.replace("127.0.0.1", "127.1") + "/u"}, id="a short address"),
    pytest.param(lambda own: {"end_session_endpoint": own.replace("http:", "javascript:")}, id="a script"),
    pytest.param(lambda own: {"end_session_endpoint": own.rpartition(":")[0] + ":1/x"}, id="another port"),
    pytest.param(lambda own: {"token_endpoint": own.removeprefix("http:") + "/t"}, id="no scheme"),
    pytest.param(lambda _: {"token_endpoint": "file:///etc/passwd"}, id="a file"),
    pytest.param(lambda _: {"token_endpoint": "http://169.254.169.254/latest/meta-data"}, id="the cloud's own data"),
    pytest.param(lambda _: {"token_endpoint": "http://[::ffff:127.0.0.1]/t"}, id="IPv4 in IPv6"),
    pytest.param(lambda _: {"token_endpoint": 7}, id="a number"),
    pytest.param(lambda _: {"pushed_authorization_request_endpoint": None}, id="no PAR"),
]


BROKEN: list[Any] = [
    pytest.param(lambda own: {"authorization_endpoint": f"{own}/con\nnect"}, id="a line break"),
    pytest.param(lambda own: {"authorization_endpoint": f"{own}/a\r\nSet-Cookie: x=y"}, id="a header"),
    pytest.param(lambda own: {"token_endpoint": f"{own}/con\tnect"}, id="a tab"),
    pytest.param(lambda own: {"token_endpoint": f" {own}/connect/token"}, id="a space before"),
    pytest.param(lambda own: {"jwks_uri": own.replace("http", "HTTP") + "/jwks"}, id="a scheme in capitals"),
    pytest.param(lambda own: {"jwks_uri": f"{own}/jwks\0"}, id="NUL"),
    pytest.param(lambda own: {"pushed_authorization_request_endpoint": f"{own}/pår"}, id="beyond ASCII"),
    pytest.param(lambda own: {"authorization_endpoint": f"{own}/authorize#"}, id="a fragment"),
    pytest.param(lambda own: {"authorization_endpoint": f"{own}/authorize?client_id=evil"}, id="a query"),
    pytest.param(lambda own: {"userinfo_endpoint": f"{own}\\@evil.example/u"}, id="a backslash"),
    pytest.param(lambda own: {"token_endpoint": f"{own}/{'a' * 9_000}"}, id="9 000 letters"),
]


def _poison(siege: Siege, poison: Callable[[str], dict[str, Any]]) -> None:
    true = dict(siege.liar.metadata)
    siege.liar.overrides[DISCOVERY] = lambda _: Says(true | poison(siege.liar.origin))


def _warnings(siege: Siege) -> list[str]:
    answer = siege.visitor().ask("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    warnings: list[str] = answer.json()["warnings"]
    return warnings


@pytest.mark.parametrize("poison", FOREIGN + BROKEN)
def test_H015_poisoned_discovery_leaves_the_last_good_one_standing(siege: Siege, poison: Any) -> None:
    siege.visitor().log_in()
    assert _warnings(siege) == []
    _poison(siege, poison)
    siege.clock.ahead += timedelta(hours=25)
    visitor = siege.visitor()
    answer = visitor.log_in()
    assert answer.status_code == 303, siege.lines.said[-3:]
    assert visitor.is_in()
    assert _warnings(siege) == ["helseid_discovery"]
    del siege.liar.overrides[DISCOVERY]
    siege.clock.ahead += timedelta(minutes=1)
    siege.visitor().log_in()
    assert _warnings(siege) == []


@pytest.mark.parametrize("poison", FOREIGN + BROKEN)
def test_CVE_2026_104056_poisoned_discovery_is_never_used_nor_remembered(siege: Siege, poison: Any) -> None:
    _poison(siege, poison)
    answer = siege.visitor().ask("/login")
    siege.refused(answer, 503, "helseid_down")
    assert siege.liar.count(PAR) == 0
    del siege.liar.overrides[DISCOVERY]
    visitor = siege.visitor()
    visitor.log_in()
    assert visitor.is_in(), "the first honest answer must do"


@pytest.mark.parametrize("poison", FOREIGN[:1])
def test_RP_discovery_issuer_mismatch(siege: Siege, poison: Any) -> None:
    _poison(siege, poison)
    siege.refused(siege.visitor().ask("/login"), 503, "helseid_down", "discovery: issuer")


def test_RP_discovery_has_no_say_in_what_we_accept(siege: Siege) -> None:
    """HelseID's own document still advertises all of this (facts/helseid §1.1)."""
    siege.liar.metadata |= {
        "id_token_signing_alg_values_supported": ["none", "HS256"],
        "code_challenge_methods_supported": ["plain"],
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": False,
        "response_types_supported": ["token"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "none"],
        "dpop_signing_alg_values_supported": [],
        "mtls_endpoint_aliases": {"token_endpoint": "https://evil.example/token"},
        "request_uri_parameter_supported": False,
    }
    visitor = siege.visitor()
    begun = visitor.begin()
    assert siege.liar.asked_for(PAR)[0].form["code_challenge_method"] == "S256"
    siege.refused(visitor.bring({"code": begun["code"], "state": begun["state"]}), 502, "login_issuer_mismatch")
    visitor.bring(begun)
    assert visitor.is_in()
    assert siege.liar.faults == []


@pytest.mark.parametrize("path", [DISCOVERY, "/jwks", PAR, "/connect/token", "/connect/userinfo"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_CVE_2026_102267_a_redirect_of_HelseID_is_followed_nowhere(
    siege: Siege, elsewhere: str, path: str, status: int
) -> None:
    """PyJWT: where a JWKS redirected to was trusted like the JWKS."""
    siege.liar.overrides[path] = lambda _: Says(b"", status, {"Location": f"{elsewhere}{path}"})
    answer = siege.visitor().ask("/login")
    if answer.status_code == 303:
        answer = siege.attack()
    expected = (503, "helseid_down") if path in {DISCOVERY, "/jwks"} else (502, "login_not_completed")
    siege.refused(answer, *expected)
