"""FAPI 2.0's modules for a client: what the portal sends to HelseID (facts/security §1.2)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.keys import ec
from support.liar import CLIENT, DISCOVERY, JWKS, NONCE, PAR, TOKEN, USERINFO
from support.loopback import Asked, Says

from portal.domain import assertion, dpop, jose

if TYPE_CHECKING:
    from support.siege import Siege
pytestmark = pytest.mark.hostile


def test_RP_the_address_carries_client_id_and_request_uri_alone(siege: Siege) -> None:
    where = urlsplit(siege.visitor().leave_for_helseid())
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{siege.liar.origin}/connect/authorize"
    query = parse_qsl(where.query, strict_parsing=True)
    assert [name for name, _ in query] == ["client_id", "request_uri"]
    assert query[0][1] == CLIENT
    assert not where.fragment


def test_RP_what_the_browser_adds_to_the_login_reaches_nobody(siege: Siege) -> None:
    added = {
        "prompt": "none",
        "acr_values": "Level3",
        "level": "3",
        "scope": "openid admin",
        "redirect_uri": "https://evil.example",
        "client_id": "another",
        "state": "chosen",
        "nonce": "chosen",
        "code_challenge": "chosen",
        "code_challenge_method": "plain",
        "request_uri": "https://evil.example",
        "response_mode": "fragment",
        "login_hint": "13917099805",
    }
    where = siege.visitor().leave_for_helseid(**added)
    pushed = siege.liar.asked_for(PAR)[0].form
    assert pushed["acr_values"] == "Level4"
    assert pushed["client_id"] == CLIENT
    assert pushed["redirect_uri"] == f"{siege.origin}/login/callback"
    assert pushed["code_challenge_method"] == "S256"
    assert not {"prompt", "request_uri", "response_mode", "login_hint"} & pushed.keys()
    assert [value for value in added.values() if value in where and value not in {"none", "3", "plain"}] == []


def test_RP_a_request_uri_is_used_once(siege: Siege) -> None:
    visitor = siege.visitor()
    addresses = {visitor.leave_for_helseid() for _ in range(5)}
    assert len(addresses) == siege.liar.count(PAR) == 5
    pushed = [asked.form for asked in siege.liar.asked_for(PAR)]
    for name in ("state", "nonce", "code_challenge", "client_assertion"):
        assert len({form[name] for form in pushed}) == 5


@pytest.mark.parametrize(
    "answer", [{}, {"request_uri": ["x"]}, {"request_uri": ""}, {"request_uri": None}, [], "urn:x"]
)
def test_RP_a_push_without_a_request_uri_leads_nowhere(siege: Siege, answer: Any) -> None:
    siege.liar.overrides[PAR] = lambda _: Says(answer, 201)
    siege.refused(siege.visitor().ask("/login"), 503, "helseid_down")


@pytest.mark.parametrize(
    "request_uri", ["urn:x\r\nSet-Cookie: a=b", "x&client_id=evil", "x#y", "æ", "\x00", "https://evil.example/"]
)
def test_RP_a_request_uri_stays_one_parameter(siege: Siege, request_uri: str) -> None:
    siege.liar.overrides[PAR] = lambda _: Says({"request_uri": request_uri, "expires_in": 60}, 201)
    where = urlsplit(siege.visitor().leave_for_helseid())
    assert where.netloc == urlsplit(siege.liar.origin).netloc
    assert parse_qsl(where.query) == [("client_id", CLIENT), ("request_uri", request_uri)]


def test_RP_assertions_are_for_the_issuer_as_a_string_and_for_ten_seconds(siege: Siege) -> None:
    siege.visitor().log_in()
    for asked in [*siege.liar.asked_for(PAR), *siege.liar.asked_for(TOKEN)]:
        assert asked.form["client_assertion_type"] == assertion.TYPE
        made = jose.peek(asked.form["client_assertion"])
        assert made.header["typ"] == "client-authentication+jwt"
        assert made.claims["aud"] == siege.liar.origin
        assert made.claims["iss"] == made.claims["sub"] == CLIENT
        assert 0 < made.seconds("exp") - made.seconds("iat") <= 10


def test_RP_every_request_has_a_jti_of_its_own_also_the_one_with_the_nonce(siege: Siege) -> None:
    """CVE-2020-5300 (Hydra), CVE-2020-15222 (Fosite): whoever accepts a jti twice must at least never get one twice."""
    for _ in range(3):
        siege.visitor().log_in()
    proofs = [jose.peek(asked.headers["dpop"]).claims for asked in siege.liar.asked_for(TOKEN)]
    asked = [*siege.liar.asked_for(PAR), *siege.liar.asked_for(TOKEN)]
    jtis = [jose.peek(one.form["client_assertion"]).claims["jti"] for one in asked] + [one["jti"] for one in proofs]
    assert len(jtis) == len(set(jtis)) == 3 * (1 + 2 + 2)
    assert [one.get("nonce") for one in proofs] == [None, NONCE] * 3
    assert all(len(jti) >= 22 for jti in jtis)


@pytest.mark.parametrize("header", [{"DPoP-Nonce": "again"}, {}, {"DPoP-Nonce": ""}])
def test_RP_a_server_that_always_wants_another_nonce_is_asked_twice_at_most(
    siege: Siege, header: dict[str, str]
) -> None:
    siege.liar.overrides[TOKEN] = lambda _: Says({"error": "use_dpop_nonce"}, 400, header)
    siege.refused(siege.attack(), 502, "login_not_completed", "token: use_dpop_nonce")
    assert siege.token_calls() == (2 if header.get("DPoP-Nonce") else 1)


def test_RP_a_nonce_beside_another_error_is_no_invitation(siege: Siege) -> None:
    siege.liar.overrides[TOKEN] = lambda _: Says({"error": "invalid_grant"}, 400, {"DPoP-Nonce": "again"})
    siege.refused(siege.attack(), 502, "login_not_completed", "token: invalid_grant")
    assert siege.token_calls() == 1


def test_RP_the_code_is_bound_to_our_key_before_it_is_given(siege: Siege) -> None:
    siege.visitor().log_in()
    assert siege.liar.asked_for(PAR)[0].form["dpop_jkt"] == dpop.thumbprint(ec(CLIENT).public)


def test_RP_the_verifier_is_new_and_long_and_its_challenge_is_S256(siege: Siege) -> None:
    for _ in range(3):
        siege.visitor().log_in()
    verifiers = [asked.form["code_verifier"] for asked in siege.liar.asked_for(TOKEN)]
    assert len(set(verifiers)) == 3
    assert all(43 <= len(verifier) <= 128 for verifier in verifiers)
    digests = [sha256(verifier.encode()).digest() for verifier in verifiers]
    assert len(set(digests)) == 3
    assert siege.liar.faults == [], "the liar compares with what was pushed"


def test_RP_nothing_secret_stands_in_an_address_that_we_call(lone_siege: Siege) -> None:
    siege = lone_siege
    siege.visitor().log_in()
    asked: list[Asked] = siege.liar.asked
    assert {urlsplit(one.path).path for one in asked} == {DISCOVERY, PAR, TOKEN, JWKS, USERINFO}
    assert all(not urlsplit(one.path).query for one in asked)
    assert all("cookie" not in one.headers and "referer" not in one.headers for one in asked)
